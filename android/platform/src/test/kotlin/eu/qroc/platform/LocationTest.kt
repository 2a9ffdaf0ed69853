package eu.qroc.platform

import android.Manifest
import android.app.Notification
import android.content.Intent
import android.content.pm.ServiceInfo
import android.location.Location
import android.location.LocationManager
import eu.qroc.bridge.LocationReading
import eu.qroc.bridge.Pace
import eu.qroc.bridge.Unavailable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowLocationManager
import kotlin.time.Duration.Companion.milliseconds

internal class LocationTest : Phones() {
    private val manager = app.getSystemService(LocationManager::class.java)
    private val receiver: ShadowLocationManager = shadowOf(manager)

    private fun allow() = shadowOf(app).grantPermissions(Manifest.permission.ACCESS_FINE_LOCATION)

    private fun switchOn(on: Boolean = true) {
        receiver.setProviderEnabled(LocationManager.GPS_PROVIDER, on)
        receiver.setProviderEnabled(LocationManager.FUSED_PROVIDER, false)
        receiver.setProviderEnabled(LocationManager.NETWORK_PROVIDER, false)
    }

    private fun fix(
        latitude: Double,
        seconds: Long = 0,
    ) = Location(LocationManager.GPS_PROVIDER).apply {
        this.latitude = latitude
        longitude = -9.13
        accuracy = 5f
        speed = 1.5f
        time = System.currentTimeMillis() + seconds * 1000
        elapsedRealtimeNanos = (seconds + 1) * 1_000_000_000
    }

    private fun requests() = receiver.getLocationRequests(LocationManager.GPS_PROVIDER)

    @Test
    fun `says why it does not know where it is, and goes on when that ends`(): Unit =
        story {
            PhoneLocation(app, patience = 100.milliseconds).use { source ->
                assertEquals(LocationReading.Nowhere(Unavailable.NOT_ALLOWED), source.next())
                allow()
                switchOn(false)
                assertEquals(LocationReading.Nowhere(Unavailable.SWITCHED_OFF), source.next())
                switchOn()
                assertEquals(LocationReading.Nowhere(Unavailable.NO_SIGNAL), source.next())
                val telling =
                    launch {
                        while (true) {
                            receiver.simulateLocation(fix(38.7))
                            delay(20)
                        }
                    }
                val reading = source.next() as LocationReading.At
                telling.cancel()
                assertEquals(38.7, reading.fix.lat, 0.0)
                assertEquals(5.0, reading.fix.accuracyM!!, 0.0)
                assertEquals(1.5, reading.fix.speedMps!!, 0.01)
            }
            assertTrue(requests().isEmpty())
        }

    @Test
    fun `the receiver rests as the officer does`(): Unit =
        story {
            allow()
            switchOn()
            PhoneLocation(app, patience = 10.milliseconds).use { source ->
                source.next()
                assertEquals(listOf(5_000L), requests().map { it.intervalMillis })
                source.setPace(Pace.CHASE)
                assertEquals(listOf(1_000L), requests().map { it.intervalMillis })
                source.setPace(Pace.STILL)
                assertEquals(listOf(30_000L), requests().map { it.intervalMillis })
            }
            PhoneLocation(app).run {
                close()
                assertNull(next())
            }
        }

    private fun command(intent: Intent): SharingService {
        val service = Robolectric.buildService(SharingService::class.java, intent).create()
        service.startCommand(0, 1)
        return service.get()
    }

    @Test
    fun `shares in the foreground, says with whom, and stops by the notification`(): Unit =
        story {
            allow()
            switchOn()
            val (own, other) = signIn() to colleague()
            val (here, there) = together(own, other, "Harbour")
            SharingService.start(app, here.roomId, "Harbour", 30)
            val intent = shadowOf(app).nextStartedService
            val service = withContext(main) { command(intent) }
            val shadow = shadowOf(service)
            val note = shadow.lastForegroundNotification
            assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION, service.foregroundServiceType)
            assertEquals("Your position is shared", note.extras.getString(Notification.EXTRA_TITLE))
            eventually { requests().isNotEmpty() }
            val walking =
                launch {
                    var step = 0L
                    while (true) {
                        receiver.simulateLocation(fix(38.7 + step * 0.0001, step))
                        step++
                        delay(50)
                    }
                }
            there.positions().use { positions -> positions.items.first { list -> list.any { it.liveUntil != null } } }
            val shown = shadowOf(app.getSystemService(android.app.NotificationManager::class.java)).allNotifications.last()
            assertTrue("${shown.extras.getString(Notification.EXTRA_TEXT)}", shown.extras.getString(Notification.EXTRA_TEXT)!!.startsWith("With Harbour until "))
            assertEquals(null, shown.publicVersion.extras.getString(Notification.EXTRA_TEXT))
            assertEquals("Harbour", SharingService.sharings.value.getValue(here.roomId).room)

            val stop = shadowOf(shown.actions.single().actionIntent).savedIntent
            withContext(main) { service.onStartCommand(stop, 0, 2) }
            SharingService.sharings.first { it.isEmpty() }
            walking.cancel()
            assertEquals(SharingService.Ending.OVER, SharingService.lastEnding.value!!.second)
            eventually { shadow.isStoppedBySelf }
            assertTrue(requests().isEmpty())
            there.positions().use { positions -> positions.items.first { list -> list.all { it.liveUntil == null || it.liveUntil!! <= java.time.Instant.now() } } }
        }

    @Test
    fun `what policy forbids is not begun, and says so`(): Unit =
        story {
            allow()
            switchOn()
            val own = signIn()
            own.setPin(app.duty.vault, "73810546".toByteArray())
            val room = own.createRoom("Harbour")
            own.takeManaged(eu.qroc.bridge.ManagedConfig(mapOf("location.mode" to eu.qroc.bridge.PolicyValue.Text("off"))))
            SharingService.start(app, room.roomId, "Harbour", 30)
            val intent = shadowOf(app).nextStartedService
            val service = withContext(main) { command(intent) }
            eventually { SharingService.lastEnding.value != null }
            assertEquals(room.roomId to SharingService.Ending.FORBIDDEN, SharingService.lastEnding.value)
            eventually { shadowOf(service).isStoppedBySelf }
            assertFalse(room.roomId in SharingService.sharings.value)
        }
}

package eu.qroc.bridge

import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Instant
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.minutes

/** A street to the north of Praça do Comércio, as far along it as the test says. */
private class Street : LocationSource {
    val readings = Channel<LocationReading>(Channel.UNLIMITED)
    val paces = ConcurrentLinkedQueue<Pace>()

    override suspend fun next(): LocationReading? = readings.receiveCatching().getOrNull()

    override suspend fun setPace(pace: Pace) {
        paces += pace
    }

    fun reach(metres: Int) {
        readings.trySend(LocationReading.At(fixAt(metres)))
    }
}

private fun fixAt(metres: Int): Fix =
    Fix(
        lat = 38.7075 + metres * 9e-6,
        lon = -9.1364,
        time = Instant.now(),
        accuracyM = 4.0,
        speedMps = 30.0,
        headingDeg = 359.0,
        altitudeM = 12.5,
        source = FixSource.GNSS,
        battery = 81,
    )

internal class LocationTest : Officers() {
    @Test
    fun `an officer shares where she is and the others follow`() =
        story {
            val talk = talk("Chase")
            val street = Street()
            val share = talk.here.shareLocation(street, SharePace.CHASE, 5.minutes)
            assertEquals(1, Client.liveObjects().shares)
            val positions = talk.there.positions()
            street.reach(0)
            val seen = positions.items.first { it.isNotEmpty() }.single()
            assertEquals(Homeserver.LISBON, seen.userId)
            assertEquals(talk.there.roomId, seen.roomId)
            assertEquals(38.7075, seen.fix.lat, 1e-6)
            assertEquals(FixSource.GNSS, seen.fix.source)
            assertEquals(81, seen.fix.battery)
            assertEquals(359.0, seen.fix.headingDeg)
            assertTrue(seen.staleFrom > Instant.now())
            street.readings.trySend(LocationReading.Nowhere(Unavailable.NO_SIGNAL))
            street.reach(100)
            positions.items.first { it.single().fix.lat > 38.708 }
            eventually { street.paces.contains(Pace.CHASE) }
            refused<QrocException.BadInput> { talk.here.shareLocation(Street()) }

            share.stop()
            val sum = share.ended()
            assertEquals(2, sum.fixes)
            assertEquals(0, sum.waiting)
            assertTrue(sum.sent > 0 && sum.bytes > 0)
            positions.items.first { it.single().staleFrom <= Instant.now() }
            refused<QrocException.BadInput> { talk.here.stopSharing() }
            share.close()
            positions.close()
            talk.here.close()
            talk.there.close()
        }

    @Test
    fun `a receiver may throw, hang, lie and call the core`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Hostile receiver")
            val asked = AtomicInteger()
            val left = AtomicInteger()
            val source =
                object : LocationSource {
                    override suspend fun next(): LocationReading? =
                        when (asked.getAndIncrement()) {
                            0 -> error("no receiver")
                            1 -> throw NoClassDefFoundError("no such receiver")
                            2 -> LocationReading.At(fixAt(0).copy(lat = Double.NaN, speedMps = Double.POSITIVE_INFINITY))
                            3 -> LocationReading.At(fixAt(0).also { room.send("from within") })
                            else ->
                                try {
                                    awaitCancellation()
                                } finally {
                                    left.incrementAndGet()
                                }
                        }

                    override suspend fun setPace(pace: Pace) = awaitCancellation()
                }
            val share = room.shareLocation(source)
            eventually { asked.get() == 5 }
            val mine = lisbon.client.positions()
            mine.items.first { it.isNotEmpty() }
            // What hangs holds up neither others nor the end.
            room.send("from without")
            assertTrue(room.page(offline = true).texts().containsAll(listOf("from within", "from without")))
            share.stop()
            assertEquals(1, share.ended().fixes)
            eventually { left.get() == 1 }
            mine.close()
            share.close()
            room.close()
        }

    @Test
    fun `a sharing ends with its handle, and is left by closing as by the end of the process`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Handles")
            room.shareLocation(Street()).close()
            lateinit var share: LocationShare
            eventually { runCatching { share = room.shareLocation(Street()) }.isSuccess }
            lisbon.client.shutDown()
            assertEquals("closed", refused<QrocException.Closed> { share.ended() }.code)
            share.close()
            room.close()
            Client.open(lisbon.profile, lisbon.vault).use { again ->
                again.foreground()
                again.room("Handles").use { same ->
                    same.stopSharing()
                    // Until the others know, stopping again is the same stop.
                    eventually { runCatching { same.stopSharing() }.exceptionOrNull() is QrocException.BadInput }
                }
                again.shutDown()
            }
        }
}

package eu.qroc.platform

import android.Manifest
import android.content.Context
import android.content.pm.PackageManager
import android.location.Location
import android.location.LocationListener
import android.location.LocationManager
import android.location.LocationRequest
import android.os.BatteryManager
import eu.qroc.bridge.Fix
import eu.qroc.bridge.FixSource
import eu.qroc.bridge.LocationReading
import eu.qroc.bridge.LocationSource
import eu.qroc.bridge.Pace
import eu.qroc.bridge.Unavailable
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ChannelResult
import kotlinx.coroutines.withTimeoutOrNull
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Where the device is, by the system's own receiver: nothing of Google's services is asked. */
class PhoneLocation(
    private val context: Context,
    /** How long silence is no news. */
    private val patience: Duration = 20.seconds,
) : LocationSource,
    AutoCloseable {
    private val manager = context.getSystemService(LocationManager::class.java)!!

    /** Fixes that come while the core is busy wait, the newest sixty. */
    private val fixes = Channel<Location>(WAITING, BufferOverflow.DROP_OLDEST)
    private val listener =
        object : LocationListener {
            override fun onLocationChanged(location: Location) {
                fixes.trySend(location)
            }

            // The system's own answer to these is to throw, before Android 11.
            override fun onProviderEnabled(provider: String) = Unit

            override fun onProviderDisabled(provider: String) = Unit
        }
    private var pace = Pace.PATROL
    private var listening: String? = null
    private var told: Unavailable? = null
    private var closed = false

    override suspend fun next(): LocationReading? {
        while (true) {
            val trouble = trouble()
            if (trouble != null) {
                if (trouble != told) return nowhere(trouble)
                // Said already; look again in a moment, and hear when it ends.
                if (waited(LOOK)?.isClosed == true) return null
                continue
            }
            begin()
            val result = waited(patience)
            when {
                result == null -> if (trouble() == null) return nowhere(Unavailable.NO_SIGNAL)
                result.isClosed -> return null
                else -> {
                    told = null
                    return LocationReading.At(fix(result.getOrThrow()))
                }
            }
        }
    }

    private suspend fun waited(limit: Duration): ChannelResult<Location>? = withTimeoutOrNull(limit) { fixes.receiveCatching() }

    private fun nowhere(reason: Unavailable): LocationReading {
        told = reason
        return LocationReading.Nowhere(reason)
    }

    override suspend fun setPace(pace: Pace) {
        synchronized(this) {
            if (pace == this.pace) return
            this.pace = pace
            end()
        }
        if (trouble() == null) begin()
    }

    private fun trouble(): Unavailable? =
        when {
            context.checkSelfPermission(Manifest.permission.ACCESS_FINE_LOCATION) != PackageManager.PERMISSION_GRANTED &&
                context.checkSelfPermission(Manifest.permission.ACCESS_COARSE_LOCATION) != PackageManager.PERMISSION_GRANTED ->
                Unavailable.NOT_ALLOWED
            provider() == null -> Unavailable.SWITCHED_OFF
            else -> null
        }

    /** The best that is there and switched on. */
    private fun provider(): String? {
        val there = manager.allProviders
        return PROVIDERS.firstOrNull { it in there && manager.isProviderEnabled(it) }
    }

    @Synchronized
    private fun begin() {
        val best = provider() ?: return
        if (listening == best || closed) return
        end()
        val request =
            LocationRequest
                .Builder(interval(pace).inWholeMilliseconds)
                .setQuality(if (pace == Pace.STILL) LocationRequest.QUALITY_BALANCED_POWER_ACCURACY else LocationRequest.QUALITY_HIGH_ACCURACY)
                .build()
        try {
            manager.requestLocationUpdates(best, request, context.mainExecutor, listener)
            listening = best
        } catch (_: SecurityException) {
            // Taken away in this moment: the next look says so.
        }
    }

    @Synchronized
    private fun end() {
        if (listening != null) manager.removeUpdates(listener)
        listening = null
    }

    private fun interval(pace: Pace): Duration =
        when (pace) {
            Pace.CHASE -> 1.seconds
            Pace.PATROL -> 5.seconds
            Pace.STILL -> 30.seconds
        }

    private fun fix(location: Location) =
        Fix(
            lat = location.latitude,
            lon = location.longitude,
            time = Instant.ofEpochMilli(location.time),
            accuracyM = if (location.hasAccuracy()) location.accuracy.toDouble() else null,
            speedMps = if (location.hasSpeed()) location.speed.toDouble() else null,
            headingDeg = if (location.hasBearing()) location.bearing.toDouble() else null,
            altitudeM = if (location.hasAltitude()) location.altitude else null,
            source =
                when (location.provider) {
                    LocationManager.GPS_PROVIDER -> FixSource.GNSS
                    LocationManager.NETWORK_PROVIDER -> FixSource.NETWORK
                    else -> FixSource.FUSED
                },
            battery =
                context
                    .getSystemService(BatteryManager::class.java)
                    ?.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY)
                    ?.takeIf { it in 0..100 },
        )

    /** Ends the sharing that reads this, and lets the receiver rest. */
    @Synchronized
    override fun close() {
        closed = true
        end()
        fixes.close()
    }

    private companion object {
        const val WAITING = 60
        val LOOK = 2.seconds
        val PROVIDERS = listOf(LocationManager.GPS_PROVIDER, LocationManager.FUSED_PROVIDER, LocationManager.NETWORK_PROVIDER)
    }
}

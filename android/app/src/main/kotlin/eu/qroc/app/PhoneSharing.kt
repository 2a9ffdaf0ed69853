package eu.qroc.app

import android.content.Context
import eu.qroc.bridge.Fix
import eu.qroc.bridge.LocationReading
import eu.qroc.platform.PhoneLocation
import eu.qroc.platform.SharingService
import eu.qroc.ui.shell.PositionSharing
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.seconds

/** Shares the position by a service in the foreground, whose notification stays. */
internal class PhoneSharing(
    private val context: Context,
    private val permissions: Permissions,
    scope: CoroutineScope,
) : PositionSharing {
    override val running: StateFlow<Map<String, Long?>> =
        SharingService.sharings
            .map { all -> all.mapValues { it.value.until } }
            .stateIn(scope, SharingStarted.Eagerly, emptyMap())

    override val ended: StateFlow<PositionSharing.Ended?> =
        SharingService.lastEnding
            .map { last -> last?.let { (room, why) -> PositionSharing.Ended(room, why(why)) } }
            .stateIn(scope, SharingStarted.Eagerly, null)

    private fun why(ending: SharingService.Ending) =
        when (ending) {
            SharingService.Ending.OVER -> PositionSharing.Why.OVER
            SharingService.Ending.FORBIDDEN -> PositionSharing.Why.FORBIDDEN
            SharingService.Ending.NOT_ALLOWED -> PositionSharing.Why.NOT_ALLOWED
            SharingService.Ending.FAILED -> PositionSharing.Why.FAILED
        }

    override suspend fun start(
        roomId: String,
        roomName: String,
        minutes: Int,
    ): Boolean {
        if (!permissions.location()) return false
        SharingService.start(context, roomId, roomName, minutes)
        return true
    }

    override fun stop(roomId: String) = SharingService.stop(context, roomId)

    override suspend fun here(): Fix? {
        if (!permissions.location()) return null
        return PhoneLocation(context, PATIENCE).use { source ->
            withTimeoutOrNull(PATIENCE) { (source.next() as? LocationReading.At)?.fix }
        }
    }

    private companion object {
        /** Who needs help does not wait longer for a satellite. */
        val PATIENCE = 15.seconds
    }
}

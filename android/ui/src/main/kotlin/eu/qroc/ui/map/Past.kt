package eu.qroc.ui.map

import eu.qroc.bridge.Fix
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Track
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.time.Instant

/** Where everybody of a room was at a time that is over: what this device knows at once, then what the server has. */
internal class Past(
    private val session: Session,
    private val scope: CoroutineScope,
    private val roomId: String,
    private val shown: MutableStateFlow<MapState>,
    /** Something to be shown has changed. */
    private val changed: () -> Unit,
) {
    private var tracks = emptyMap<String, List<Track>>()
    private var reading: Job? = null

    /** Reads the last day. */
    fun open() {
        if (reading != null) return
        val now = session.surroundings.now()
        shown.update { it.copy(past = PastState(now - WINDOW_MS, now, now, reading = true)) }
        reading =
            scope.launch {
                try {
                    session.client.room(roomId).use { room ->
                        for (offline in listOf(true, false)) {
                            val from = Instant.ofEpochMilli(now - WINDOW_MS)
                            tracks = room.tracks(from = from, until = Instant.ofEpochMilli(now), offline = offline).groupBy { it.userId }
                            val first = tracks.values.flatten().minOfOrNull { it.fixes.first().time.toEpochMilli() }
                            // It begins where there is something to be seen; a minute is the least that can be moved.
                            val begin = minOf(first ?: (now - WINDOW_MS), now - LEAST_MS)
                            past { it.copy(from = begin, at = it.at.coerceIn(begin, it.until), empty = first == null, reading = offline) }
                            changed()
                        }
                    }
                } catch (error: QrocException) {
                    past { it.copy(reading = false, problem = session.strings.of(error)) }
                }
            }
    }

    /** Shows another time. */
    fun at(time: Long) {
        past { it.copy(at = time.coerceIn(it.from, it.until)) }
        changed()
    }

    /** Back to now. */
    fun close() {
        reading?.cancel()
        reading = null
        tracks = emptyMap()
        shown.update { it.copy(past = null) }
        changed()
    }

    private fun past(change: (PastState) -> PastState) = shown.update { it.copy(past = it.past?.let(change)) }

    /** Who was where, newest first; who was not heard of yet is not there. */
    fun officers(at: Long): List<Officer> =
        tracks
            .mapNotNull { (user, all) ->
                val (track, fix) = all.mapNotNull { track -> track.until(at)?.let { track to it } }.maxByOrNull { it.second.time } ?: return@mapNotNull null
                Officer(
                    id = user,
                    name = track.displayName ?: localName(user),
                    place = Place(fix.lat, fix.lon),
                    accuracy = fix.accuracyM,
                    measured = fix.time.toEpochMilli(),
                    speed = fix.speedMps,
                    heading = fix.headingDeg?.toInt(),
                    battery = fix.battery,
                    stale = at - fix.time.toEpochMilli() > STALE_MS,
                    own = user == session.own,
                )
            }.sortedByDescending { it.measured }

    /** The way of each up to then, of the last hour. */
    fun ways(at: Long): List<Way> =
        tracks.flatMap { (user, all) ->
            all.mapNotNull { track ->
                val end = track.fixes.partition(at)
                val begin = track.fixes.partition(at - WAY_MS)
                val places = track.fixes.subList(begin, end).map { Place(it.lat, it.lon) }
                if (places.size > 1) Way(user, places) else null
            }
        }

    private fun Track.until(at: Long): Fix? = fixes.getOrNull(fixes.partition(at) - 1)

    /** How many were measured by then. */
    private fun List<Fix>.partition(at: Long): Int {
        val found = binarySearch { it.time.toEpochMilli().compareTo(at) }
        return if (found >= 0) found + 1 else -found - 1
    }

    private companion object {
        const val WINDOW_MS = 24 * 3_600_000L
        const val LEAST_MS = 60_000L
        const val WAY_MS = 3_600_000L

        /** Older than this then, it was not known where somebody was. */
        const val STALE_MS = 300_000L
    }
}

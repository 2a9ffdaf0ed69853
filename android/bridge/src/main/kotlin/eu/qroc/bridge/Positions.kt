package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import java.time.Instant
import eu.qroc.bridge.generated.Fix as GeneratedFix
import eu.qroc.bridge.generated.FixSource as GeneratedFixSource
import eu.qroc.bridge.generated.Position as GeneratedPosition
import eu.qroc.bridge.generated.PositionDiff as GeneratedDiff
import eu.qroc.bridge.generated.Positions as GeneratedPositions
import eu.qroc.bridge.generated.Track as GeneratedTrack

/** Where everybody is, newest first, of one room or of all, kept up to date. */
public class Positions internal constructor(
    inner: GeneratedPositions,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** What to change, batch by batch: first a [Diff.Reset]. Ends when this or the client is closed. */
    public val changes: Flow<List<Diff<Position>>> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { positions -> positions.next()?.map { it.toBridge() } } },
        )

    /** The whole list, after each change. That a position goes stale is no change: see [Position.staleFrom]. */
    public val items: Flow<List<Position>> = changes.lists()

    /** Ends the flows and frees the list. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

/** What measured a position. */
public enum class FixSource {
    /** Satellites. */
    GNSS,

    /** Masts or wireless networks. */
    NETWORK,

    /** Several of these together. */
    FUSED,

    /** Nothing: a person chose it on a map. */
    PICKED,
}

/**
 * Where somebody was at one time, WGS 84.
 *
 * @property lat degrees.
 * @property lon degrees.
 * @property time when it was measured.
 * @property accuracyM metres around it that hold the truth.
 * @property speedMps metres per second.
 * @property headingDeg degrees from north, clockwise.
 * @property altitudeM metres above the ellipsoid.
 * @property source what measured it.
 * @property battery charge of the device that measured it, in percent.
 */
public data class Fix(
    public val lat: Double,
    public val lon: Double,
    public val time: Instant,
    public val accuracyM: Double? = null,
    public val speedMps: Double? = null,
    public val headingDeg: Double? = null,
    public val altitudeM: Double? = null,
    public val source: FixSource? = null,
    public val battery: Int? = null,
)

/**
 * Where a user of a room is, as far as that is known.
 *
 * @property roomId Matrix id of the room that it is shared with.
 * @property userId who.
 * @property displayName what the user is called in the room.
 * @property fix the newest fix.
 * @property staleFrom from then on it is too old to count on, or the sharing is over: to be shown as such.
 * @property liveUntil until when the user says to share.
 */
public data class Position(
    public val roomId: String,
    public val userId: String,
    public val displayName: String?,
    public val fix: Fix,
    public val staleFrom: Instant,
    public val liveUntil: Instant?,
)

/**
 * Where one device of a user went.
 *
 * @property userId who.
 * @property displayName what the user is called in the room.
 * @property fixes in the order of their times.
 */
public data class Track(
    public val userId: String,
    public val displayName: String?,
    public val fixes: List<Fix>,
)

internal fun GeneratedTrack.toBridge(): Track = Track(userId, displayName, fixes.map { it.toBridge() })

internal fun Fix.toGenerated(): GeneratedFix =
    GeneratedFix(
        lat = lat,
        lon = lon,
        time = time,
        accuracyM = accuracyM,
        speedMps = speedMps,
        headingDeg = headingDeg,
        altitudeM = altitudeM,
        source =
            when (source) {
                null -> null
                FixSource.GNSS -> GeneratedFixSource.GNSS
                FixSource.NETWORK -> GeneratedFixSource.NETWORK
                FixSource.FUSED -> GeneratedFixSource.FUSED
                FixSource.PICKED -> GeneratedFixSource.PICKED
            },
        battery = battery?.coerceIn(0, 100)?.toUByte(),
    )

private fun GeneratedFix.toBridge(): Fix =
    Fix(
        lat = lat,
        lon = lon,
        time = time,
        accuracyM = accuracyM,
        speedMps = speedMps,
        headingDeg = headingDeg,
        altitudeM = altitudeM,
        source =
            when (source) {
                null -> null
                GeneratedFixSource.GNSS -> FixSource.GNSS
                GeneratedFixSource.NETWORK -> FixSource.NETWORK
                GeneratedFixSource.FUSED -> FixSource.FUSED
                GeneratedFixSource.PICKED -> FixSource.PICKED
            },
        battery = battery?.toInt(),
    )

private fun GeneratedPosition.toBridge(): Position =
    Position(
        roomId = roomId,
        userId = userId,
        displayName = displayName,
        fix = fix.toBridge(),
        staleFrom = staleFrom,
        liveUntil = liveUntil,
    )

private fun GeneratedDiff.toBridge(): Diff<Position> =
    when (this) {
        is GeneratedDiff.Reset -> Diff.Reset(items.map { it.toBridge() })
        is GeneratedDiff.Insert -> Diff.Insert(index.toInt(), item.toBridge())
        is GeneratedDiff.Set -> Diff.Set(index.toInt(), item.toBridge())
        is GeneratedDiff.Remove -> Diff.Remove(index.toInt())
    }

package eu.qroc.ui.map

import androidx.compose.runtime.Immutable

/** What the map of a room shows. */
@Immutable
data class MapState(
    val roomId: String,
    val roomName: String,
    /** Newest first; nothing while they are read. */
    val officers: List<Officer>? = null,
    /** Where they went since the map was opened. */
    val ways: List<Way> = emptyList(),
    /** A place that was asked for: the map begins there. */
    val target: Place? = null,
    /** Who was chosen in the list or on the map. */
    val chosen: String? = null,
    val error: String? = null,
    /** The time that is shown instead of now. */
    val past: PastState? = null,
    /** What lies below; nothing where this device has no map. */
    val ground: Ground? = null,
    /** How the map of this device is got; nothing while that is not known. */
    val source: MapSource? = null,
    /** Whether a map is being read or fetched. */
    val taking: Boolean = false,
    /** The own sharing with this room; nothing where the device does not know where it is. */
    val sharing: OwnSharing? = null,
)

/** A time that is over, in milliseconds since 1970, and between which ones it can be chosen. */
@Immutable
data class PastState(
    val from: Long,
    val until: Long,
    val at: Long,
    /** Whether more may come. */
    val reading: Boolean = false,
    /** Whether nobody shared a position in that time. */
    val empty: Boolean = false,
    /** Why not all is here. */
    val problem: String? = null,
)

/** Where a map of the device comes from. */
enum class MapSource {
    /** The address that policy names. */
    POLICY,

    /** A file that the officer chooses. */
    FILE,
}

/** The own sharing with a room. */
@Immutable
data class OwnSharing(
    val on: Boolean = false,
    /** When it ends, in milliseconds since 1970; nothing for as long as policy allows. */
    val until: Long? = null,
    /** It was ended, and the others do not know yet. */
    val stopping: Boolean = false,
    /** Whether it is asked for how long. */
    val asking: Boolean = false,
    /** Minutes that policy allows. */
    val choices: List<Int> = emptyList(),
    /** Why the last one ended too soon or did not begin. */
    val problem: String? = null,
)

/** Somebody who shares a position. */
@Immutable
data class Officer(
    val id: String,
    val name: String,
    val place: Place,
    /** Metres that hold the truth, or nothing where they are not known. */
    val accuracy: Double? = null,
    /** When it was measured, in milliseconds since 1970. */
    val measured: Long,
    /** Metres per second. */
    val speed: Double? = null,
    /** Degrees from north. */
    val heading: Int? = null,
    /** Percent. */
    val battery: Int? = null,
    val stale: Boolean = false,
    /** Until when, in milliseconds since 1970. */
    val until: Long? = null,
    /** Metres from here, where this device knows its place. */
    val distance: Double? = null,
    /** Degrees from north, from here. */
    val bearing: Double? = null,
    val own: Boolean = false,
)

/** Where somebody went. */
@Immutable
data class Way(
    val id: String,
    val places: List<Place>,
)

/** What an officer does there. */
sealed interface MapEvent {
    data object Back : MapEvent

    data object Retry : MapEvent

    /** The own position is to be shared: for how long? */
    data object AskShare : MapEvent

    data class Share(
        val minutes: Int,
    ) : MapEvent

    data object KeepPosition : MapEvent

    data object StopShare : MapEvent

    /** These tiles are looked at. */
    data class Look(
        val tiles: List<TileAddress>,
    ) : MapEvent

    /** Where was everybody earlier? */
    data object Earlier : MapEvent

    /** Another time is looked at. */
    data class At(
        val time: Long,
    ) : MapEvent

    /** Back from what was. */
    data object Now : MapEvent

    /** A map for this device is wanted. */
    data object TakeMap : MapEvent

    /** Somebody was chosen; nobody, where nothing. */
    data class Choose(
        val id: String?,
    ) : MapEvent
}

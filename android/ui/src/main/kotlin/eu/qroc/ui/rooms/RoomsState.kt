package eu.qroc.ui.rooms

import androidx.compose.runtime.Immutable
import eu.qroc.ui.parts.Connection

/** What the list of rooms shows. */
@Immutable
data class RoomsState(
    /** Newest first; nothing while they are read. */
    val rooms: List<RoomRow>? = null,
    val filter: RoomFilter = RoomFilter.ALL,
    val selectedId: String? = null,
    val connection: Connection = Connection(),
    /** Why the list could not be read. */
    val error: String? = null,
    /** What another app shares, and waits for a room. */
    val brought: String? = null,
    /** An invitation that is being answered. */
    val answering: String? = null,
) {
    val shown: List<RoomRow>
        get() =
            rooms.orEmpty().filter {
                when (filter) {
                    RoomFilter.ALL -> true
                    RoomFilter.UNREAD -> it.unread > 0 || it.failed > 0
                    RoomFilter.INVITATIONS -> it.invitation
                }
            }

    fun count(filter: RoomFilter): Int = copy(filter = filter).shown.size
}

enum class RoomFilter { ALL, UNREAD, INVITATIONS }

enum class RoomKind { GROUP, DIRECT, BROADCAST, INCIDENT }

/** One room, as a row. */
@Immutable
data class RoomRow(
    val id: String,
    val name: String,
    val kind: RoomKind = RoomKind.GROUP,
    val invitation: Boolean = false,
    val encrypted: Boolean = true,
    val unread: Int = 0,
    /** Whether there may be more unread than is known. */
    val atLeast: Boolean = false,
    val lastSender: String? = null,
    val lastText: String? = null,
    /** Milliseconds since 1970. */
    val lastTs: Long = 0,
    val draft: String? = null,
    val sending: Int = 0,
    val failed: Int = 0,
)

/** What an officer does there. */
sealed interface RoomsEvent {
    data class Open(
        val id: String,
    ) : RoomsEvent

    data class Filter(
        val filter: RoomFilter,
    ) : RoomsEvent

    data class Accept(
        val id: String,
    ) : RoomsEvent

    data class Decline(
        val id: String,
    ) : RoomsEvent

    /** What another app shares goes nowhere. */
    data object KeepBrought : RoomsEvent

    data object New : RoomsEvent

    data object Search : RoomsEvent

    data object Queue : RoomsEvent

    data object Settings : RoomsEvent

    data object Retry : RoomsEvent

    /** The end of the list is near. */
    data object More : RoomsEvent
}

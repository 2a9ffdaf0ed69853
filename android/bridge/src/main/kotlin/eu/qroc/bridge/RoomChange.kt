package eu.qroc.bridge

import eu.qroc.bridge.generated.MemberChange as GeneratedMemberChange
import eu.qroc.bridge.generated.RoomChange as GeneratedRoomChange

/** What happened to a room. The [TimelineItem] says by whom and when. */
public sealed interface RoomChange {
    /** It was made. */
    public data object Created : RoomChange

    /** It is encrypted from now on. */
    public data object Encrypted : RoomChange

    /** It has another [name]; null where it has none any more. */
    public data class Named(
        public val name: String?,
    ) : RoomChange

    /** It has another [topic]; null where it has none any more. */
    public data class Topic(
        public val topic: String?,
    ) : RoomChange

    /** It has another picture, or none any more. */
    public data object Picture : RoomChange

    /** It was closed, and another one takes its place; [reason] is what is said of it. */
    public data class Closed(
        public val reason: String?,
    ) : RoomChange

    /**
     * Somebody came, went, or is to come.
     *
     * @property change what became of them.
     * @property userId of whom; the same as the sender's where they did it themselves.
     * @property userName what they are called in the room, where the event says so.
     * @property reason why, where somebody says so.
     */
    public data class Member(
        public val change: MemberChange,
        public val userId: String,
        public val userName: String?,
        public val reason: String?,
    ) : RoomChange
}

/** What became of somebody in a room. */
public enum class MemberChange {
    /** They ask to be let in. */
    ASKED,

    /** They are invited. */
    INVITED,

    /** They came in. */
    JOINED,

    /** They left, or said no to an invitation. */
    LEFT,

    /** Somebody sent them away, or took their invitation back. */
    REMOVED,

    /** They were sent away and may not come back. */
    BANNED,
}

internal fun GeneratedRoomChange.toBridge(): RoomChange =
    when (this) {
        is GeneratedRoomChange.Created -> RoomChange.Created
        is GeneratedRoomChange.Encrypted -> RoomChange.Encrypted
        is GeneratedRoomChange.Named -> RoomChange.Named(name)
        is GeneratedRoomChange.Topic -> RoomChange.Topic(topic)
        is GeneratedRoomChange.Picture -> RoomChange.Picture
        is GeneratedRoomChange.Closed -> RoomChange.Closed(reason)
        is GeneratedRoomChange.Member -> RoomChange.Member(change.toBridge(), userId, userName, reason)
    }

private fun GeneratedMemberChange.toBridge(): MemberChange =
    when (this) {
        GeneratedMemberChange.ASKED -> MemberChange.ASKED
        GeneratedMemberChange.INVITED -> MemberChange.INVITED
        GeneratedMemberChange.JOINED -> MemberChange.JOINED
        GeneratedMemberChange.LEFT -> MemberChange.LEFT
        GeneratedMemberChange.REMOVED -> MemberChange.REMOVED
        GeneratedMemberChange.BANNED -> MemberChange.BANNED
    }

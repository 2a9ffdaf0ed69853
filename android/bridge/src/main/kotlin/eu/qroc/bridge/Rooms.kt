package eu.qroc.bridge

import java.time.Instant
import eu.qroc.bridge.generated.Membership as GeneratedMembership
import eu.qroc.bridge.generated.RoomKind as GeneratedRoomKind
import eu.qroc.bridge.generated.RoomMember as GeneratedRoomMember
import eu.qroc.bridge.generated.RoomSummary as GeneratedRoomSummary

/** What a room is for. */
public enum class RoomKind {
    /** People talk. */
    GROUP,

    /** Two people talk. */
    DIRECT,

    /** Few write, many read. */
    BROADCAST,

    /** An incident. */
    INCIDENT,

    /** Positions of another room; never in a list. */
    TRACK,
}

/** A user's standing in a room. */
public enum class Membership {
    /** Gone, or never there. */
    LEAVE,

    /** Invited. */
    INVITE,

    /** A member. */
    JOIN,

    /** Asked to join. */
    KNOCK,

    /** Not allowed back. */
    BAN,
}

/**
 * A room as the list shows it.
 *
 * @property roomId Matrix id.
 * @property name as shown.
 * @property kind what it is for.
 * @property membership this account's standing.
 * @property encrypted whether what is sent there is encrypted.
 * @property unread messages that ask for attention behind the read marker.
 * @property unreadAtLeast whether there may be more of them.
 * @property highlights those of them that ask loudly.
 * @property members joined members.
 * @property lastTime time of the newest message.
 * @property lastSender user id of its sender.
 * @property lastBody its text.
 * @property topic topic, or nothing.
 * @property alias canonical alias, or nothing.
 * @property favourite whether it is wanted at hand.
 * @property lowPriority whether it is of low priority.
 * @property loudness what of it asks for attention.
 * @property draft a text for it that is not sent.
 */
public data class RoomSummary(
    public val roomId: String,
    public val name: String,
    public val kind: RoomKind,
    public val membership: Membership,
    public val encrypted: Boolean,
    public val unread: Int,
    public val unreadAtLeast: Boolean,
    public val highlights: Int,
    public val members: Int,
    public val lastTime: Instant?,
    public val lastSender: String?,
    public val lastBody: String?,
    public val topic: String,
    public val alias: String,
    public val favourite: Boolean = false,
    public val lowPriority: Boolean = false,
    public val loudness: Loudness = Loudness.ALL,
    public val draft: String? = null,
)

/**
 * A member of a room.
 *
 * @property userId Matrix id.
 * @property membership joined or invited.
 * @property power power level; 100 is an administrator.
 * @property displayName display name.
 * @property cursor the next page begins behind it.
 * @property trust what is believed of their identity.
 */
public data class RoomMember(
    public val userId: String,
    public val membership: Membership,
    public val power: Long,
    public val displayName: String?,
    public val cursor: String = "",
    public val trust: UserTrust = UserTrust.UNVERIFIED,
)

internal fun RoomKind.toGenerated(): GeneratedRoomKind =
    when (this) {
        RoomKind.GROUP -> GeneratedRoomKind.GROUP
        RoomKind.DIRECT -> GeneratedRoomKind.DIRECT
        RoomKind.BROADCAST -> GeneratedRoomKind.BROADCAST
        RoomKind.INCIDENT -> GeneratedRoomKind.INCIDENT
        RoomKind.TRACK -> GeneratedRoomKind.TRACK
    }

internal fun GeneratedRoomKind.toBridge(): RoomKind =
    when (this) {
        GeneratedRoomKind.GROUP -> RoomKind.GROUP
        GeneratedRoomKind.DIRECT -> RoomKind.DIRECT
        GeneratedRoomKind.BROADCAST -> RoomKind.BROADCAST
        GeneratedRoomKind.INCIDENT -> RoomKind.INCIDENT
        GeneratedRoomKind.TRACK -> RoomKind.TRACK
    }

internal fun GeneratedMembership.toBridge(): Membership =
    when (this) {
        GeneratedMembership.LEAVE -> Membership.LEAVE
        GeneratedMembership.INVITE -> Membership.INVITE
        GeneratedMembership.JOIN -> Membership.JOIN
        GeneratedMembership.KNOCK -> Membership.KNOCK
        GeneratedMembership.BAN -> Membership.BAN
    }

internal fun GeneratedRoomSummary.toBridge(): RoomSummary =
    RoomSummary(
        roomId = roomId,
        name = name,
        kind = kind.toBridge(),
        membership = membership.toBridge(),
        encrypted = encrypted,
        unread = unread.toInt(),
        unreadAtLeast = unreadAtLeast,
        highlights = highlights.toInt(),
        members = members.toInt(),
        lastTime = lastTime,
        lastSender = lastSender,
        lastBody = lastBody,
        topic = topic,
        alias = alias,
        favourite = favourite,
        lowPriority = lowPriority,
        loudness = loudness.toBridge(),
        draft = draft,
    )

internal fun GeneratedRoomMember.toBridge(): RoomMember =
    RoomMember(
        userId = userId,
        membership = membership.toBridge(),
        power = power,
        displayName = displayName,
        cursor = cursor,
        trust = trust.toBridge(),
    )

package eu.qroc.bridge

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.Attachment as GeneratedAttachment
import eu.qroc.bridge.generated.ItemContent as GeneratedContent
import eu.qroc.bridge.generated.Location as GeneratedLocation
import eu.qroc.bridge.generated.MediaKind as GeneratedMediaKind
import eu.qroc.bridge.generated.SendState as GeneratedSendState
import eu.qroc.bridge.generated.TextKind as GeneratedTextKind
import eu.qroc.bridge.generated.TimelineItem as GeneratedItem
import eu.qroc.bridge.generated.Unreadable as GeneratedUnreadable

/** Where an own message or action is on its way. */
public enum class SendState {
    /** The server has it; so do all messages of others. */
    SENT,

    /** Waits for its turn, the network, or a limit. */
    QUEUED,

    /** Under way. */
    SENDING,

    /** Refused; waits for the user. */
    FAILED,
}

/**
 * One item of a timeline.
 *
 * @property cursor names the item; stays the same from local echo to sent event.
 * @property eventId the server's id, once it has one.
 * @property txnId ours, where this device sent it.
 * @property sender user id of who sent it.
 * @property senderName what the sender is called in this room.
 * @property time when it was sent.
 * @property content what it says.
 * @property state where it is on its way.
 * @property edited whether its text was replaced.
 * @property replyTo event id of what it answers.
 * @property thread event id of its thread's root.
 * @property reactions who reacted with what: user ids by reaction.
 * @property readBy user ids of those who read up to here.
 * @property encrypted whether it came end-to-end encrypted.
 * @property gapBefore whether older items may be missing right before this one.
 * @property formatted the text with its formatting; empty where it has none.
 * @property mentions user ids of those who are named so that they notice.
 * @property mentionsRoom whether everybody in the room is.
 * @property quoted what it answers.
 * @property replies the thread under it.
 * @property mark what was said about it later: a screen shows it with the message.
 * @property forwarded where it comes from, where it was sent on.
 */
public data class TimelineItem(
    public val cursor: String,
    public val eventId: String?,
    public val txnId: String?,
    public val sender: String,
    public val senderName: String?,
    public val time: Instant,
    public val content: ItemContent,
    public val state: SendState,
    public val edited: Boolean,
    public val replyTo: String?,
    public val thread: String?,
    public val reactions: Map<String, List<String>>,
    public val readBy: List<String>,
    public val encrypted: Boolean,
    public val gapBefore: Boolean,
    public val formatted: List<TextBlock> = emptyList(),
    public val mentions: List<String> = emptyList(),
    public val mentionsRoom: Boolean = false,
    public val quoted: QuotedMessage? = null,
    public val replies: ThreadSummary? = null,
    public val mark: MessageMark? = null,
    public val forwarded: ForwardedFrom? = null,
)

/** What an item says. */
public sealed interface ItemContent {
    /** A text. */
    public data class Text(
        public val body: String,
        public val kind: TextKind,
    ) : ItemContent

    /** A file, to be fetched with [Room.download]; [caption] is the text beside it. */
    public data class Media(
        public val kind: MediaKind,
        public val attachment: Attachment,
        public val caption: String?,
    ) : ItemContent

    /** A position; [body] is for those who see no map. */
    public data class Place(
        public val location: Location,
        public val body: String,
    ) : ItemContent

    /** The content was removed. */
    public data object Removed : ItemContent

    /** It cannot be read, or not yet. */
    public data class Locked(
        public val reason: Unreadable,
    ) : ItemContent

    /** No message: something happened to the room. */
    public data class Change(
        public val change: RoomChange,
    ) : ItemContent

    /** Anything else. */
    public data class Other(
        public val eventType: String,
        public val body: String?,
    ) : ItemContent
}

/** How a text is meant. */
public enum class TextKind {
    /** Somebody says it. */
    PLAIN,

    /** A program says it. */
    NOTICE,

    /** Somebody does it: shown after the name. */
    EMOTE,
}

/** How a file is shown. */
public enum class MediaKind {
    /** A picture. */
    IMAGE,

    /** A film. */
    VIDEO,

    /** Sound. */
    AUDIO,

    /** Anything else. */
    FILE,
}

/** Why an item cannot be read. */
public enum class Unreadable {
    /** The key has not come; it may yet. */
    MISSING_KEY,

    /** The sender does not share the key with this device. */
    WITHHELD,

    /** What came is damaged or forged. */
    DAMAGED,

    /** The way it is encrypted is not known. */
    UNSUPPORTED,
}

/**
 * A file that is attached to a message.
 *
 * @property name as the sender called it; not safe as a path.
 * @property mime as the sender said.
 * @property bytes length, as the sender said.
 * @property sha256 of the sealed bytes, in hexadecimal.
 * @property width pixels.
 * @property height pixels.
 * @property duration how long it plays.
 * @property voice whether it is a voice message.
 * @property waveform how loud a voice message is, in order, as the sender said: 0 to 1024, at most 200 of them.
 */
public data class Attachment(
    public val name: String,
    public val mime: String?,
    public val bytes: Long?,
    public val sha256: String?,
    public val width: Int?,
    public val height: Int?,
    public val duration: Duration?,
    public val voice: Boolean = false,
    public val waveform: List<Int> = emptyList(),
)

/**
 * A position that somebody shared.
 *
 * @property lat degrees, WGS 84.
 * @property lon degrees, WGS 84.
 * @property accuracyM metres around it that hold the truth.
 * @property time when it was measured.
 * @property picked whether a person chose it on a map: nobody was measured there.
 */
public data class Location(
    public val lat: Double,
    public val lon: Double,
    public val accuracyM: Double?,
    public val time: Instant?,
    public val picked: Boolean = false,
)

internal fun GeneratedSendState.toBridge(): SendState =
    when (this) {
        GeneratedSendState.SENT -> SendState.SENT
        GeneratedSendState.QUEUED -> SendState.QUEUED
        GeneratedSendState.SENDING -> SendState.SENDING
        GeneratedSendState.FAILED -> SendState.FAILED
    }

internal fun GeneratedItem.toBridge(): TimelineItem =
    TimelineItem(
        cursor = cursor,
        eventId = eventId,
        txnId = txnId,
        sender = sender,
        senderName = senderName,
        time = time,
        content = content.toBridge(),
        state = state.toBridge(),
        edited = edited,
        replyTo = replyTo,
        thread = thread,
        reactions = reactions.associate { it.key to it.senders },
        readBy = readBy,
        encrypted = encrypted,
        gapBefore = gapBefore,
        formatted = formatted.map { it.toBridge() },
        mentions = mentions,
        mentionsRoom = mentionsRoom,
        quoted = quoted?.toBridge(),
        replies = replies?.toBridge(),
        mark = mark?.toBridge(),
        forwarded = forwarded?.toBridge(),
    )

private fun GeneratedContent.toBridge(): ItemContent =
    when (this) {
        is GeneratedContent.Text -> ItemContent.Text(body, kind.toBridge())
        is GeneratedContent.Media -> ItemContent.Media(kind.toBridge(), attachment.toBridge(), caption)
        is GeneratedContent.Place -> ItemContent.Place(location.toBridge(), body)
        is GeneratedContent.Removed -> ItemContent.Removed
        is GeneratedContent.Locked -> ItemContent.Locked(reason.toBridge())
        is GeneratedContent.Change -> ItemContent.Change(change.toBridge())
        is GeneratedContent.Other -> ItemContent.Other(eventType, body)
    }

private fun GeneratedTextKind.toBridge(): TextKind =
    when (this) {
        GeneratedTextKind.PLAIN -> TextKind.PLAIN
        GeneratedTextKind.NOTICE -> TextKind.NOTICE
        GeneratedTextKind.EMOTE -> TextKind.EMOTE
    }

private fun GeneratedMediaKind.toBridge(): MediaKind =
    when (this) {
        GeneratedMediaKind.IMAGE -> MediaKind.IMAGE
        GeneratedMediaKind.VIDEO -> MediaKind.VIDEO
        GeneratedMediaKind.AUDIO -> MediaKind.AUDIO
        GeneratedMediaKind.FILE -> MediaKind.FILE
    }

private fun GeneratedUnreadable.toBridge(): Unreadable =
    when (this) {
        GeneratedUnreadable.MISSING_KEY -> Unreadable.MISSING_KEY
        GeneratedUnreadable.WITHHELD -> Unreadable.WITHHELD
        GeneratedUnreadable.DAMAGED -> Unreadable.DAMAGED
        GeneratedUnreadable.UNSUPPORTED -> Unreadable.UNSUPPORTED
    }

private fun GeneratedAttachment.toBridge(): Attachment =
    Attachment(
        name = name,
        mime = mime,
        bytes = bytes?.toLong(),
        sha256 = sha256,
        width = width?.toInt(),
        height = height?.toInt(),
        duration = duration?.toKotlinDuration(),
        voice = voice,
        waveform = waveform.map { it.toInt() },
    )

private fun GeneratedLocation.toBridge(): Location = 
    Location(lat = lat, lon = lon, accuracyM = accuracyM, time = time, picked = picked)

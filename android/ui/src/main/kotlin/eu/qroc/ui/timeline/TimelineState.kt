package eu.qroc.ui.timeline

import androidx.compose.runtime.Immutable
import androidx.compose.ui.graphics.ImageBitmap
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.composer.ComposerState
import eu.qroc.ui.map.Place
import eu.qroc.ui.parts.Connection
import eu.qroc.ui.verify.Trust
import java.time.LocalDate

/** What the timeline of a room shows. */
@Immutable
data class TimelineState(
    val roomId: String,
    val roomName: String,
    /** Joined members; 0 while not known. */
    val members: Int = 0,
    val encrypted: Boolean = true,
    /** Newest first; nothing while they are read. */
    val entries: List<Entry>? = null,
    val loadingOlder: Boolean = false,
    /** Why older ones could not be fetched. */
    val olderError: String? = null,
    /** The message to show first: one that was searched for. */
    val target: String? = null,
    /** Whether the oldest entry is the room's first. */
    val atStart: Boolean = false,
    val typing: List<String> = emptyList(),
    val connection: Connection = Connection(),
    val error: String? = null,
    /** A thread, while only that is shown. */
    val thread: String? = null,
    /** The message whose details and actions are open. */
    val opened: Message? = null,
    /** The message whose removal is asked about. */
    val removing: Message? = null,
    /** The picture that fills the screen. */
    val viewing: Message? = null,
    /** Something that was done, in one line, such as where a file was saved. */
    val done: String? = null,
    val composer: ComposerState = ComposerState(),
    /** What can be done with one press; nothing where the device is no phone. */
    val quick: Quick? = null,
    /** What is believed of the other one; nothing where there are more. */
    val trust: Trust? = null,
    /** Somebody here whose keys are others than before. */
    val changed: Person? = null,
    /** Whether their keys are about to be taken as they are. */
    val taking: Boolean = false,
)

/** Somebody, and what they are called. */
@Immutable
data class Person(
    val id: String,
    val name: String,
)

/** What can be done with one press. */
@Immutable
data class Quick(
    val camera: Boolean = true,
    /** The position is being asked for. */
    val locating: Boolean = false,
    /** When help was asked for here, in milliseconds since 1970. */
    val helpAt: Long? = null,
)

/** One line of a timeline. */
@Immutable
sealed interface Entry {
    val key: String
}

/** A new day begins. */
@Immutable
data class Day(
    val date: LocalDate,
) : Entry {
    override val key get() = "day-$date"
}

/** What follows was not read before the room was opened. */
@Immutable
data object UnreadMarker : Entry {
    override val key get() = "unread"
}

/** Older messages may be missing here. */
@Immutable
data class Gap(
    override val key: String,
) : Entry

/** Something happened to the room. */
@Immutable
data class Notice(
    override val key: String,
    val text: NoticeText,
    val who: String,
    val ts: Long,
    /** To whom, where it was done to somebody else. */
    val whom: String = "",
    /** The new name or topic, or why. */
    val detail: String? = null,
) : Entry

enum class NoticeText {
    CREATED,
    ENCRYPTED,
    NAMED,
    TOPIC,
    PICTURE,
    CLOSED,
    ASKED,
    INVITED,
    JOINED,
    LEFT,
    REMOVED,
    BANNED,
    CHANGED,
}

/** Somebody said, sent or showed something. */
@Immutable
data class Message(
    /** Stays the same from the first moment until the server has it. */
    override val key: String,
    /** The server's id, once it has one. */
    val eventId: String? = null,
    val sender: String,
    val senderName: String,
    val own: Boolean = false,
    val ts: Long,
    val body: Body,
    val state: SendState = SendState.SENT,
    /** Why it was not sent. */
    val failure: String? = null,
    val edited: Boolean = false,
    val reply: Quote? = null,
    /** The root of its thread. */
    val thread: String? = null,
    /** Answers in the thread that begins here, as far as they are loaded. */
    val answers: Int = 0,
    val reactions: List<Reaction> = emptyList(),
    /** Names of those who have seen it. */
    val seenBy: List<String> = emptyList(),
    val encrypted: Boolean = true,
    /** Whether it begins a group, and so carries the sender's name. */
    val first: Boolean = true,
) : Entry

enum class SendState { QUEUED, SENDING, SENT, FAILED }

/** What is being answered. */
@Immutable
data class Quote(
    val key: String?,
    val sender: String?,
    /** Nothing where it is not on this device. */
    val text: String?,
)

@Immutable
data class Reaction(
    val symbol: String,
    val who: List<String>,
    val mine: Boolean,
)

/** What a message holds. */
@Immutable
sealed interface Body {
    data class Text(
        val text: String,
    ) : Body

    data class Picture(
        val name: String,
        val bytes: Long?,
        /** Pixels; 0 where the sender did not say. */
        val width: Int = 0,
        val height: Int = 0,
        val transfer: Transfer = Transfer.None,
        val picture: ImageBitmap? = null,
        val caption: String? = null,
    ) : Body

    data class File(
        val name: String,
        val mime: String?,
        val bytes: Long?,
        val transfer: Transfer = Transfer.None,
        val caption: String? = null,
    ) : Body

    data class Voice(
        val name: String,
        val bytes: Long?,
        val lengthMs: Long,
        /** How loud it is, from 0 to 1. */
        val levels: List<Float>,
        /** Where it is played, while it is. */
        val played: Played? = null,
        val transfer: Transfer = Transfer.None,
    ) : Body

    data class Position(
        val lat: Double,
        val lon: Double,
        /** Metres. */
        val accuracy: Double?,
        /** When it was measured. */
        val measured: Long,
    ) : Body

    data class Unreadable(
        val reason: UnreadableReason,
    ) : Body

    data object Removed : Body

    /** Something that this version does not know. */
    data class Unknown(
        val type: String,
    ) : Body
}

/** A voice message that is played, or was stopped in the middle. */
@Immutable
data class Played(
    /** Of the message. */
    val key: String,
    /** Milliseconds from its start. */
    val at: Long,
    val running: Boolean,
)

enum class UnreadableReason { NO_KEY_YET, KEY_WITHHELD, DAMAGED, UNSUPPORTED }

/** A file on its way here. */
@Immutable
sealed interface Transfer {
    data object None : Transfer

    /** From 0 to 1, or nothing where the length is not known. */
    data class Running(
        val part: Float?,
    ) : Transfer

    data class Failed(
        val why: String,
    ) : Transfer
}

/** What an officer does there. */
sealed interface TimelineEvent {
    data object Back : TimelineEvent

    data object Details : TimelineEvent

    data object Queue : TimelineEvent

    /** Where everybody is, or where this place is. */
    data class Map(
        val place: Place? = null,
    ) : TimelineEvent

    data object Older : TimelineEvent

    data object Reload : TimelineEvent

    /** The message that was searched for is on the screen. */
    data object TargetShown : TimelineEvent

    data object CloseThread : TimelineEvent

    /** Sends where the officer is. */
    data object QuickPosition : TimelineEvent

    data object QuickPhoto : TimelineEvent

    /** Asks for help, at once, and says where. */
    data object QuickHelp : TimelineEvent

    /** Says that help is not needed any more. */
    data object Safe : TimelineEvent

    /** Compares signs with who has other keys. */
    data object Compare : TimelineEvent

    data object AskTake : TimelineEvent

    data object Take : TimelineEvent

    data object KeepUnknown : TimelineEvent

    data object DismissDone : TimelineEvent

    data object DismissError : TimelineEvent

    data object CloseSheet : TimelineEvent

    data object CloseViewer : TimelineEvent

    data object KeepMessage : TimelineEvent

    /** The newest message is on the screen. */
    data object SeenNewest : TimelineEvent

    /** The messages stand still, with this one first; nothing at the newest ones. */
    data class Reading(
        val key: String?,
    ) : TimelineEvent

    /** A picture came onto the screen. */
    data class Appeared(
        val key: String,
    ) : TimelineEvent

    data class Open(
        val message: Message,
    ) : TimelineEvent

    data class View(
        val message: Message,
    ) : TimelineEvent

    data class OpenThread(
        val root: String,
    ) : TimelineEvent

    data class React(
        val message: Message,
        val symbol: String,
    ) : TimelineEvent

    data class Reply(
        val message: Message,
    ) : TimelineEvent

    data class Edit(
        val message: Message,
    ) : TimelineEvent

    /** It is to be sent on to another room. */
    data class Forward(
        val text: String,
    ) : TimelineEvent

    data class Copy(
        val text: String,
    ) : TimelineEvent

    data class AskRemove(
        val message: Message,
    ) : TimelineEvent

    data class Remove(
        val message: Message,
    ) : TimelineEvent

    data class Save(
        val message: Message,
    ) : TimelineEvent

    /** Plays a voice message from there on, in milliseconds. */
    data class Play(
        val message: Message,
        val at: Long,
    ) : TimelineEvent

    data object Pause : TimelineEvent

    data class Retry(
        val message: Message,
    ) : TimelineEvent

    data class Cancel(
        val message: Message,
    ) : TimelineEvent

    data class Compose(
        val event: ComposerEvent,
    ) : TimelineEvent
}

package eu.qroc.bridge

import java.time.Instant
import eu.qroc.bridge.generated.BlockKind as GeneratedBlockKind
import eu.qroc.bridge.generated.Draft as GeneratedDraft
import eu.qroc.bridge.generated.ForwardedFrom as GeneratedForwarded
import eu.qroc.bridge.generated.Loudness as GeneratedLoudness
import eu.qroc.bridge.generated.MarkAs as GeneratedMarkAs
import eu.qroc.bridge.generated.MessageMark as GeneratedMark
import eu.qroc.bridge.generated.MessageVersion as GeneratedVersion
import eu.qroc.bridge.generated.QuotedMessage as GeneratedQuoted
import eu.qroc.bridge.generated.SeenBy as GeneratedSeenBy
import eu.qroc.bridge.generated.TextBlock as GeneratedBlock
import eu.qroc.bridge.generated.ThreadSummary as GeneratedThread

/** What a block of a formatted text is. */
public enum class BlockKind {
    /** Words. */
    PARAGRAPH,

    /** A heading. */
    HEADING,

    /** Code: each line stands as it is. */
    CODE,

    /** A line across. */
    RULE,
}

/**
 * A piece of a formatted text that stands by itself: a paragraph, an entry of a list, code.
 *
 * @property kind what it is.
 * @property quote how many quotations it stands in.
 * @property indent how many lists it stands in.
 * @property marker what stands before an entry of a list: `•`, or a number with a point.
 * @property runs the words.
 */
public data class TextBlock(
    public val kind: BlockKind,
    public val quote: Int,
    public val indent: Int,
    public val marker: String?,
    public val runs: List<TextRun>,
)

/**
 * Words of one look.
 *
 * @property text the words; line breaks are `\n`.
 * @property bold bold.
 * @property italic italic.
 * @property underline underlined.
 * @property strike struck out.
 * @property code code within a line.
 * @property spoiler hidden until it is asked for.
 * @property link where it leads, which the words need not say: show this before it is opened. Never fetched by itself.
 * @property mention user id of the person that it names.
 */
public data class TextRun(
    public val text: String,
    public val bold: Boolean,
    public val italic: Boolean,
    public val underline: Boolean,
    public val strike: Boolean,
    public val code: Boolean,
    public val spoiler: Boolean,
    public val link: String?,
    public val mention: String?,
)

/**
 * What a message answers.
 *
 * @property eventId event id of it.
 * @property known whether it is known here; [Room.message] asks for it.
 * @property sender user id of who sent it.
 * @property senderName what they are called in the room.
 * @property body its text, or the name of what is attached.
 * @property removed whether its content was removed.
 */
public data class QuotedMessage(
    public val eventId: String,
    public val known: Boolean,
    public val sender: String?,
    public val senderName: String?,
    public val body: String?,
    public val removed: Boolean,
)

/**
 * The thread under a message.
 *
 * @property count messages in it that are known here.
 * @property lastTime when the newest was sent.
 */
public data class ThreadSummary(
    public val count: Int,
    public val lastTime: Instant,
)

/** What is said of a message later. */
public enum class MarkAs {
    /** Something else takes its place. */
    SUPERSEDED,

    /** It holds no more. */
    WITHDRAWN,

    /** It holds, whatever was said before. */
    VALID,
}

/**
 * What was said about a message later.
 *
 * @property state superseded or withdrawn.
 * @property replacedBy event id of what takes its place.
 * @property reason why, in words.
 * @property sender user id of who says so: the sender, or a moderator.
 * @property time when.
 */
public data class MessageMark(
    public val state: MarkAs,
    public val replacedBy: String?,
    public val reason: String?,
    public val sender: String,
    public val time: Instant,
)

/**
 * Where a message that was sent on comes from, as whoever sent it on says.
 *
 * @property sender user id of who wrote it.
 * @property time when.
 */
public data class ForwardedFrom(
    public val sender: String,
    public val time: Instant,
)

/**
 * One version of a message.
 *
 * @property eventId event id of the message or edit; none while it waits to be sent.
 * @property time when it was sent.
 * @property body its text.
 * @property formatted the same with its formatting; empty where it has none.
 * @property current whether it is the one that is shown.
 */
public data class MessageVersion(
    public val eventId: String?,
    public val time: Instant,
    public val body: String?,
    public val formatted: List<TextBlock>,
    public val current: Boolean,
)

/**
 * Somebody who has read a message.
 *
 * @property userId user id.
 * @property displayName what they are called in the room.
 * @property time when they told so.
 */
public data class SeenBy(
    public val userId: String,
    public val displayName: String?,
    public val time: Instant,
)

/**
 * A text that is not sent.
 *
 * @property roomId Matrix id of the room.
 * @property thread event id of the thread's root.
 * @property body the text.
 * @property time when it was last changed.
 */
public data class Draft(
    public val roomId: String,
    public val thread: String?,
    public val body: String,
    public val time: Instant,
)

/** What of a room asks for attention. */
public enum class Loudness {
    /** Everything. */
    ALL,

    /** What names the user. */
    MENTIONS,

    /** Nothing. */
    NOTHING,
}

private fun GeneratedBlockKind.toBridge(): BlockKind =
    when (this) {
        GeneratedBlockKind.PARAGRAPH -> BlockKind.PARAGRAPH
        GeneratedBlockKind.HEADING -> BlockKind.HEADING
        GeneratedBlockKind.CODE -> BlockKind.CODE
        GeneratedBlockKind.RULE -> BlockKind.RULE
    }

internal fun GeneratedBlock.toBridge(): TextBlock =
    TextBlock(
        kind = kind.toBridge(),
        quote = quote.toInt(),
        indent = indent.toInt(),
        marker = marker,
        runs =
            runs.map {
                TextRun(
                    text = it.text,
                    bold = it.bold,
                    italic = it.italic,
                    underline = it.underline,
                    strike = it.strike,
                    code = it.code,
                    spoiler = it.spoiler,
                    link = it.link,
                    mention = it.mention,
                )
            },
    )

internal fun GeneratedQuoted.toBridge(): QuotedMessage =
    QuotedMessage(
        eventId = eventId,
        known = known,
        sender = sender,
        senderName = senderName,
        body = body,
        removed = removed,
    )

internal fun GeneratedThread.toBridge(): ThreadSummary = ThreadSummary(count = count.toInt(), lastTime = lastTime)

internal fun MarkAs.toGenerated(): GeneratedMarkAs =
    when (this) {
        MarkAs.SUPERSEDED -> GeneratedMarkAs.SUPERSEDED
        MarkAs.WITHDRAWN -> GeneratedMarkAs.WITHDRAWN
        MarkAs.VALID -> GeneratedMarkAs.VALID
    }

private fun GeneratedMarkAs.toBridge(): MarkAs =
    when (this) {
        GeneratedMarkAs.SUPERSEDED -> MarkAs.SUPERSEDED
        GeneratedMarkAs.WITHDRAWN -> MarkAs.WITHDRAWN
        GeneratedMarkAs.VALID -> MarkAs.VALID
    }

internal fun GeneratedMark.toBridge(): MessageMark =
    MessageMark(
        state = state.toBridge(),
        replacedBy = replacedBy,
        reason = reason,
        sender = sender,
        time = time,
    )

internal fun GeneratedForwarded.toBridge(): ForwardedFrom = ForwardedFrom(sender = sender, time = time)

internal fun GeneratedVersion.toBridge(): MessageVersion =
    MessageVersion(
        eventId = eventId,
        time = time,
        body = body,
        formatted = formatted.map { it.toBridge() },
        current = current,
    )

internal fun GeneratedSeenBy.toBridge(): SeenBy = SeenBy(userId = userId, displayName = displayName, time = time)

internal fun GeneratedDraft.toBridge(): Draft = Draft(roomId = roomId, thread = thread, body = body, time = time)

internal fun Loudness.toGenerated(): GeneratedLoudness =
    when (this) {
        Loudness.ALL -> GeneratedLoudness.ALL
        Loudness.MENTIONS -> GeneratedLoudness.MENTIONS
        Loudness.NOTHING -> GeneratedLoudness.NOTHING
    }

internal fun GeneratedLoudness.toBridge(): Loudness =
    when (this) {
        GeneratedLoudness.ALL -> Loudness.ALL
        GeneratedLoudness.MENTIONS -> Loudness.MENTIONS
        GeneratedLoudness.NOTHING -> Loudness.NOTHING
    }

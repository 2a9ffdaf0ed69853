package eu.qroc.bridge

import java.time.Instant
import eu.qroc.bridge.generated.MessageKind as GeneratedMessageKind
import eu.qroc.bridge.generated.SearchHit as GeneratedSearchHit
import eu.qroc.bridge.generated.SearchQuery as GeneratedSearchQuery

/** Kinds of message that a search asks for. */
public enum class MessageKind {
    /** Words alone. */
    TEXT,

    /** A picture. */
    IMAGE,

    /** A clip. */
    VIDEO,

    /** A recording. */
    AUDIO,

    /** Any other file. */
    FILE,

    /** A position. */
    PLACE,
}

/**
 * What is searched for. What is not said does not matter.
 *
 * @property text words, beginnings of words (`pat*`) and phrases (`"white van"`), in texts, captions, names of files and
 *   of senders. Case and accents do not matter. May be empty where something else is asked for.
 * @property roomId only in this room.
 * @property sender only from this user.
 * @property kind only of this kind.
 * @property since only from this time on.
 * @property until only before this time.
 */
public data class SearchQuery(
    public val text: String = "",
    public val roomId: String? = null,
    public val sender: String? = null,
    public val kind: MessageKind? = null,
    public val since: Instant? = null,
    public val until: Instant? = null,
)

/**
 * A piece of the words around what was found.
 *
 * @property text as it was written.
 * @property hit whether it is what was searched for.
 */
public data class SnippetPart(
    public val text: String,
    public val hit: Boolean,
)

/**
 * A hit of a search.
 *
 * @property roomId Matrix id of the room.
 * @property eventId the event; none while it waits to be sent.
 * @property cursor its cursor in the timeline.
 * @property time when it was sent.
 * @property sender user id of who sent it.
 * @property senderName what the sender is called in the room.
 * @property kind what kind of message it is.
 * @property parts the words around the first match, in pieces.
 * @property snippet the same as one line, matches in brackets.
 * @property score larger fits better.
 */
public data class SearchHit(
    public val roomId: String,
    public val eventId: String?,
    public val cursor: String,
    public val time: Instant,
    public val sender: String,
    public val senderName: String?,
    public val kind: MessageKind,
    public val parts: List<SnippetPart>,
    public val snippet: String,
    public val score: Double,
)

private fun MessageKind.toGenerated(): GeneratedMessageKind =
    when (this) {
        MessageKind.TEXT -> GeneratedMessageKind.TEXT
        MessageKind.IMAGE -> GeneratedMessageKind.IMAGE
        MessageKind.VIDEO -> GeneratedMessageKind.VIDEO
        MessageKind.AUDIO -> GeneratedMessageKind.AUDIO
        MessageKind.FILE -> GeneratedMessageKind.FILE
        MessageKind.PLACE -> GeneratedMessageKind.PLACE
    }

private fun GeneratedMessageKind.toBridge(): MessageKind =
    when (this) {
        GeneratedMessageKind.TEXT -> MessageKind.TEXT
        GeneratedMessageKind.IMAGE -> MessageKind.IMAGE
        GeneratedMessageKind.VIDEO -> MessageKind.VIDEO
        GeneratedMessageKind.AUDIO -> MessageKind.AUDIO
        GeneratedMessageKind.FILE -> MessageKind.FILE
        GeneratedMessageKind.PLACE -> MessageKind.PLACE
    }

internal fun SearchQuery.toGenerated(): GeneratedSearchQuery =
    GeneratedSearchQuery(
        text = text,
        roomId = roomId,
        sender = sender,
        kind = kind?.toGenerated(),
        since = since,
        until = until,
    )

internal fun GeneratedSearchHit.toBridge(): SearchHit =
    SearchHit(
        roomId = roomId,
        eventId = eventId,
        cursor = cursor,
        time = time,
        sender = sender,
        senderName = senderName,
        kind = kind.toBridge(),
        parts = parts.map { SnippetPart(text = it.text, hit = it.hit) },
        snippet = snippet,
        score = score,
    )

package eu.qroc.ui.search

import androidx.compose.runtime.Immutable

/** Rooms and messages that have the words. */
@Immutable
data class SearchState(
    val query: String = "",
    val rooms: List<RoomHit> = emptyList(),
    val messages: List<MessageHit> = emptyList(),
    /** Whether what is shown belongs to the query, and not to the one before. */
    val settled: Boolean = true,
    val error: String? = null,
)

@Immutable
data class RoomHit(
    val id: String,
    val name: String,
)

@Immutable
data class MessageHit(
    /** Unique among the hits. */
    val key: String,
    val roomId: String,
    val roomName: String,
    val ts: Long,
    /** The words around the first match. */
    val snippet: String,
    /** Where the matches stand in it. */
    val matches: List<IntRange>,
)

/** Takes the brackets around matches out of a snippet and keeps their places. */
fun marked(snippet: String): Pair<String, List<IntRange>> {
    val text = StringBuilder()
    val matches = mutableListOf<IntRange>()
    var open = -1
    for (letter in snippet) {
        when {
            letter == '[' && open < 0 -> open = text.length
            letter == ']' && open >= 0 -> {
                if (text.length > open) matches += open until text.length
                open = -1
            }
            else -> text.append(letter)
        }
    }
    return text.toString() to matches
}

/** What an officer does there. */
sealed interface SearchEvent {
    data class Query(
        val text: String,
    ) : SearchEvent

    data class OpenRoom(
        val id: String,
    ) : SearchEvent

    data class OpenMessage(
        val hit: MessageHit,
    ) : SearchEvent

    /** Enter: opens what stands first. */
    data object First : SearchEvent

    data object Back : SearchEvent
}

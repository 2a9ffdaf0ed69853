package eu.qroc.ui.search

import eu.qroc.bridge.QrocException
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Finds rooms by name and messages by words, on this device alone. */
class SearchPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    private val openRoom: (String) -> Unit,
    private val openMessage: (roomId: String, eventId: String) -> Unit,
) {
    private val shown = MutableStateFlow(SearchState())
    private var running: Job? = null

    val state: StateFlow<SearchState> get() = shown

    /** Does what the officer asks, but going back. */
    fun on(event: SearchEvent) {
        when (event) {
            is SearchEvent.Query -> query(event.text)
            is SearchEvent.OpenRoom -> openRoom(event.id)
            is SearchEvent.OpenMessage -> open(event.hit)
            SearchEvent.First -> first()
            SearchEvent.Back -> Unit
        }
    }

    /** Enter may come before the answer does. */
    private fun first() {
        scope.launch {
            running?.join()
            val found = shown.value
            val room = found.rooms.firstOrNull()
            val message = found.messages.firstOrNull()
            if (room != null) openRoom(room.id) else if (message != null) open(message)
        }
    }

    private fun open(hit: MessageHit) =
        if (hit.key.startsWith("$")) openMessage(hit.roomId, hit.key) else openRoom(hit.roomId)

    private fun query(text: String) {
        running?.cancel()
        shown.update { it.copy(query = text, settled = false, error = null) }
        if (text.isBlank()) {
            shown.value = SearchState(query = text)
            return
        }
        running =
            scope.launch {
                delay(PAUSE_MS)
                try {
                    val rooms = session.client.rooms(text.trim()).first()
                    session.roomNames.update { names -> names + rooms.associate { it.roomId to it.name } }
                    val messages = messages(text)
                    shown.update { state ->
                        state.copy(
                            rooms = rooms.map { RoomHit(it.roomId, it.name) },
                            messages = messages,
                            settled = true,
                        )
                    }
                } catch (error: QrocException) {
                    shown.update { it.copy(error = session.strings.of(error), settled = true) }
                }
            }
    }

    private suspend fun messages(text: String): List<MessageHit> {
        val hits =
            try {
                session.client.search(text, limit = MOST)
            } catch (_: QrocException.BadInput) {
                // Nothing but signs: there is no word to look for, but there may be a room.
                emptyList()
            }
        return hits.mapIndexed { index, hit ->
            val (snippet, matches) = marked(hit.snippet)
            MessageHit(
                key = hit.eventId ?: "waiting-$index",
                roomId = hit.roomId,
                roomName = session.roomNames.value[hit.roomId] ?: hit.roomId,
                ts = hit.time.toEpochMilli(),
                snippet = snippet,
                matches = matches,
            )
        }
    }

    private companion object {
        const val PAUSE_MS = 120L
        const val MOST = 100
    }
}

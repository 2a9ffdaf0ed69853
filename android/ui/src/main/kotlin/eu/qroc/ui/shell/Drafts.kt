package eu.qroc.ui.shell

import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.milliseconds

/** What was typed and not sent: in memory at once, and a moment after the last key on the disk, where the core seals it. */
class Drafts internal constructor(
    private val client: Client,
    private val scope: CoroutineScope,
) {
    /** Where something is written: a room, or a thread in it. */
    data class Place(
        val roomId: String,
        val thread: String? = null,
    )

    /** A text that was emptied here stays, so that it is not read from the disk again. */
    private val typed = MutableStateFlow(emptyMap<Place, String>())

    /** Places whose text on the disk is an older one. */
    private val behind = MutableStateFlow(emptySet<Place>())

    /** Writes and sends one after the other: what was sent does not become a draft again. */
    private val disk = Mutex()
    private var waiting: Job? = null

    /** All of them, by place; an empty text is none. */
    val texts: StateFlow<Map<Place, String>> get() = typed

    /** What is written there. */
    fun at(place: Place): String = typed.value[place].orEmpty()

    /** Reads what earlier runs have left, but where something was typed since; says whether it could be read. */
    internal suspend fun load(): Boolean =
        try {
            val kept = client.drafts().associate { Place(it.roomId, it.thread) to it.body }
            typed.update { kept + it }
            true
        } catch (_: QrocException) {
            false
        }

    /** Takes what was typed. */
    fun type(
        place: Place,
        text: String,
    ) {
        if (at(place) == text) return
        typed.update { it + (place to text) }
        behind.update { it + place }
        waiting?.cancel()
        waiting =
            scope.launch {
                delay(MOMENT)
                flush()
            }
    }

    /** The place is left: nothing waits any longer. */
    fun leave() {
        scope.launch(start = CoroutineStart.UNDISPATCHED) { flush() }
    }

    /** Writes what is not on the disk yet; what cannot be written is tried again the next time. */
    suspend fun flush() =
        // Given up in the middle it would be overtaken by the next one.
        withContext(NonCancellable) {
            disk.withLock { behind.value.forEach { if (it in behind.value) keep(it) } }
        }

    private suspend fun keep(place: Place) {
        behind.update { it - place }
        try {
            client.room(place.roomId).use { it.keepDraft(at(place).ifBlank { "" }, place.thread) }
        } catch (_: QrocException) {
            behind.update { it + place }
        }
    }

    /**
     * Sends [text], which was typed there. The draft is gone at once, on the disk together with the message being kept; where
     * that fails it comes back, in front of what was typed meanwhile.
     */
    suspend fun send(
        place: Place,
        text: String,
        replyTo: String?,
    ) {
        typed.update { it + (place to "") }
        // What lies on the disk stays there until the message does.
        behind.update { it - place }
        withContext(NonCancellable) {
            disk.withLock {
                try {
                    client.room(place.roomId).use { it.send(text.trim(), replyTo, place.thread, clearsDraft = true) }
                } catch (error: QrocException) {
                    type(place, listOf(text, at(place)).filter(String::isNotBlank).joinToString("\n"))
                    throw error
                }
            }
        }
    }

    private companion object {
        val MOMENT = 300.milliseconds
    }
}

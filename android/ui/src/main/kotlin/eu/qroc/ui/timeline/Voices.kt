package eu.qroc.ui.timeline

import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

/** Plays voice messages, one at a time: decoded in memory by the core, heard through the platform. */
internal class Voices(
    private val session: Session,
    private val scope: CoroutineScope,
    private val failed: (String) -> Unit,
) {
    private val shown = MutableStateFlow<Played?>(null)
    private var playing: Job? = null

    /** What is played, or was stopped in the middle. */
    val state: StateFlow<Played?> get() = shown

    /** Plays from [at] milliseconds on; stops what is played. */
    fun play(
        room: Room,
        key: String,
        eventId: String,
        at: Long,
    ) {
        val speaker = session.surroundings.loudspeaker ?: return
        playing?.cancel()
        shown.value = Played(key, at, running = true)
        playing =
            scope.launch {
                var ended = false
                try {
                    val heard =
                        room.contents(eventId).use { file ->
                            file.play(at.milliseconds).use { sound ->
                                speaker.play(sound.rate, sound::next) { samples -> shown.value = Played(key, at + samples * MILLIS / sound.rate, running = true) }
                            }
                        }
                    ended = true
                    if (!heard) failed(session.strings.voiceNoSpeaker)
                } catch (error: QrocException) {
                    ended = true
                    failed(session.strings.of(error))
                } finally {
                    if (ended) shown.value = null
                }
            }
    }

    /** Stops where it is. */
    fun pause() {
        playing?.cancel()
        shown.value = shown.value?.copy(running = false)
    }

    private companion object {
        const val MILLIS = 1000L
    }
}

package eu.qroc.ui.composer

import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.Recording
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Records a voice message and sends it: never longer than policy lets it be, and kept where it could not be sent. */
internal class VoiceRecorder(
    private val session: Session,
    private val scope: CoroutineScope,
    private val room: suspend () -> Room,
    private val failed: (String) -> Unit,
) {
    private val shown = MutableStateFlow<VoiceDraft?>(null)
    private var recording: Recording? = null
    private var work: Job? = null

    /** What was recorded and could not be sent. */
    private var kept: ByteArray? = null

    val state: StateFlow<VoiceDraft?> get() = shown

    fun begin() {
        if (shown.value != null) return
        session.forbidden.value[Gate.SEND_VOICE]?.let { return failed(it) }
        val microphone = session.surroundings.microphone ?: return
        shown.value = VoiceDraft()
        work =
            scope.launch {
                // What was opened is closed again, also where nobody wants it any more.
                val now = withContext(NonCancellable) { microphone.record() }
                if (!isActive) {
                    now?.discard()
                    return@launch
                }
                if (now == null) {
                    shown.value = null
                    failed(session.strings.voiceNoMicrophone)
                    return@launch
                }
                recording = now
                val most = mostSeconds() * MILLIS
                val begun = session.surroundings.now()
                while (true) {
                    delay(LOOK_MS)
                    val length = session.surroundings.now() - begun
                    val before = shown.value ?: break
                    shown.value = before.copy(lengthMs = length, levels = (before.levels + now.level.value).takeLast(MOST_LEVELS), full = length >= most)
                    if (length >= most) {
                        // What is there is not lost: it is for the officer to send it.
                        kept = now.stop()
                        recording = null
                        break
                    }
                }
            }
    }

    private suspend fun mostSeconds(): Long {
        val line =
            try {
                session.client.policy().firstOrNull { it.key == LONGEST }
            } catch (_: QrocException) {
                null
            }
        return (line?.value as? PolicyValue.Number)?.number ?: MOST_SECONDS
    }

    /** Throws it away. */
    fun cancel() {
        if (shown.value?.sending == true) return
        work?.cancel()
        recording?.discard()
        recording = null
        kept = null
        shown.value = null
    }

    fun send() {
        val now = shown.value ?: return
        if (now.sending) return
        // A touch that was none.
        if (now.lengthMs < LEAST_MS && kept == null) return cancel()
        work?.cancel()
        shown.value = now.copy(sending = true, problem = null)
        // In the account's scope: leaving the room in the same moment loses nothing.
        session.scope.launch {
            val sound = kept ?: recording?.stop()
            recording = null
            kept = sound
            try {
                if (sound == null) failed(session.strings.voiceNothing) else room().sendVoice(sound)
                kept = null
                shown.value = null
            } catch (error: QrocException) {
                shown.value = now.copy(sending = false, full = true, problem = session.strings.of(error))
            }
        }
    }

    private companion object {
        const val LONGEST = "media.voice_max_s"
        const val MOST_SECONDS = 300L
        const val MILLIS = 1_000L
        const val LOOK_MS = 100L
        const val LEAST_MS = 700L
        const val MOST_LEVELS = 60
    }
}

package eu.qroc.ui.core

import eu.qroc.bridge.Client
import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.ManagedConfig
import eu.qroc.bridge.PolicyValue
import eu.qroc.ui.StringsEn
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.composer.ComposerState
import eu.qroc.ui.shell.Loudspeaker
import eu.qroc.ui.shell.Microphone
import eu.qroc.ui.shell.Recording
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelinePresenter
import eu.qroc.ui.timeline.TimelineState
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.io.TempDir
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path
import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.sin
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Voice messages on the real core. Only what has no hardware here is played: microphone and loudspeaker. */
internal class VoiceStoryTest {
    @TempDir
    lateinit var folder: Path

    /** Hears a tone of so many seconds, however long it is listened to. */
    private class Tone : Microphone {
        var seconds = 2
        var discarded = 0
        var stopped = 0

        override suspend fun record(): Recording =
            object : Recording {
                override val level = MutableStateFlow(0.5f)

                override suspend fun stop(): ByteArray {
                    stopped++
                    return tone(seconds)
                }

                override fun discard() {
                    discarded++
                }
            }
    }

    /** Counts what comes out; waits in the middle where it is told to. */
    private class Ear(
        private val gate: CompletableDeferred<Unit>? = null,
    ) : Loudspeaker {
        var samples = 0L

        override suspend fun play(
            rate: Int,
            next: suspend () -> ByteArray?,
            heard: (Long) -> Unit,
        ): Boolean {
            while (true) {
                samples += (next() ?: return true).size / 2
                heard(samples)
                if (samples > rate) gate?.await()
            }
        }
    }

    @Test
    fun `a voice message is recorded, sent, heard, stopped in the middle, thrown away, and never too long`() =
        atDesk(folder, "Harbour") {
            val microphone = Tone()
            desk.microphone = microphone
            onThread { session.start() }
            val presenter = TimelinePresenter(session, scope, room.roomId)
            onThread { presenter.start() }

            suspend fun tell(event: TimelineEvent) = onThread { presenter.on(event) }

            suspend fun compose(event: ComposerEvent) = tell(TimelineEvent.Compose(event))

            suspend fun shows(fits: (TimelineState) -> Boolean) = presenter.state.first(fits)

            suspend fun bar(fits: (ComposerState) -> Boolean) = shows { fits(it.composer) }.composer
            bar { it.microphone }
            shows { it.entries != null }

            // A touch that was none, and one that is taken back.
            compose(ComposerEvent.Record)
            compose(ComposerEvent.SendVoice)
            bar { it.voice == null }
            compose(ComposerEvent.Record)
            bar { (it.voice?.lengthMs ?: 0) > 200 }
            compose(ComposerEvent.CancelVoice)
            bar { it.voice == null }
            assertTrue(microphone.discarded >= 1 && microphone.stopped == 0)
            assertEquals(0, shows { true }.entries!!.filterIsInstance<Message>().size)

            // One that is sent.
            compose(ComposerEvent.Record)
            val draft = bar { (it.voice?.lengthMs ?: 0) > 800 }.voice!!
            assertTrue(draft.levels.isNotEmpty() && draft.levels.all { it == 0.5f } && !draft.full)
            compose(ComposerEvent.SendVoice)
            val sent = { state: TimelineState -> state.entries.orEmpty().filterIsInstance<Message>().singleOrNull { it.state == SendState.SENT } }
            val message = sent(shows { sent(it) != null })!!
            val body = message.body as Body.Voice
            assertTrue(abs(body.lengthMs - 2_000) < 100 && body.levels.size > 1 && body.levels.all { it in 0f..1f }, "$body")
            bar { it.voice == null }
            val item = room.page(offline = true).last()
            assertTrue((item.content as ItemContent.Media).attachment.voice)

            // Heard to its end, then stopped in the middle and heard from there.
            val played = { state: TimelineState -> (sent(state)?.body as? Body.Voice)?.played }
            val ear = Ear().also { desk.loudspeaker = it }
            tell(TimelineEvent.Play(message, 0))
            withTimeout(60_000) { while (abs(ear.samples - 2 * RATE) > RATE / 10) kotlinx.coroutines.delay(10) }
            shows { played(it) == null }
            desk.loudspeaker = Ear(CompletableDeferred())
            tell(TimelineEvent.Play(message, 0))
            shows { (played(it)?.at ?: 0) > 900 }
            tell(TimelineEvent.Pause)
            val stopped = played(shows { played(it)?.running == false })!!
            assertTrue(stopped.at in 900..1_500, "$stopped")
            val rest = Ear().also { desk.loudspeaker = it }
            tell(TimelineEvent.Play(message, stopped.at))
            shows { played(it) == null }
            assertTrue(abs(rest.samples - (2_000 - stopped.at) * RATE / 1_000) < RATE / 10, "${rest.samples} after $stopped")

            // Policy lets it last a second: it ends by itself, and what was heard is kept until somebody decides.
            client.takeManaged(ManagedConfig(mapOf("media.voice_max_s" to PolicyValue.Number(1), "lock.required" to PolicyValue.Flag(false))))
            microphone.seconds = 4
            compose(ComposerEvent.Record)
            bar { it.voice?.full == true }
            compose(ComposerEvent.SendVoice)
            val refused = bar { it.voice?.problem != null }.voice!!
            assertTrue(!refused.sending && refused.full)
            compose(ComposerEvent.CancelVoice)
            bar { it.voice == null }
            // Without a microphone it says so.
            desk.microphone =
                object : Microphone {
                    override suspend fun record(): Recording? = null
                }
            compose(ComposerEvent.Record)
            assertEquals(StringsEn.voiceNoMicrophone, shows { it.error != null }.error)
            assertNull(bar { it.voice == null }.voice)
            presenter.close()
        }

    private companion object {
        const val RATE = 48_000

        @JvmStatic
        @BeforeAll
        fun init() = Client.init()

        /** A WAV file. */
        fun tone(seconds: Int): ByteArray {
            val samples = seconds * RATE
            val file = ByteBuffer.allocate(44 + samples * 2).order(ByteOrder.LITTLE_ENDIAN)
            file.put("RIFF".toByteArray()).putInt(36 + samples * 2).put("WAVEfmt ".toByteArray()).putInt(16)
            file.putShort(1).putShort(1).putInt(RATE).putInt(RATE * 2).putShort(2).putShort(16)
            file.put("data".toByteArray()).putInt(samples * 2)
            repeat(samples) { file.putShort((sin(it * 2 * PI * 440 / RATE) * 9_000).toInt().toShort()) }
            return file.array()
        }
    }
}

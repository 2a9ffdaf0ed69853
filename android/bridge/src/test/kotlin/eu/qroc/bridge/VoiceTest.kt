package eu.qroc.bridge

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.sin
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Voice messages, from what a microphone gives to what a loudspeaker gets. */
internal class VoiceTest : Officers() {
    /** A tone that grows louder: one channel, 16 bits, 48,000 samples a second. */
    private fun recording(seconds: Int): ByteArray {
        val samples = seconds * RATE
        val file = ByteBuffer.allocate(44 + samples * 2).order(ByteOrder.LITTLE_ENDIAN)
        file.put("RIFF".toByteArray()).putInt(36 + samples * 2).put("WAVEfmt ".toByteArray()).putInt(16)
        file.putShort(1).putShort(1).putInt(RATE).putInt(RATE * 2).putShort(2).putShort(16)
        file.put("data".toByteArray()).putInt(samples * 2)
        repeat(samples) { file.putShort((sin(it * TONE * 2 * PI / RATE) * 20_000 * it / samples).toInt().toShort()) }
        return file.array()
    }

    private suspend fun Playback.all(): ShortArray {
        val out = mutableListOf<Short>()
        while (true) {
            val piece = next() ?: break
            val samples = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer()
            while (samples.hasRemaining()) out += samples.get()
        }
        return out.toShortArray()
    }

    /** How often it goes through 0 upwards, in a second. */
    private fun ShortArray.tone(): Double = (1 until size).count { this[it - 1] < 0 && this[it] >= 0 } / (size / RATE.toDouble())

    @Test
    fun `what was said is heard as it was, from any moment on, and is nowhere on a disk`() =
        story {
            val talk = talk("Voice")
            val said = recording(seconds = 3)
            val sent = talk.here.sendVoice(said)
            assertEquals("audio/ogg", sent.mime)
            assertTrue(sent.sentBytes < said.size / 10, "${sent.sentBytes}")
            val seen = talk.there.timeline()
            val item = seen.items.first { items -> items.any { it.content is ItemContent.Media && it.eventId != null } }.last()
            val voice = (item.content as ItemContent.Media).attachment
            assertTrue(voice.voice)
            assertEquals("voice.ogg", voice.name)
            assertTrue(voice.waveform.size in 2..100 && voice.waveform.all { it in 0..1024 } && voice.waveform.max() == 1024, "$voice")
            assertTrue((voice.duration!! - 3.seconds).absoluteValue < 100.milliseconds, "${voice.duration}")

            talk.there.contents(item.eventId!!).use { file ->
                file.play().use { sound ->
                    assertEquals(RATE, sound.rate)
                    val heard = sound.all()
                    assertTrue(abs(heard.size - 3 * RATE) < RATE / 5, "${heard.size}")
                    assertEquals(TONE, heard.tone(), TONE * 0.03)
                    assertNull(sound.next())
                }
                val late = file.play(2.seconds).use { it.all() }
                assertTrue(abs(late.size - RATE) < RATE / 5, "${late.size}")
                // A listener who goes away in the middle, and one who never begins.
                file.play().use { it.next() }
                file.play().close()
                val closed = file.play().also { it.close() }
                assertNull(closed.next())
            }
            seen.close()
            val part = said.copyOfRange(said.size / 2, said.size / 2 + 64)
            Files.walk(folder).use { files ->
                for (path in files.filter { Files.isRegularFile(it) }) assertFalse(holds(Files.readAllBytes(path), part), "$path")
            }
        }

    @Test
    fun `what is too long, no recording or without sound is refused by name`() =
        story {
            val talk = talk("Refused voices")
            assertEquals("file_not_a_recording", refused<QrocException.BadInput> { talk.here.sendVoice("no recording".toByteArray()) }.code)
            assertTrue(talk.lisbon.client.explain(PolicyAction.SendVoice(60)).allowed)
            val limits = mapOf("media.voice_max_s" to PolicyValue.Number(1), "lock.required" to PolicyValue.Flag(false))
            talk.lisbon.client.takeManaged(ManagedConfig(limits))
            val refusal = talk.lisbon.client.explain(PolicyAction.SendVoice(3))
            assertEquals(false to "media.voice_max_s", refusal.allowed to refusal.key)
            assertEquals("media.voice_max_s", refused<QrocException.Policy> { talk.here.sendVoice(recording(seconds = 3)) }.policyKey)
            val queue = talk.lisbon.client.sendQueue()
            assertEquals(emptyList<QueueItem>(), queue.items.first())
            queue.close()

            talk.here.sendFile(fixture("form.pdf"))
            val seen = talk.there.timeline()
            val item = seen.items.first { items -> items.any { it.content is ItemContent.Media && it.eventId != null } }.last()
            talk.there.contents(item.eventId!!).use { file ->
                assertFalse((item.content as ItemContent.Media).attachment.voice)
                file.play().use { sound ->
                    refused<QrocException.BadInput> { sound.next() }
                    assertNull(sound.next())
                }
                // Removed while it is heard: nothing more.
                file.play().use { sound ->
                    talk.here.redact(item.eventId!!)
                    seen.items.first { items -> items.any { it.content == ItemContent.Removed } }
                    delay(50)
                    refused<QrocException.NotFound> { sound.next() }
                }
            }
            seen.close()
        }

    private fun holds(
        bytes: ByteArray,
        part: ByteArray,
    ): Boolean = (0..bytes.size - part.size).any { at -> part.indices.all { bytes[at + it] == part[it] } }

    private companion object {
        const val RATE = 48_000
        const val TONE = 440.0
    }
}

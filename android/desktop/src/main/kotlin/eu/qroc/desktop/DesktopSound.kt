package eu.qroc.desktop

import eu.qroc.ui.shell.Loudspeaker
import eu.qroc.ui.shell.Microphone
import eu.qroc.ui.shell.Recording
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withContext
import java.io.ByteArrayOutputStream
import javax.sound.sampled.AudioFormat
import javax.sound.sampled.AudioSystem
import javax.sound.sampled.DataLine
import javax.sound.sampled.LineUnavailableException
import javax.sound.sampled.SourceDataLine
import javax.sound.sampled.TargetDataLine
import kotlin.concurrent.thread
import kotlin.coroutines.coroutineContext
import kotlin.math.abs

/** The microphone of a desktop, through Java's own sound. */
class DesktopMicrophone(
    private val open: (AudioFormat) -> TargetDataLine = { AudioSystem.getLine(DataLine.Info(TargetDataLine::class.java, it)) as TargetDataLine },
) : Microphone {
    override suspend fun record(): Recording? =
        withContext(Dispatchers.IO) {
            val format = format(WAV_RATE)
            line { open(format).also { it.open(format) } }?.let { DesktopRecording(it) }
        }
}

private class DesktopRecording(
    private val line: TargetDataLine,
) : Recording {
    override val level = MutableStateFlow(0f)
    private val heard = ByteArrayOutputStream()
    private val reading =
        thread(name = "microphone", isDaemon = true) {
            line.start()
            val piece = ByteArray(WAV_RATE / PIECES * SAMPLE)
            while (true) {
                val count = line.read(piece, 0, piece.size)
                // A line that was closed gives nothing.
                if (count <= 0) break
                synchronized(heard) { heard.write(piece, 0, count) }
                level.value = loudest(piece, count)
            }
        }

    override suspend fun stop(): ByteArray? =
        withContext(Dispatchers.IO) {
            line.stop()
            line.close()
            reading.join()
            val samples = synchronized(heard) { heard.toByteArray() }
            forget()
            if (samples.isEmpty()) null else wav(samples, WAV_RATE)
        }

    override fun discard() {
        line.close()
        forget()
    }

    private fun forget() = synchronized(heard) { heard.reset() }
}

/** The loudspeaker of a desktop, through Java's own sound. */
class DesktopLoudspeaker(
    private val open: (AudioFormat) -> SourceDataLine = { AudioSystem.getLine(DataLine.Info(SourceDataLine::class.java, it)) as SourceDataLine },
) : Loudspeaker {
    override suspend fun play(
        rate: Int,
        next: suspend () -> ByteArray?,
        heard: (Long) -> Unit,
    ): Boolean {
        val format = format(rate)
        // Half a second: what was stopped is silent soon.
        val line = withContext(Dispatchers.IO) { line { open(format).also { it.open(format, rate / 2 * SAMPLE) } } } ?: return false
        try {
            line.start()
            while (coroutineContext.isActive) {
                val piece = next() ?: break
                withContext(Dispatchers.IO) { line.write(piece, 0, piece.size / SAMPLE * SAMPLE) }
                heard(line.longFramePosition)
            }
            withContext(Dispatchers.IO) { line.drain() }
            heard(line.longFramePosition)
            return true
        } catch (stopped: CancellationException) {
            line.flush()
            throw stopped
        } finally {
            line.close()
        }
    }
}

private fun <T> line(open: () -> T): T? =
    try {
        open()
    } catch (_: LineUnavailableException) {
        null
    } catch (_: IllegalArgumentException) {
        // Java's word for: there is no such device.
        null
    } catch (_: SecurityException) {
        null
    }

private fun format(rate: Int) = AudioFormat(rate.toFloat(), SAMPLE * Byte.SIZE_BITS, 1, true, false)

private fun loudest(
    piece: ByteArray,
    count: Int,
): Float {
    val samples = (0 until count - 1 step SAMPLE).maxOfOrNull { abs((piece[it + 1].toInt() shl Byte.SIZE_BITS) or (piece[it].toInt() and BYTE)) } ?: 0
    return samples / -Short.MIN_VALUE.toFloat()
}

/** A WAV file of one channel, 16 bits a sample. */
internal fun wav(
    samples: ByteArray,
    rate: Int,
): ByteArray {
    val head = java.nio.ByteBuffer.allocate(HEAD).order(java.nio.ByteOrder.LITTLE_ENDIAN)
    head.put("RIFF".toByteArray()).putInt(HEAD - 8 + samples.size).put("WAVEfmt ".toByteArray())
    head.putInt(16).putShort(1).putShort(1).putInt(rate).putInt(rate * SAMPLE).putShort(SAMPLE.toShort()).putShort(16)
    head.put("data".toByteArray()).putInt(samples.size)
    return head.array() + samples
}

private const val WAV_RATE = 48_000
private const val SAMPLE = 2
private const val BYTE = 0xFF
private const val HEAD = 44

/** Pieces of a second. */
private const val PIECES = 20

package eu.qroc.desktop

import eu.qroc.ui.StringsEn
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO
import javax.sound.sampled.AudioSystem
import javax.sound.sampled.LineUnavailableException
import javax.sound.sampled.SourceDataLine
import javax.sound.sampled.TargetDataLine
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

class DesktopTest {
    @TempDir
    lateinit var folder: Path

    private val desk by lazy { DesktopSurroundings(folder.resolve("a/desktop.properties"), { StringsEn }, { null }) }

    @Test
    fun `who comes second asks the first window to show itself`() {
        val asked = CountDownLatch(1)
        val profile = folder.resolve("profile")
        SingleInstance.take(profile) { asked.countDown() }!!.use {
            assertNull(SingleInstance.take(profile) {})
            assertTrue(asked.await(5, TimeUnit.SECONDS))
        }
        assertNotNull(SingleInstance.take(profile) {}).close()
    }

    @Test
    fun `a photo is made as small as a screen, and what is none is no picture`() {
        val photo = folder.resolve("photo.jpg")
        ImageIO.write(BufferedImage(4000, 3000, BufferedImage.TYPE_INT_RGB), "jpg", photo.toFile())
        val picture = runBlocking { desk.decode(photo) }!!
        assertEquals(1600 to 1200, picture.width to picture.height)
        assertEquals(1600, runBlocking { desk.decode(Files.readAllBytes(photo)) }!!.width)
        val text = Files.writeString(folder.resolve("photo.png"), "no picture")
        assertNull(runBlocking { desk.decode(text) })
        assertNull(runBlocking { desk.decode(ByteArray(0)) })
        assertNull(runBlocking { desk.decode(folder.resolve("missing.jpg")) })
    }

    @Test
    fun `the looks are kept, and a damaged file of them is no fault`() {
        assertEquals(emptyMap(), desk.loadSettings())
        desk.saveSettings(mapOf("appearance" to "night"))
        assertEquals(mapOf("appearance" to "night"), desk.loadSettings())
        Files.writeString(folder.resolve("a/desktop.properties"), "appearance=\\uZZZZ")
        assertEquals(emptyMap(), desk.loadSettings())
    }

    @Test
    fun `what a microphone gives is a recording that can be read, and a desk without one says so`() {
        val samples = ByteArray(9_600) { (it * 7).toByte() }
        val opened = mutableListOf<String>()

        /** A line with a tenth of a second in it; what has no hardware here. */
        fun line(type: Class<*>): Any {
            var left = samples.size
            return java.lang.reflect.Proxy.newProxyInstance(type.classLoader, arrayOf(type)) { _, method, arguments ->
                when (method.name) {
                    "read" -> {
                        val count = minOf(left, arguments[2] as Int)
                        System.arraycopy(samples, samples.size - left, arguments[0] as ByteArray, arguments[1] as Int, count)
                        left -= count
                        count
                    }
                    "write" -> (arguments[2] as Int).also { left -= it }
                    "getLongFramePosition" -> (samples.size - left) / 2L
                    else -> {
                        opened += method.name
                        null
                    }
                }
            }
        }
        runBlocking {
            val recording = DesktopMicrophone { line(TargetDataLine::class.java) as TargetDataLine }.record()!!
            while ("start" !in opened) delay(5)
            delay(100)
            val wav = recording.stop()!!
            AudioSystem.getAudioInputStream(wav.inputStream()).use { sound ->
                assertEquals(48_000f, sound.format.sampleRate)
                assertEquals(16 to 1, sound.format.sampleSizeInBits to sound.format.channels)
                assertTrue(sound.readAllBytes().contentEquals(samples))
            }
            assertTrue("close" in opened)
            assertNull(DesktopMicrophone { throw LineUnavailableException() }.record())
            assertNull(DesktopMicrophone { throw IllegalArgumentException() }.record())

            val pieces = ArrayDeque(listOf(samples.copyOf(4_800), samples.copyOf(4_800)))
            val heard = mutableListOf<Long>()
            assertTrue(DesktopLoudspeaker { line(SourceDataLine::class.java) as SourceDataLine }.play(48_000, { pieces.removeFirstOrNull() }) { heard += it })
            assertEquals(listOf(2_400L, 4_800L, 4_800L), heard)
            assertEquals(false, DesktopLoudspeaker { throw LineUnavailableException() }.play(48_000, { samples }) {})
        }
    }

    @Test
    fun `a dropped file is found, a dropped link is not`() {
        assertEquals(Path.of("/tmp/a b.jpg"), path("file:///tmp/a%20b.jpg"))
        assertNull(path("https://police.example/a.jpg"))
        assertNull(path("no such thing"))
    }
}

package eu.qroc.desktop

import eu.qroc.ui.StringsEn
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO
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
    fun `a dropped file is found, a dropped link is not`() {
        assertEquals(Path.of("/tmp/a b.jpg"), path("file:///tmp/a%20b.jpg"))
        assertNull(path("https://police.example/a.jpg"))
        assertNull(path("no such thing"))
    }
}

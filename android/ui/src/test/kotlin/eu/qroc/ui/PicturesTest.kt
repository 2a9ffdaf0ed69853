package eu.qroc.ui

import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.unit.Density
import eu.qroc.ui.rooms.RoomRow
import eu.qroc.ui.shell.Stage
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.ByteArrayInputStream
import java.io.File
import javax.imageio.ImageIO
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/**
 * Draws every screen and compares it, at half size, with `src/test/golden`. The full pictures are in `target/pictures`.
 * `-Dqroc.golden.update=true` takes what was drawn as right: look at it first.
 */
class PicturesTest {
    private val update = System.getProperty("qroc.golden.update") == "true"

    @TestFactory
    fun pictures(): List<DynamicTest> {
        val plain = scenes.map { it to Showing.plain }
        val small = scenes.filter { it.tight }.map { it to Showing.small }
        val others = scenes.filter { it.main }.flatMap { scene -> Showing.others.map { scene to it } }
        return (plain + small + others).map { (scene, showing) ->
            DynamicTest.dynamicTest("${scene.name}-${showing.name}") { check(scene, showing) }
        }
    }

    @Test
    fun `every golden picture belongs to a screen`() {
        val drawn =
            scenes.map { "${it.name}-light.png" } +
                scenes.filter { it.tight }.map { "${it.name}-small.png" } +
                scenes.filter { it.main }.flatMap { scene -> Showing.others.map { "${scene.name}-${it.name}.png" } }
        assertEquals(drawn.toSortedSet(), GOLDEN.list()!!.toSortedSet())
    }

    @Test
    fun `a missing button is noticed`() {
        val image = draw(scenes.first { it.name == "rooms-full" }, Showing.plain)
        val without = BufferedImage(image.width, image.height, BufferedImage.TYPE_INT_RGB)
        without.graphics.drawImage(image, 0, 0, null)
        without.graphics.fillRect(230, 680, 110, 40)
        assertTrue(difference(half(image), half(without)) > TOLERANCE)
    }

    @Test
    fun `another word in a message is noticed`() {
        val scene = scenes.first { it.name == "rooms-full" }
        val other = Scene("rooms", "other", Stage.Main(rooms.copy(rooms = rooms.rooms!!.map { it.renamed() })))
        assertTrue(difference(half(draw(scene, Showing.plain)), half(draw(other, Showing.plain))) > TOLERANCE)
    }

    private fun RoomRow.renamed() = if (id == "!6") copy(name = said("Shift 8")) else this

    private fun check(
        scene: Scene,
        showing: Showing,
    ) {
        val name = "${scene.name}-${showing.name}.png"
        val image = draw(scene, showing)
        ImageIO.write(image, "png", File("target/pictures", name).apply { parentFile.mkdirs() })
        val small = half(image)
        val golden = File(GOLDEN, name)
        if (update) {
            if (!golden.exists() || difference(ImageIO.read(golden), small) > 0.0) {
                golden.parentFile.mkdirs()
                ImageIO.write(small, "png", golden)
            }
            return
        }
        assertTrue(golden.exists(), "no golden picture: look at target/pictures/$name, then take it as right")
        val difference = difference(ImageIO.read(golden), small)
        assertTrue(difference <= TOLERANCE, "$name differs by ${"%.2f".format(difference * 100)} %: look at target/pictures")
    }

    private fun draw(
        scene: Scene,
        showing: Showing,
    ): BufferedImage {
        val surface = ImageComposeScene(showing.width, showing.height, Density(1f)) { showing.Theme { scene.Content() } }
        val bytes =
            try {
                // The second and third frame show what effects did; no time passes, so that nothing moves.
                repeat(2) { surface.render(0) }
                surface.render(0).encodeToData()!!.bytes
            } finally {
                surface.close()
            }
        return ImageIO.read(ByteArrayInputStream(bytes))
    }

    /** Eight bits of grey would hide a wrong colour, so all three channels stay. */
    private fun half(image: BufferedImage): BufferedImage {
        val small = BufferedImage(image.width / 2, image.height / 2, BufferedImage.TYPE_INT_RGB)
        val graphics = small.createGraphics()
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR)
        graphics.drawImage(image, 0, 0, small.width, small.height, null)
        graphics.dispose()
        return small
    }

    /** The part of all pixels that differ visibly. */
    private fun difference(
        one: BufferedImage,
        other: BufferedImage,
    ): Double {
        if (one.width != other.width || one.height != other.height) return 1.0
        val differing =
            (0 until one.height).sumOf { y ->
                (0 until one.width).count { x ->
                    val a = one.getRGB(x, y)
                    val b = other.getRGB(x, y)
                    listOf(0, 8, 16).any { abs((a shr it and 0xFF) - (b shr it and 0xFF)) > VISIBLE }
                }
            }
        return differing / (one.width * one.height).toDouble()
    }

    private companion object {
        val GOLDEN = File("src/test/golden")

        /** Of 255, per channel: processors round blending differently, by a step or two. */
        const val VISIBLE = 24

        /**
         * One letter of a list that is another one differs by more (a test says so). With the same fonts and Skia, pictures
         * are equal to the bit; this leaves room for a patched font package.
         */
        const val TOLERANCE = 0.0002
    }
}

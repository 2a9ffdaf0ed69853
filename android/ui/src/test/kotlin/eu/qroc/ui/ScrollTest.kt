package eu.qroc.ui

import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.InternalComposeUiApi
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.asComposeCanvas
import androidx.compose.ui.input.pointer.PointerEventType
import androidx.compose.ui.scene.CanvasLayersComposeScene
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.IntSize
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineView
import org.jetbrains.skia.PictureRecorder
import org.jetbrains.skia.Rect
import java.lang.management.ManagementFactory
import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertTrue

/**
 * The work of a frame while a timeline scrolls: composition, layout, and the list of what is to be drawn. It is not drawn:
 * a graphics card does that. Counted in the time that the processor spent on it, whatever the machine does besides.
 */
@OptIn(InternalComposeUiApi::class, ExperimentalComposeUiApi::class)
class ScrollTest {
    private fun scroll(messages: Int): List<Double> {
        val many =
            (1..messages).map {
                message(
                    if (it % 5 == 0) "Unit $it reports from pier four, where two people got out of a white van" else "Unit $it",
                    if (it % 7 < 3) madrid else lisbon,
                    ago = it * 40_000L,
                    own = it % 4 == 0,
                    key = "m$it",
                    state = SendState.SENT,
                    seenBy = if (it % 8 == 0) listOf(madrid) else emptyList(),
                )
            }
        val shown = timeline.copy(entries = entries(*many.reversed().toTypedArray()))
        val threads = ManagementFactory.getThreadMXBean()
        val scene = CanvasLayersComposeScene(Density(1f), size = IntSize(Showing.PHONE, HEIGHT))
        try {
            scene.setContent { Showing.plain.Theme { TimelineView(shown, {}) } }
            var time = 0L
            val frames =
                (1..WARM + FRAMES).map {
                    val begun = threads.currentThreadCpuTime
                    scene.sendPointerEvent(PointerEventType.Scroll, Offset(180f, 300f), Offset(0f, -STEP))
                    time += FRAME_NANOS
                    PictureRecorder().use { recorder ->
                        val canvas = recorder.beginRecording(Rect.makeWH(Showing.PHONE.toFloat(), HEIGHT.toFloat()))
                        scene.render(canvas.asComposeCanvas(), time)
                        recorder.finishRecordingAsPicture().close()
                    }
                    (threads.currentThreadCpuTime - begun) / 1e6
                }
            return frames.drop(WARM).sorted()
        } finally {
            scene.close()
        }
    }

    @Test
    fun `a frame of ten thousand messages is ready in half of its time, and costs no more than one of five hundred`() {
        repeat(2) { scroll(500) }
        val few = scroll(500)
        val many = scroll(10_000)
        val figures =
            listOf("500" to few, "10,000" to many).joinToString("; ") { (name, frames) ->
                String.format(Locale.ROOT, "%s messages: %.1f ms, 95 %% below %.1f", name, frames[FRAMES / 2], frames[FRAMES * 95 / 100])
            }
        println("The work of a frame while scrolling. $figures")
        assertTrue(many[FRAMES * 95 / 100] <= WANTED, figures)
        // Of the quicker frames: what the machine does besides takes the others.
        assertTrue(many[FRAMES / 5] < 3 * few[FRAMES / 5], figures)
    }

    private companion object {
        const val HEIGHT = 740
        const val WARM = 60
        const val FRAMES = 240
        const val STEP = 2f
        const val FRAME_NANOS = 16_666_667L

        /** Milliseconds: half of a frame. */
        const val WANTED = 8.0
    }
}

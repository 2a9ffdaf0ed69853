package eu.qroc.ui

import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.input.pointer.PointerEventType
import androidx.compose.ui.unit.Density
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineView
import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertTrue

/** What a frame costs while an officer scrolls: all of it, drawing by software included, which phones do elsewhere. */
@OptIn(ExperimentalComposeUiApi::class)
class ScrollTest {
    /** Milliseconds of each frame, sorted. */
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
        val scene = ImageComposeScene(Showing.PHONE, 740, Density(1f)) { Showing.plain.Theme { TimelineView(shown, {}) } }
        try {
            var time = 0L
            val frames =
                (1..WARM + FRAMES).map {
                    scene.sendPointerEvent(PointerEventType.Scroll, Offset(180f, 300f), Offset(0f, -STEP))
                    time += FRAME_NANOS
                    val begun = System.nanoTime()
                    scene.render(time).close()
                    (System.nanoTime() - begun) / 1e6
                }
            return frames.drop(WARM).sorted()
        } finally {
            scene.close()
        }
    }

    @Test
    fun `a frame of ten thousand messages costs no more than one of five hundred`() {
        scroll(500)
        val few = scroll(500)
        val many = scroll(10_000)
        val figures =
            listOf("500" to few, "10,000" to many).joinToString("; ") { (name, frames) ->
                String.format(Locale.ROOT, "%s messages: %.1f ms, 95 %% below %.1f", name, frames[FRAMES / 2], frames[FRAMES * 95 / 100])
            }
        println("A frame while scrolling. $figures")
        // Of the quicker frames: what the machine does besides takes the others.
        assertTrue(many[FRAMES / 5] < 3 * few[FRAMES / 5], figures)
    }

    private companion object {
        const val WARM = 60
        const val FRAMES = 240
        const val STEP = 2f
        const val FRAME_NANOS = 16_666_667L
    }
}

package eu.qroc.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import eu.qroc.ui.parts.Zoom
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ZoomTest {
    private val frame = Size(400f, 600f)

    /** Where a place of the picture is, which fits the frame at first. */
    private fun Zoom.place(at: Offset): Offset {
        val middle = Offset(frame.width / 2, frame.height / 2)
        return middle + (at - middle) * scale + shift
    }

    @Test
    fun `what is under the fingers stays there`() {
        val at = Offset(300f, 200f)
        val near = Zoom().zoomed(3f, at, frame)
        assertEquals(3f, near.scale)
        assertEquals(at, near.place(at))
    }

    @Test
    fun `it is never smaller than the frame, and never leaves it`() {
        for (still in listOf(Zoom().zoomed(0.2f, Offset(10f, 10f), frame), Zoom().moved(Offset(50f, -50f), frame))) {
            assertEquals(1f to 0f, still.scale to still.shift.getDistance())
        }
        val far = Zoom().zoomed(2f, Offset(200f, 300f), frame).moved(Offset(9_999f, -9_999f), frame)
        assertEquals(Offset(0f, 600f), Offset(far.place(Offset.Zero).x, far.place(Offset(0f, 600f)).y))
        val back = far.zoomed(0.5f, Offset(200f, 300f), frame)
        assertEquals(1f to 0f, back.scale to back.shift.getDistance())
        assertTrue(Zoom().zoomed(1_000f, Offset.Zero, frame).scale <= 12f)
    }
}

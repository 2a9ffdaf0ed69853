package eu.qroc.ui.parts

import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Surface
import androidx.compose.runtime.Composable
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.input.pointer.PointerEventType
import androidx.compose.ui.input.pointer.PointerInputScope
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc
import kotlin.math.pow

/** An action that lies on a map or a picture. */
@Composable
fun RoundAction(
    icon: ImageVector,
    label: String,
    onClick: () -> Unit,
) {
    Surface(shape = CircleShape, color = Qroc.colours.surface, shadowElevation = 3.dp) {
        IconAction(icon, label, onClick)
    }
}

/** How much one press makes larger or smaller. */
const val ZOOM_STEP = 1.6f

private const val WHEEL = 1.15f

/** Turns the wheel into factors, at the place of the mouse. */
internal suspend fun PointerInputScope.wheel(zoom: (Offset, Float) -> Unit) =
    awaitPointerEventScope {
        while (true) {
            val event = awaitPointerEvent()
            if (event.type != PointerEventType.Scroll) continue
            val change = event.changes.firstOrNull() ?: continue
            zoom(change.position, WHEEL.pow(-change.scrollDelta.y))
            change.consume()
        }
    }

/** How a picture that fits its frame is enlarged: [shift] is how far its middle is from the frame's, in pixels. */
data class Zoom(
    val scale: Float = 1f,
    val shift: Offset = Offset.Zero,
) {
    /** Larger by [factor]; what is [at] a place of a frame of this [size] stays there. */
    fun zoomed(
        factor: Float,
        at: Offset,
        size: Size,
    ): Zoom {
        val next = (scale * factor).coerceIn(1f, MOST)
        val fromMiddle = at - Offset(size.width / 2, size.height / 2)
        return Zoom(next, fromMiddle - (fromMiddle - shift) * (next / scale)).within(size)
    }

    /** Moved with a finger, as far as there is picture. */
    fun moved(
        by: Offset,
        size: Size,
    ): Zoom = copy(shift = shift + by).within(size)

    private fun within(size: Size): Zoom {
        val x = size.width * (scale - 1) / 2
        val y = size.height * (scale - 1) / 2
        return copy(shift = Offset(shift.x.coerceIn(-x, x), shift.y.coerceIn(-y, y)))
    }

    private companion object {
        /** Beyond it there are only coloured squares. */
        const val MOST = 12f
    }
}

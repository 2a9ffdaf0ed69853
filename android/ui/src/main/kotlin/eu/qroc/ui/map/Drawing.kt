package eu.qroc.ui.map

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.clipPath
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Palette
import kotlin.math.ceil
import kotlin.math.cos
import kotlin.math.floor
import kotlin.math.sin

/** Lines of equal latitude and longitude; returns them, to be named: degrees, and where on the screen. */
internal fun DrawScope.grid(
    chart: Chart,
    colour: Color,
    apart: Float,
): Pair<List<Pair<Double, Float>>, List<Pair<Double, Float>>> {
    val step = chart.gridStep(apart)
    val corner = chart.place(Offset.Zero, size)
    val opposite = chart.place(Offset(size.width, size.height), size)
    val wide = (size.width * chart.degreesPerPixel).coerceAtMost(FULL)
    val meridians =
        lines(corner.lon, corner.lon + wide, step).map { lon ->
            lon to chart.offset(Place(chart.middle.lat, lon), size).x
        }
    val parallels =
        lines(opposite.lat, corner.lat, step).map { lat ->
            lat to chart.offset(Place(lat, chart.middle.lon), size).y
        }
    meridians.forEach { (_, x) -> drawLine(colour, Offset(x, 0f), Offset(x, size.height)) }
    parallels.forEach { (_, y) -> drawLine(colour, Offset(0f, y), Offset(size.width, y)) }
    return meridians to parallels
}

private fun lines(
    from: Double,
    to: Double,
    step: Double,
): List<Double> = (ceil(from / step).toLong()..floor(to / step).toLong()).take(MOST).map { it * step }

/** Where somebody is: the circle that holds the truth, hatched where it is old; a needle where they move. */
internal fun DrawScope.mark(
    at: Offset,
    accuracy: Float,
    colours: Palette,
    stale: Boolean,
    heading: Int? = null,
    own: Boolean = false,
) {
    val colour = if (stale) colours.waiting else colours.accent
    val dot = 9.dp.toPx()
    if (accuracy > dot) {
        drawCircle(colour.copy(alpha = 0.20f), accuracy, at)
        if (stale) hatch(at, accuracy, colour)
        drawCircle(colour, accuracy, at, style = Stroke(1.5.dp.toPx()))
    } else if (stale) {
        hatch(at, dot * 2, colour)
    }
    if (heading != null && !stale) needle(at, heading, dot, colour)
    drawCircle(colours.surface, dot, at)
    drawCircle(colour, dot * 0.72f, at)
    if (own) drawCircle(colours.surface, dot * 0.3f, at)
}

/** Stale is hatched, not faded. */
internal fun DrawScope.hatch(
    at: Offset,
    radius: Float,
    colour: Color,
) {
    val round = Path().apply { addOval(androidx.compose.ui.geometry.Rect(at, radius)) }
    val apart = 7.dp.toPx()
    clipPath(round) {
        var x = at.x - 2 * radius
        while (x < at.x + 2 * radius) {
            drawLine(colour, Offset(x, at.y + radius), Offset(x + 2 * radius, at.y - radius), 1.5.dp.toPx())
            x += apart
        }
    }
}

private fun DrawScope.needle(
    at: Offset,
    heading: Int,
    dot: Float,
    colour: Color,
) {
    val turn = Math.toRadians(heading.toDouble())
    fun around(
        angle: Double,
        length: Float,
    ) = Offset(at.x + (sin(turn + angle) * length).toFloat(), at.y - (cos(turn + angle) * length).toFloat())
    val tip = around(0.0, dot * 2.1f)
    val path =
        Path().apply {
            moveTo(tip.x, tip.y)
            around(BLADE, dot * 1.15f).let { lineTo(it.x, it.y) }
            around(-BLADE, dot * 1.15f).let { lineTo(it.x, it.y) }
            close()
        }
    drawPath(path, colour)
}

/** A bar as long as [metres]; returns where it ends. */
internal fun DrawScope.scaleBar(
    chart: Chart,
    metres: Double,
    from: Offset,
    colour: Color,
): Float {
    val length = chart.pixels(metres)
    val tick = 4.dp.toPx()
    val width = 2.dp.toPx()
    drawLine(colour, from, from.copy(x = from.x + length), width, StrokeCap.Square)
    drawLine(colour, from, from.copy(y = from.y - tick), width, StrokeCap.Square)
    drawLine(colour, Offset(from.x + length, from.y), Offset(from.x + length, from.y - tick), width, StrokeCap.Square)
    return from.x + length
}

private const val FULL = 360.0

/** More lines than this are never wanted. */
private const val MOST = 60
private const val BLADE = 0.75

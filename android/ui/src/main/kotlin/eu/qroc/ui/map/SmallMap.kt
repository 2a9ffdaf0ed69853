package eu.qroc.ui.map

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import eu.qroc.ui.Strings
import eu.qroc.ui.format.distance
import eu.qroc.ui.theme.Palette
import eu.qroc.ui.theme.Qroc

/** One place, true to scale: a grid of coordinates, the circle that holds the truth, and how long a step is. */
@Composable
internal fun SmallMap(
    place: Place,
    /** Metres, or nothing where it is not known. */
    accuracy: Double?,
    stale: Boolean,
    modifier: Modifier = Modifier,
) {
    val colours = Qroc.colours
    val strings = Qroc.strings
    val text = rememberTextMeasurer(cacheSize = 2)
    val style = MaterialTheme.typography.labelSmall
    Box(modifier.clip(RoundedCornerShape(12.dp)).background(colours.background)) {
        Canvas(Modifier.fillMaxSize()) {
            val radius = (accuracy ?: 0.0).coerceIn(LEAST_M, Chart.FARTHEST * size.height)
            val chart = Chart(place, radius / (size.height * PART))
            grid(chart, colours.line, GRID.toPx())
            val middle = Offset(size.width / 2, size.height / 2)
            mark(middle, if (accuracy == null) 0f else chart.pixels(accuracy), colours, stale)
            scaleWithName(chart, text, style, strings, colours)
        }
    }
}

/** The bar at the lower edge, where lines begin, with its length written on it. */
internal fun DrawScope.scaleWithName(
    chart: Chart,
    text: TextMeasurer,
    style: TextStyle,
    strings: Strings,
    colours: Palette,
) {
    val metres = chart.scale(minOf(size.width * 0.35f, 96.dp.toPx()))
    val words = text.measure(distance(metres, strings), style.copy(color = colours.body))
    val edge = 8.dp.toPx()
    val width = maxOf(chart.pixels(metres), words.size.width.toFloat()) + 2 * edge
    val start = if (layoutDirection == LayoutDirection.Ltr) 0f else size.width - width
    val plate = Offset(start, size.height - words.size.height - edge)
    drawRect(
        colours.surface.copy(alpha = 0.85f),
        plate,
        androidx.compose.ui.geometry.Size(width, size.height - plate.y),
    )
    drawText(words, topLeft = Offset(start + edge, plate.y))
    scaleBar(chart, metres, Offset(start + edge, size.height - 4.dp.toPx()), colours.body)
}

/** The circle of a known accuracy fills this part of the height to each side. */
private const val PART = 0.30

/** Nearer than this nothing is drawn: what is certain within a metre stands in a street all the same. */
private const val LEAST_M = 25.0
private val GRID = 44.dp

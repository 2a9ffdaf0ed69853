package eu.qroc.ui.map

import androidx.compose.ui.geometry.CornerRadius
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Rect
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.Constraints
import androidx.compose.ui.unit.dp
import eu.qroc.ui.Strings
import eu.qroc.ui.format.latitude
import eu.qroc.ui.format.longitude
import eu.qroc.ui.theme.Palette

/** Everything there is to see: grid, ways, people with their names, how long a step is. */
internal fun DrawScope.scene(
    chart: Chart,
    state: MapState,
    officers: List<Officer>,
    picture: GroundPicture?,
    text: TextMeasurer,
    style: TextStyle,
    small: TextStyle,
    strings: Strings,
    colours: Palette,
) {
    val ground = state.ground
    if (ground == null) {
        coordinates(chart, text, small, colours)
    } else {
        picture?.let { show(it, chart) }
        val people = officers.map { Rect(chart.offset(it.place, size), 20.dp.toPx()) }
        names(chart, ground, people, text, small, colours)
    }
    state.ways.forEach { way(chart, it, colours) }
    // Who was heard of last is drawn last, and the chosen one above all.
    val drawn = officers.reversed().sortedBy { it.id == state.chosen }
    drawn.forEach { officer ->
        val at = chart.offset(officer.place, size)
        mark(at, officer.accuracy?.let(chart::pixels) ?: 0f, colours, officer.stale, officer.heading, officer.own)
    }
    drawn.forEach { officer ->
        val at = chart.offset(officer.place, size)
        label(at, officer.name, text, style, colours, officer.id == state.chosen)
    }
    state.target?.let { cross(chart.offset(it, size), colours.accent) }
    scaleWithName(chart, text, small, strings, colours)
}

/** Where there is no map, lines of equal latitude and longitude say where this is. */
private fun DrawScope.coordinates(
    chart: Chart,
    text: TextMeasurer,
    small: TextStyle,
    colours: Palette,
) {
    val (meridians, parallels) = grid(chart, colours.line, GRID.toPx())
    val name = small.copy(color = colours.secondary)
    meridians.forEach { (lon, x) -> drawText(text.measure(longitude(lon), name), topLeft = Offset(x + 3.dp.toPx(), 2.dp.toPx())) }
    parallels.forEach { (lat, y) -> drawText(text.measure(latitude(lat), name), topLeft = Offset(3.dp.toPx(), y + 1.dp.toPx())) }
}

private fun DrawScope.way(
    chart: Chart,
    way: Way,
    colours: Palette,
) {
    val line = Stroke(3.dp.toPx(), cap = StrokeCap.Round, join = StrokeJoin.Round)
    val path = Path()
    way.places.forEachIndexed { index, place ->
        val at = chart.offset(place, size)
        if (index == 0) path.moveTo(at.x, at.y) else path.lineTo(at.x, at.y)
    }
    drawPath(path, colours.accent.copy(alpha = 0.55f), style = line)
}

/** A name on a plate, so that it can be read on anything; on the side where there is room. */
private fun DrawScope.label(
    at: Offset,
    name: String,
    text: TextMeasurer,
    style: TextStyle,
    colours: Palette,
    chosen: Boolean,
) {
    if (at.x < -LONGEST.toPx() || at.x > size.width + LONGEST.toPx() || at.y < 0 || at.y > size.height) return
    val colour = if (chosen) colours.onAccent else colours.body
    val limits = Constraints(maxWidth = LONGEST.roundToPx())
    val words =
        text.measure(name, style.copy(color = colour), overflow = TextOverflow.Ellipsis, maxLines = 1, constraints = limits)
    val edge = 5.dp.toPx()
    val away = 14.dp.toPx()
    val right = at.x + away + words.size.width + 2 * edge <= size.width
    val left = if (right) at.x + away else at.x - away - words.size.width - 2 * edge
    val corner = Offset(left, at.y - words.size.height / 2f - edge / 2)
    val plate = Size(words.size.width + 2 * edge, words.size.height + edge)
    val paper = if (chosen) colours.accent else colours.surface.copy(alpha = 0.88f)
    drawRoundRect(paper, corner, plate, CornerRadius(edge))
    drawText(words, topLeft = corner + Offset(edge, edge / 2))
}

private fun DrawScope.cross(
    at: Offset,
    colour: Color,
) {
    val arm = 16.dp.toPx()
    val width = 2.5.dp.toPx()
    drawLine(colour, at - Offset(arm, 0f), at + Offset(arm, 0f), width)
    drawLine(colour, at - Offset(0f, arm), at + Offset(0f, arm), width)
    drawCircle(colour, arm * 0.6f, at, style = Stroke(width))
}

private val GRID = 110.dp
private val LONGEST = 160.dp

package eu.qroc.ui.map

import androidx.compose.runtime.Immutable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Rect
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Canvas
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.PathEffect
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.drawscope.CanvasDrawScope
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.withTransform
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.IntOffset
import androidx.compose.ui.unit.IntSize
import eu.qroc.bridge.MapGround
import eu.qroc.bridge.MapShape
import eu.qroc.ui.theme.Palette
import kotlinx.coroutines.Dispatchers
import kotlin.coroutines.CoroutineContext
import kotlin.math.ceil
import kotlin.math.roundToInt

/** Where the ground is drawn: away from the main thread, which then only moves the picture. */
val LocalGroundThread = staticCompositionLocalOf<CoroutineContext> { Dispatchers.Default }

/** The ground as it was drawn for one chart, with an edge around it, so that a finger can move it a little. */
@Immutable
internal class GroundPicture(
    val chart: Chart,
    /** What the ground is drawn on and the picture is larger than. */
    val size: Size,
    val image: ImageBitmap,
)

/** The edge on each side, of the width and the height. */
private const val EDGE = 0.25f

/** The chart and the size of a picture that is larger than the screen. */
internal fun larger(size: Size): Size = Size(ceil(size.width * (1 + 2 * EDGE)), ceil(size.height * (1 + 2 * EDGE)))

/** Draws the tiles that are there. Takes its time: not for the main thread. */
internal fun paint(
    chart: Chart,
    screen: Size,
    ground: Ground,
    density: Density,
    palette: Palette,
): GroundPicture {
    val size = larger(screen)
    val image = ImageBitmap(size.width.toInt(), size.height.toInt())
    CanvasDrawScope().draw(density, LayoutDirection.Ltr, Canvas(image), size) { ground(chart, ground, palette) }
    return GroundPicture(chart, screen, image)
}

/** Draws what is known: tile by tile, on each from the land up. */
internal fun DrawScope.ground(
    chart: Chart,
    ground: Ground,
    palette: Palette,
) {
    val tiles = chart.tiles(size, ground.minZoom..ground.maxZoom)
    // What lies below is drawn on all tiles before what lies above is on any: the edge of a tile cuts no road.
    val kinds = MapGround.entries.filter { it != MapGround.PLACE }
    for (kind in kinds) {
        for (tile in tiles) {
            val layer = ground.tiles[tile.address]?.layers?.firstOrNull { it.ground == kind } ?: continue
            layer(tile, layer, chart, palette)
        }
    }
}

private fun DrawScope.layer(
    tile: TileOnScreen,
    layer: GroundTile.Layer,
    chart: Chart,
    palette: Palette,
) {
    val scale = tile.side / MapShape.TILE
    withTransform({
        // What a tile holds beyond its edge belongs to its neighbours.
        clipRect(tile.corner.x, tile.corner.y, tile.corner.x + tile.side, tile.corner.y + tile.side)
        translate(tile.corner.x, tile.corner.y)
        scale(scale, scale, Offset.Zero)
    }) {
        fun line(
            colour: Color,
            metres: Double,
            least: Float,
            dashed: Boolean = false,
        ) {
            val width = maxOf(chart.pixels(metres), least * density) / scale
            val dashes = if (dashed) PathEffect.dashPathEffect(floatArrayOf(5 * density / scale, 4 * density / scale)) else null
            drawPath(layer.path, colour, style = Stroke(width, cap = if (dashed) StrokeCap.Butt else StrokeCap.Round, join = StrokeJoin.Round, pathEffect = dashes))
        }

        fun road(
            colour: Color,
            metres: Double,
            least: Float,
        ) {
            line(palette.ground.edge, metres * 1.3, least + 1.2f)
            line(colour, metres, least)
        }
        val colours = palette.ground
        when (layer.ground) {
            MapGround.LAND -> drawPath(layer.path, colours.land)
            MapGround.GREEN -> drawPath(layer.path, colours.green)
            MapGround.WATER -> drawPath(layer.path, colours.water)
            MapGround.WATERWAY -> line(colours.water, 6.0, 1f)
            MapGround.BUILDING -> drawPath(layer.path, colours.building)
            MapGround.PATH -> line(colours.path, 2.0, 0.8f)
            MapGround.STREET -> road(colours.street, 7.0, 1f)
            MapGround.ROAD -> road(colours.street, 11.0, 2f)
            MapGround.MOTORWAY -> road(colours.motorway, 16.0, 2.4f)
            MapGround.RAILWAY -> line(colours.rail, 2.5, 1.2f, dashed = true)
            MapGround.BORDER -> line(colours.border, 1.0, 1.5f, dashed = true)
            MapGround.PLACE -> Unit
        }
    }
}

/** Shows a picture where its places are now. */
internal fun DrawScope.show(
    picture: GroundPicture,
    chart: Chart,
) {
    val middle = chart.offset(picture.chart.middle, size)
    val factor = (chart.around / picture.chart.around).toFloat()
    val wide = picture.image.width * factor
    val high = picture.image.height * factor
    val corner = IntOffset((middle.x - wide / 2).roundToInt(), (middle.y - high / 2).roundToInt())
    drawImage(picture.image, dstOffset = corner, dstSize = IntSize(wide.roundToInt(), high.roundToInt()))
}

/** Writes what there is room for: places first, then waters and roads. Nothing is written over something. */
internal fun DrawScope.names(
    chart: Chart,
    ground: Ground,
    taken: List<Rect>,
    text: TextMeasurer,
    style: TextStyle,
    palette: Palette,
) {
    val there = taken.toMutableList()
    val near = chart.metresPerPixel * density < NEAR
    val names =
        chart.tiles(size, ground.minZoom..ground.maxZoom).flatMap { tile ->
            ground.tiles[tile.address]?.names.orEmpty().map { name ->
                val scale = tile.side / MapShape.TILE
                name to Offset(tile.corner.x + name.x * scale, tile.corner.y + name.y * scale)
            }
        }
    val wanted =
        names
            .filter { (name, at) -> Rect(Offset.Zero, size).contains(at) && (near || name.ground in FAR) }
            .sortedBy { (name, _) -> ORDER.indexOf(name.ground) }
            .distinctBy { (name, _) -> name.text }
    var written = 0
    for ((name, at) in wanted) {
        if (written == MOST_NAMES) break
        val colour = if (name.ground == MapGround.WATER || name.ground == MapGround.WATERWAY) palette.ground.waterName else palette.ground.name
        val words = text.measure(name.text, style.copy(color = colour), maxLines = 1)
        val place = Rect(at - Offset(words.size.width / 2f, words.size.height / 2f), Size(words.size.width.toFloat(), words.size.height.toFloat()))
        if (place.left < 0 || place.right > size.width || there.any { it.overlaps(place.inflate(4 * density)) }) continue
        there += place
        written++
        // A rim keeps it readable on whatever lies below.
        drawText(words, palette.ground.rim, place.topLeft, drawStyle = Stroke(3 * density, join = StrokeJoin.Round))
        drawText(words, colour, place.topLeft)
    }
}

private val FAR = setOf(MapGround.PLACE, MapGround.WATER)
private val ORDER = listOf(MapGround.PLACE, MapGround.WATER, MapGround.MOTORWAY, MapGround.ROAD, MapGround.WATERWAY, MapGround.STREET, MapGround.PATH)

/** Metres of a point: from here on roads are named. */
private const val NEAR = 8.0
private const val MOST_NAMES = 40

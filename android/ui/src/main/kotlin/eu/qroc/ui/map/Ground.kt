package eu.qroc.ui.map

import androidx.compose.runtime.Immutable
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.PathFillType
import eu.qroc.bridge.MapGround
import eu.qroc.bridge.MapShape
import kotlin.math.floor
import kotlin.math.log2

/** What lies below the officers: the map of the device, as far as it was read. */
@Immutable
data class Ground(
    val minZoom: Int,
    val maxZoom: Int,
    /** Whose data it is. */
    val attribution: String?,
    /** What is on the tiles that were read; nothing of the map is on an empty one. */
    val tiles: Map<TileAddress, GroundTile> = emptyMap(),
)

/** A square of Mercator's map: columns and rows count from the north-west, at zoom `z` there are 2^z of each. */
@Immutable
data class TileAddress(
    val z: Int,
    val x: Int,
    val y: Int,
)

/** A tile as it is drawn, in units of which [MapShape.TILE] are its side. Made once, away from the main thread. */
@Immutable
class GroundTile(
    /** In the order of drawing. */
    val layers: List<Layer>,
    val names: List<Name>,
) {
    /** All of one kind on the tile. */
    class Layer(
        val ground: MapGround,
        val path: Path,
    )

    /** What something is called, and where that belongs. */
    class Name(
        val ground: MapGround,
        val text: String,
        val x: Float,
        val y: Float,
    )

    companion object {
        val EMPTY = GroundTile(emptyList(), emptyList())

        /** Takes what the core read, in the order of drawing. */
        fun of(shapes: List<MapShape>): GroundTile {
            val layers =
                shapes
                    .filter { it.ground != MapGround.PLACE }
                    .groupBy { it.ground }
                    .map { (ground, all) -> Layer(ground, path(ground, all)) }
            return GroundTile(layers.sortedBy { it.ground }, shapes.mapNotNull(::name))
        }

        private fun path(
            ground: MapGround,
            shapes: List<MapShape>,
        ): Path {
            val path = Path()
            val area = ground in AREAS
            // Areas of one kind may lie over each other: together they are one.
            path.fillType = PathFillType.NonZero
            for (shape in shapes) {
                val lines = if (area) turned(shape.lines) else shape.lines
                for (line in lines) path.add(line, area)
            }
            return path
        }

        private fun Path.add(
            line: List<Int>,
            closed: Boolean,
        ) {
            if (line.size < 4) return
            moveTo(line[0].toFloat(), line[1].toFloat())
            for (at in 2 until line.size - 1 step 2) lineTo(line[at].toFloat(), line[at + 1].toFloat())
            if (closed) close()
        }

        /** Rings that every second one of cuts a hole, turned so that a hole runs against what it is cut from. */
        private fun turned(rings: List<List<Int>>): List<List<Int>> =
            rings.map { ring ->
                val within = if (rings.size in 2..MOST_RINGS) rings.count { it !== ring && it.holds(ring[0], ring[1]) } else 0
                val wanted = within % 2 == 0
                if (rings.size > MOST_RINGS || (ring.area() > 0) == wanted) ring else ring.backwards()
            }

        private fun List<Int>.area(): Long {
            var twice = 0L
            for (at in 0 until size - 1 step 2) {
                val next = (at + 2) % (size - size % 2)
                twice += this[at].toLong() * this[next + 1] - this[next].toLong() * this[at + 1]
            }
            return twice
        }

        private fun List<Int>.holds(
            x: Int,
            y: Int,
        ): Boolean {
            var inside = false
            for (at in 0 until size - 1 step 2) {
                val next = (at + 2) % (size - size % 2)
                val (y1, y2) = this[at + 1] to this[next + 1]
                if ((y1 > y) != (y2 > y) && x < this[at] + (this[next] - this[at]).toDouble() * (y - y1) / (y2 - y1)) inside = !inside
            }
            return inside
        }

        private fun List<Int>.backwards(): List<Int> = (size / 2 - 1 downTo 0).flatMap { listOf(this[2 * it], this[2 * it + 1]) }

        /** Places where they are, roads and waters in the middle of their longest piece. */
        private fun name(shape: MapShape): Name? {
            val text = shape.name?.takeIf { it.isNotBlank() && shape.ground in NAMED } ?: return null
            val line = shape.lines.maxByOrNull { it.size }?.takeIf { it.size >= 2 } ?: return null
            val (x, y) =
                if (shape.ground in AREAS) {
                    line.middle(0) to line.middle(1)
                } else {
                    val at = line.size / 4 * 2
                    line[at].toFloat() to line[at + 1].toFloat()
                }
            // What stands outside is named by the tile that it is on.
            val here = 0f..MapShape.TILE.toFloat()
            return if (x in here && y in here) Name(shape.ground, text, x, y) else null
        }

        private fun List<Int>.middle(first: Int): Float {
            val all = (first until size step 2).map { this[it] }
            return (all.min() + all.max()) / 2f
        }

        private val AREAS = setOf(MapGround.LAND, MapGround.GREEN, MapGround.WATER, MapGround.BUILDING)
        private val NAMED = MapGround.entries.toSet() - setOf(MapGround.LAND, MapGround.GREEN, MapGround.BUILDING, MapGround.RAILWAY, MapGround.BORDER)

        /** In a shape of more rings than these nobody looks which one lies in which. */
        private const val MOST_RINGS = 200
    }
}

/** A tile on the screen, in pixels; it may be seen more than once, where the whole earth is. */
internal class TileOnScreen(
    val address: TileAddress,
    val corner: Offset,
    val side: Float,
)

/** The tiles that cover the screen, of a map that has them from one zoom to another; none where they would be too many. */
internal fun Chart.tiles(
    size: Size,
    zooms: IntRange,
): List<TileOnScreen> {
    val zoom = floor(log2(around / TILE_PIXELS)).toInt().coerceIn(zooms)
    val count = 1L shl zoom
    val side = around / count
    val west = origin.first * count - size.width / 2 / side
    val north = origin.second * count - size.height / 2 / side
    val columns = floor(west).toLong()..floor(west + size.width / side).toLong()
    val rows = maxOf(0, floor(north).toLong())..minOf(count - 1, floor(north + size.height / side).toLong())
    if ((columns.last - columns.first + 1) * maxOf(0, rows.last - rows.first + 1) > MOST_TILES) return emptyList()
    return rows.flatMap { row ->
        columns.map { column ->
            val corner = Offset(((column - west) * side).toFloat(), ((row - north) * side).toFloat())
            TileOnScreen(TileAddress(zoom, column.mod(count).toInt(), row.toInt()), corner, side.toFloat())
        }
    }
}

/** A tile is at least so wide on the screen, and less than twice as wide, where the map has one for it. */
private const val TILE_PIXELS = 384.0

/** A map of a part of the earth that shows the whole of it: nothing to see. */
private const val MOST_TILES = 64

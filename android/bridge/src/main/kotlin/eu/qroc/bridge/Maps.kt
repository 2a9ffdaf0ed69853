package eu.qroc.bridge

import eu.qroc.bridge.generated.MapGround as GeneratedGround
import eu.qroc.bridge.generated.MapInfo as GeneratedInfo
import eu.qroc.bridge.generated.MapPart as GeneratedPart
import eu.qroc.bridge.generated.MapShape as GeneratedShape
import eu.qroc.bridge.generated.PositionCluster as GeneratedCluster

/** What a shape of the map is, in the order in which they are drawn. */
public enum class MapGround {
    /** Dry land. An area. */
    LAND,

    /** Park, wood, meadow, field. An area. */
    GREEN,

    /** Sea, lake, river with banks. An area. */
    WATER,

    /** River or stream without banks. A line. */
    WATERWAY,

    /** A building. An area. */
    BUILDING,

    /** Footway, cycle way, track. A line. */
    PATH,

    /** A street. A line. */
    STREET,

    /** A road between places. A line. */
    ROAD,

    /** A motorway. A line. */
    MOTORWAY,

    /** Rails. A line. */
    RAILWAY,

    /** A border. A line. */
    BORDER,

    /** A place with a name. Points. */
    PLACE,
}

/**
 * Something on a tile of the map.
 *
 * @property ground what it is.
 * @property name what it is called, as the map says.
 * @property lines rings of an area, of which every second one cuts a hole (even-odd), lines, or one point each. In each:
 *   east, south, east, south, …, in units of which [TILE] are the side of the tile, from its north-western corner.
 */
public data class MapShape(
    public val ground: MapGround,
    public val name: String?,
    public val lines: List<List<Int>>,
) {
    public companion object {
        /** Units from one edge of a tile to the other. */
        public const val TILE: Int = 4096
    }
}

/**
 * A part of the earth, in degrees. Where the west is more than the east, it lies across the antimeridian.
 *
 * @property south southern edge.
 * @property west western edge.
 * @property north northern edge.
 * @property east eastern edge.
 */
public data class MapPart(
    public val south: Double,
    public val west: Double,
    public val north: Double,
    public val east: Double,
)

/**
 * What a map file says about itself.
 *
 * @property part what it covers.
 * @property minZoom the zoom from which on there are tiles.
 * @property maxZoom the zoom up to which there are tiles: nearer, those are drawn larger.
 * @property attribution whose data it is, as plain text: to be shown with the map.
 * @property bytes size of the file.
 */
public data class MapInfo(
    public val part: MapPart,
    public val minZoom: Int,
    public val maxZoom: Int,
    public val attribution: String?,
    public val bytes: Long,
)

/**
 * Officers who could not be told apart on the map, or one who stands alone.
 *
 * @property lat their middle, in degrees.
 * @property lon their middle, in degrees.
 * @property count how many they are.
 * @property stale how many of them are stale.
 * @property part what holds them: a map that shows it tells them apart, or shows that they are at one place.
 * @property userId who stands there alone: Matrix id of the user.
 */
public data class PositionCluster(
    public val lat: Double,
    public val lon: Double,
    public val count: Int,
    public val stale: Int,
    public val part: MapPart,
    public val userId: String?,
)

internal fun MapPart.toGenerated(): GeneratedPart = GeneratedPart(south, west, north, east)

private fun GeneratedPart.toBridge(): MapPart = MapPart(south, west, north, east)

internal fun GeneratedInfo.toBridge(): MapInfo =
    MapInfo(part.toBridge(), minZoom.toInt(), maxZoom.toInt(), attribution, bytes.toLong())

internal fun GeneratedShape.toBridge(): MapShape = MapShape(ground.toBridge(), name, lines)

internal fun GeneratedCluster.toBridge(): PositionCluster =
    PositionCluster(lat, lon, count.toInt(), stale.toInt(), part.toBridge(), userId)

private fun GeneratedGround.toBridge(): MapGround =
    when (this) {
        GeneratedGround.LAND -> MapGround.LAND
        GeneratedGround.GREEN -> MapGround.GREEN
        GeneratedGround.WATER -> MapGround.WATER
        GeneratedGround.WATERWAY -> MapGround.WATERWAY
        GeneratedGround.BUILDING -> MapGround.BUILDING
        GeneratedGround.PATH -> MapGround.PATH
        GeneratedGround.STREET -> MapGround.STREET
        GeneratedGround.ROAD -> MapGround.ROAD
        GeneratedGround.MOTORWAY -> MapGround.MOTORWAY
        GeneratedGround.RAILWAY -> MapGround.RAILWAY
        GeneratedGround.BORDER -> MapGround.BORDER
        GeneratedGround.PLACE -> MapGround.PLACE
    }

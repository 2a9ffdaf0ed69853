package eu.qroc.ui

import eu.qroc.bridge.MapGround
import eu.qroc.bridge.MapShape
import eu.qroc.ui.map.Ground
import eu.qroc.ui.map.GroundTile
import eu.qroc.ui.map.Place
import eu.qroc.ui.map.TileAddress
import kotlin.math.PI
import kotlin.math.cos
import kotlin.math.floor
import kotlin.math.ln
import kotlin.math.tan

/** A harbour that is nowhere: quays, water, streets and houses around a place, cut into tiles as a map has them. */
fun sampleGround(middle: Place): Ground {
    val (x, y) = middle.mercator()
    val column = floor(x).toInt()
    val row = floor(y).toInt()
    val tiles =
        (row - 2..row + 2)
            .flatMap { r -> (column - 2..column + 2).map { c -> TileAddress(ZOOM, c, r) } }
            .associateWith { address -> GroundTile.of(harbour(middle).map { it.on(address) }.sortedBy { it.ground }) }
    return Ground(0, ZOOM, said("Sample of nowhere © nobody"), tiles)
}

private const val ZOOM = 14

/** Columns and rows of tiles. */
private fun Place.mercator(): Pair<Double, Double> {
    val all = (1 shl ZOOM).toDouble()
    val lat = Math.toRadians(lat)
    return (lon + 180) / 360 * all to (1 - ln(tan(lat) + 1 / cos(lat)) / PI) / 2 * all
}

private class Drawn(
    val ground: MapGround,
    val name: String?,
    val lines: List<List<Place>>,
) {
    fun on(tile: TileAddress) =
        MapShape(
            ground,
            name,
            lines.map { line ->
                line.flatMap { place ->
                    val (x, y) = place.mercator()
                    listOf(x - tile.x, y - tile.y).map { (it * MapShape.TILE).toInt() }
                }
            },
        )
}

private fun harbour(middle: Place): List<Drawn> {
    // Hundredths of a kilometre, about.
    fun at(
        east: Double,
        north: Double,
    ) = Place(middle.lat + north * 0.00009, middle.lon + east * 0.000115)

    fun line(vararg points: Pair<Int, Int>) = points.map { (east, north) -> at(east.toDouble(), north.toDouble()) }

    fun box(
        west: Int,
        south: Int,
        wide: Int,
        high: Int,
    ) = line(west to south, west + wide to south, west + wide to south + high, west to south + high)
    val houses =
        (-6..6).flatMap { column ->
            (1..6).filter { (column + it) % 5 != 0 }.map { row -> Drawn(MapGround.BUILDING, null, listOf(box(column * 10 - 4, row * 9 - 2, 7, 5))) }
        }
    return listOf(
        Drawn(MapGround.LAND, null, listOf(box(-400, -20, 800, 400))),
        // A pond in the park, and an island in the pond.
        Drawn(MapGround.GREEN, null, listOf(box(12, 8, 22, 16))),
        Drawn(MapGround.GREEN, null, listOf(box(20, 12, 30, 26))),
        Drawn(MapGround.WATER, null, listOf(box(24, 16, 16, 12), box(29, 19, 5, 5))),
        Drawn(MapGround.WATER, said("River"), listOf(box(-400, -400, 800, 372))),
        Drawn(MapGround.WATERWAY, said("Mill stream"), listOf(line(-60 to 60, -40 to 30, -44 to 0, -40 to -30))),
        Drawn(MapGround.PATH, null, listOf(line(12 to 10, 30 to 14, 44 to 36))),
        Drawn(MapGround.STREET, said("Cannery Street"), listOf(line(-80 to 3, -20 to 3, 0 to 4, 60 to 3))),
        Drawn(MapGround.STREET, said("Salt Lane"), listOf(line(6 to -8, 6 to 60))),
        Drawn(MapGround.ROAD, said("Quay Road"), listOf(line(-200 to -12, -10 to -10, 20 to -14, 200 to -8))),
        Drawn(MapGround.MOTORWAY, said("A 12"), listOf(line(-200 to 50, 0 to 46, 200 to 70))),
        Drawn(MapGround.RAILWAY, null, listOf(line(-200 to -17, 0 to -16, 200 to -17))),
        Drawn(MapGround.BORDER, null, listOf(line(-200 to -60, 200 to -40))),
        Drawn(MapGround.PLACE, said("Old Harbour"), listOf(line(-14 to 20))),
    ) + houses
}

package eu.qroc.ui.map

import kotlin.math.atan2
import kotlin.math.cos
import kotlin.math.hypot

/** Metres between two places, good within some hundred kilometres and half a percent. */
internal fun distance(
    from: Place,
    to: Place,
): Double {
    val (east, north) = steps(from, to)
    return hypot(east, north)
}

/** Degrees from north, clockwise, of the way to another place. */
internal fun bearing(
    from: Place,
    to: Place,
): Double {
    val (east, north) = steps(from, to)
    return (Math.toDegrees(atan2(east, north)) + FULL) % FULL
}

/** Metres to the east and to the north. */
private fun steps(
    from: Place,
    to: Place,
): Pair<Double, Double> {
    val middle = Math.toRadians((from.lat + to.lat) / 2)
    val east = Math.toRadians(Math.IEEEremainder(to.lon - from.lon, FULL)) * EARTH_M * cos(middle)
    val north = Math.toRadians(to.lat - from.lat) * EARTH_M
    return east to north
}

private const val FULL = 360.0
private const val EARTH_M = 6_371_008.8

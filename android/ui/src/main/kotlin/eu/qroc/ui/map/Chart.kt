package eu.qroc.ui.map

import androidx.compose.runtime.Immutable
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import kotlin.math.PI
import kotlin.math.asin
import kotlin.math.cos
import kotlin.math.floor
import kotlin.math.ln
import kotlin.math.log10
import kotlin.math.pow
import kotlin.math.sin
import kotlin.math.tanh

/** Degrees, WGS 84. */
@Immutable
data class Place(
    val lat: Double,
    val lon: Double,
)

/** A part of the earth in Mercator's projection: what stands in the middle, and the metres of one pixel there. */
@Immutable
data class Chart(
    val middle: Place,
    val metresPerPixel: Double,
) {
    internal val origin = world(middle)

    /** The whole way around the earth, in pixels. */
    internal val around = EQUATOR_M * cos(Math.toRadians(bounded(middle.lat))) / metresPerPixel

    /** Where a place is drawn. */
    fun offset(
        place: Place,
        size: Size,
    ): Offset {
        val at = world(place)
        // The shorter way around.
        val east = Math.IEEEremainder(at.first - origin.first, 1.0)
        return Offset(
            (size.width / 2 + east * around).toFloat(),
            (size.height / 2 + (at.second - origin.second) * around).toFloat(),
        )
    }

    /** What is drawn there. */
    fun place(
        at: Offset,
        size: Size,
    ): Place {
        val x = origin.first + (at.x - size.width / 2) / around
        val y = origin.second + (at.y - size.height / 2) / around
        val lat = Math.toDegrees(asin(tanh(2 * PI * (0.5 - y))))
        return Place(lat, Math.IEEEremainder(x * 360 - 180, 360.0))
    }

    /** Metres of ground as pixels in the middle. */
    fun pixels(metres: Double): Float = (metres / metresPerPixel).toFloat()

    /** Degrees of longitude of one pixel. */
    internal val degreesPerPixel: Double get() = 360 / around

    /** The same, moved by so many pixels. */
    fun moved(
        by: Offset,
        size: Size,
    ): Chart = copy(middle = place(Offset(size.width / 2 - by.x, size.height / 2 - by.y), size))

    /** The same, larger by [factor] around a point that stays where it is. */
    fun zoomed(
        factor: Float,
        around: Offset,
        size: Size,
    ): Chart {
        val held = place(around, size)
        val nearer = copy(metresPerPixel = (metresPerPixel / factor).coerceIn(NEAREST, FARTHEST))
        return nearer.moved(around - nearer.offset(held, size), size)
    }

    companion object {
        const val NEAREST = 0.05
        const val FARTHEST = 40_000.0

        /** The chart that holds all places, with a margin, and never nearer than [least] metres to a pixel. */
        fun around(
            places: List<Place>,
            size: Size,
            least: Double,
        ): Chart? {
            val first = places.firstOrNull() ?: return null
            // East of the first by the shorter way, so that the date line does not tear them apart.
            val east = places.map { Math.IEEEremainder(it.lon - first.lon, 360.0) }
            val middle =
                Place(
                    (places.minOf { it.lat } + places.maxOf { it.lat }) / 2,
                    Math.IEEEremainder(first.lon + (east.min() + east.max()) / 2, 360.0),
                )
            val one = Chart(middle, 1.0)
            val shown = places.map { one.offset(it, Size.Zero) }
            val wide = shown.maxOf { it.x } - shown.minOf { it.x }
            val high = shown.maxOf { it.y } - shown.minOf { it.y }
            val needed = maxOf(wide / (size.width * FILLED), high / (size.height * FILLED)).toDouble()
            return Chart(middle, needed.coerceIn(least, FARTHEST))
        }

        private const val FILLED = 0.7f
    }
}

/** The distance of grid lines in degrees, a round number of seconds, at least [pixels] apart. */
internal fun Chart.gridStep(pixels: Float): Double {
    val least = degreesPerPixel * pixels * SECONDS
    return (STEPS.firstOrNull { it >= least } ?: STEPS.last()) / SECONDS
}

/** The roundest number of metres that is no longer than [pixels]. */
internal fun Chart.scale(pixels: Float): Double {
    val most = metresPerPixel * pixels
    val power = 10.0.pow(floor(log10(most)))
    return listOf(5.0, 2.0, 1.0).first { it * power <= most || it == 1.0 } * power
}

private fun bounded(lat: Double) = lat.coerceIn(-LIMIT, LIMIT)

/** From 0 to 1, eastwards and southwards. */
private fun world(place: Place): Pair<Double, Double> {
    val height = sin(Math.toRadians(bounded(place.lat)))
    return (place.lon + 180) / 360 to 0.5 - ln((1 + height) / (1 - height)) / (4 * PI)
}

private const val EQUATOR_M = 40_075_016.686

/** Mercator's map ends here. */
private const val LIMIT = 85.05
private const val SECONDS = 3600.0

/** Seconds of arc. */
private val STEPS =
    listOf(0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0) +
        listOf(3600.0, 7200.0, 18_000.0, 36_000.0, 54_000.0, 108_000.0)

package eu.qroc.ui.format

import eu.qroc.ui.Strings
import java.util.Locale
import kotlin.math.abs
import kotlin.math.roundToInt

/** A number of bytes for people: three figures at most. */
fun size(
    bytes: Long,
    strings: Strings,
): String {
    val locale = Locale.forLanguageTag(if (strings.language == "qps") "en" else strings.language)
    return when {
        bytes < KILO -> strings.bytes(bytes.toInt())
        bytes < MEGA -> strings.kilobytes(figures(bytes.toDouble() / KILO, locale))
        bytes < GIGA -> strings.megabytes(figures(bytes.toDouble() / MEGA, locale))
        else -> strings.gigabytes(figures(bytes.toDouble() / GIGA, locale))
    }
}

/** A distance on the ground for people: metres, or kilometres from two thousand metres on. */
fun distance(
    metres: Double,
    strings: Strings,
): String =
    if (metres < NEAR) {
        strings.metres(metres.roundToInt())
    } else {
        val locale = Locale.forLanguageTag(if (strings.language == "qps") "en" else strings.language)
        strings.kilometres(String.format(locale, if (metres % KILO == 0.0 || metres >= FAR) "%.0f" else "%.1f", metres / KILO))
    }

/** A direction of the compass in a letter or two. */
fun direction(
    degrees: Double,
    strings: Strings,
): String {
    val words =
        listOf(
            strings.directionN, strings.directionNe, strings.directionE, strings.directionSe,
            strings.directionS, strings.directionSw, strings.directionW, strings.directionNw,
        )
    return words[(degrees / EIGHTH).roundToInt().mod(words.size)]
}

/** One half of [degrees]: how far north or south. */
fun latitude(degrees: Double): String = half(degrees, "N", "S")

/** One half of [degrees]: how far east or west. */
fun longitude(degrees: Double): String = half(degrees, "E", "W")

/** Degrees with minutes and hemisphere, as they are read out: 38° 42.426′ N, 9° 08.129′ W. */
fun degrees(
    lat: Double,
    lon: Double,
): String = "${half(lat, "N", "S")}  ${half(lon, "E", "W")}"

/** Reads "38.7071, -9.1355" and its relatives with ; or spaces between; nothing if it is no place on earth. */
fun coordinates(text: String): Pair<Double, Double>? {
    val parts = text.trim().removePrefix("geo:").split(Regex("\\s*[,;]\\s*|\\s+")).filter { it.isNotEmpty() }
    if (parts.size != 2) return null
    val lat = parts[0].toDoubleOrNull() ?: return null
    val lon = parts[1].toDoubleOrNull() ?: return null
    return if (abs(lat) <= 90.0 && abs(lon) <= 180.0) lat to lon else null
}

private fun half(
    value: Double,
    positive: String,
    negative: String,
): String {
    val thousandths = Math.round(abs(value) * MINUTES * THOUSAND)
    val whole = thousandths / (MINUTES * THOUSAND)
    val minutes = (thousandths % (MINUTES * THOUSAND)) / THOUSAND.toDouble()
    return String.format(Locale.ROOT, "%d° %06.3f′ %s", whole, minutes, if (value < 0) negative else positive)
}

private fun figures(
    value: Double,
    locale: Locale,
): String = String.format(locale, if (value < 9.95) "%.1f" else "%.0f", value)

private const val NEAR = 2_000.0
private const val FAR = 10_000.0
private const val EIGHTH = 45.0
private const val MINUTES = 60L
private const val THOUSAND = 1000L
private const val KILO = 1000L
private const val MEGA = 1_000_000L
private const val GIGA = 1_000_000_000L

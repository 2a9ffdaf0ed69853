package eu.qroc.ui.theme

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.lerp
import androidx.compose.ui.graphics.luminance

/** Contrast of two opaque colours as WCAG 2 counts it, from 1 to 21. */
fun contrast(
    one: Color,
    other: Color,
): Double {
    val a = one.luminance() + 0.05
    val b = other.luminance() + 0.05
    return if (a > b) a / b else b / a
}

/** The colour nearest to [wanted] on its way to black or white that has at least [least] contrast on every one of [on]. */
fun readable(
    wanted: Color,
    on: List<Color>,
    least: Double,
): Color {
    val darker = on.all { it.luminance() > 0.18f }
    val end = if (darker) Color.Black else Color.White
    return (0..NUANCES)
        .map { lerp(wanted, end, it / NUANCES.toFloat()) }
        .firstOrNull { candidate -> on.all { contrast(candidate, it) >= least } }
        ?: end
}

private const val NUANCES = 50

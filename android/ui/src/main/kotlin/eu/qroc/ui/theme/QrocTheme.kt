package eu.qroc.ui.theme

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.remember
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.sp
import eu.qroc.ui.Strings
import eu.qroc.ui.format.Times

/** Where a screen finds its texts, colours and clock. */
object Qroc {
    val strings: Strings
        @Composable @ReadOnlyComposable
        get() = LocalStrings.current

    val colours: Palette
        @Composable @ReadOnlyComposable
        get() = LocalPalette.current

    val times: Times
        @Composable @ReadOnlyComposable
        get() = LocalTimes.current
}

private val LocalStrings = staticCompositionLocalOf<Strings> { error("no texts: use QrocTheme") }
private val LocalPalette = staticCompositionLocalOf<Palette> { error("no colours: use QrocTheme") }
private val LocalTimes = staticCompositionLocalOf<Times> { error("no clock: use QrocTheme") }

/** Gives screens texts, colours, type and clock. */
@Composable
fun QrocTheme(
    strings: Strings,
    times: Times,
    branding: Branding,
    appearance: Appearance = Appearance.SYSTEM,
    content: @Composable () -> Unit,
) {
    val shown =
        when {
            appearance != Appearance.SYSTEM -> appearance
            isSystemInDarkTheme() -> Appearance.DARK
            else -> Appearance.LIGHT
        }
    val colours = remember(shown, branding) { palette(shown, branding) }
    CompositionLocalProvider(
        LocalStrings provides strings,
        LocalPalette provides colours,
        LocalTimes provides times,
    ) {
        MaterialTheme(colorScheme = remember(colours) { scheme(colours) }, typography = type, content = content)
    }
}

private fun scheme(colours: Palette) =
    (if (colours.light) lightColorScheme() else darkColorScheme()).copy(
        primary = colours.accent,
        onPrimary = colours.onAccent,
        primaryContainer = colours.own,
        onPrimaryContainer = colours.onOwn,
        secondary = colours.accent,
        onSecondary = colours.onAccent,
        secondaryContainer = colours.selected,
        onSecondaryContainer = colours.body,
        tertiary = colours.verified,
        background = colours.background,
        onBackground = colours.body,
        surface = colours.surface,
        onSurface = colours.body,
        surfaceVariant = colours.raised,
        onSurfaceVariant = colours.secondary,
        surfaceContainerLowest = colours.surface,
        surfaceContainerLow = colours.surface,
        surfaceContainer = colours.surface,
        surfaceContainerHigh = colours.raised,
        surfaceContainerHighest = colours.raised,
        surfaceTint = colours.surface,
        outline = colours.secondary,
        outlineVariant = colours.line,
        error = colours.danger,
        onError = colours.onDanger,
    )

private fun style(
    size: Int,
    height: Int,
    weight: FontWeight = FontWeight.Normal,
) = TextStyle(
    fontSize = size.sp,
    lineHeight = height.sp,
    fontWeight = weight,
    fontFeatureSettings = "tnum",
    // By what is written, not by the language of the screen: a Greek note in an Arabic room stays in order.
    textDirection = TextDirection.Content,
)

/** Body 16, secondary 14, nothing below 12; figures all as wide as each other. */
private val type =
    Typography(
        headlineMedium = style(28, 36, FontWeight.Medium),
        headlineSmall = style(24, 32, FontWeight.Medium),
        titleLarge = style(20, 28, FontWeight.Medium),
        titleMedium = style(16, 24, FontWeight.Medium),
        titleSmall = style(14, 20, FontWeight.Medium),
        bodyLarge = style(16, 24),
        bodyMedium = style(14, 20),
        bodySmall = style(12, 16),
        labelLarge = style(14, 20, FontWeight.Medium),
        labelMedium = style(12, 16, FontWeight.Medium),
        labelSmall = style(12, 16),
    )

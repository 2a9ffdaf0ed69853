package eu.qroc.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.LayoutDirection
import eu.qroc.ui.map.LocalGroundThread
import eu.qroc.ui.theme.Appearance
import eu.qroc.ui.theme.Branding
import eu.qroc.ui.theme.QrocTheme
import kotlinx.coroutines.Dispatchers

/** How a screen is shown. */
data class Showing(
    val name: String,
    val appearance: Appearance = Appearance.LIGHT,
    val language: String = "en",
    val fontScale: Float = 1f,
    val rightToLeft: Boolean = false,
    val width: Int = PHONE,
    val height: Int = 740,
) {
    @Composable
    fun Theme(content: @Composable () -> Unit) {
        val strings = stringsByLanguage.getValue(language)
        CompositionLocalProvider(
            LocalDensity provides Density(LocalDensity.current.density, fontScale),
            LocalLayoutDirection provides if (rightToLeft) LayoutDirection.Rtl else LayoutDirection.Ltr,
            // A picture is whole at once.
            LocalGroundThread provides Dispatchers.Unconfined,
        ) {
            QrocTheme(strings, times(strings), Branding("QROC"), appearance, content)
        }
    }

    companion object {
        const val PHONE = 360
        val plain = Showing("light")

        /** The least room there is, with the most to say. */
        val small = Showing("small", language = "qps", fontScale = 2f, width = 320, height = 560)

        /** What every screen is drawn in besides. */
        val others =
            listOf(
                Showing("dark", Appearance.DARK),
                Showing("night", Appearance.NIGHT),
                Showing("german", language = "de"),
                Showing("greek-dark", Appearance.DARK, "el"),
                Showing("longer", language = "qps"),
                Showing("double", fontScale = 2f),
                Showing("rtl", rightToLeft = true),
                Showing("desktop", width = 1200, height = 760),
                Showing("tablet-french", language = "fr", width = 800, height = 740),
            )
    }
}

package eu.qroc.ui

import androidx.compose.ui.graphics.Color
import eu.qroc.ui.theme.Appearance
import eu.qroc.ui.theme.Branding
import eu.qroc.ui.theme.contrast
import eu.qroc.ui.theme.palette
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ContrastTest {
    private val accents = listOf(0xFF1F5FA8, 0xFFFFD600, 0xFF000000, 0xFFFFFFFF, 0xFFB00020, 0xFF00C853).map { Color(it) }

    @Test
    fun `text can be read in sunlight and at night, whatever the accent`() {
        val faults = mutableListOf<String>()
        for (appearance in Appearance.entries) {
            for (accent in accents) {
                val colours = palette(appearance, Branding("QROC", accent))
                val body = listOf(colours.body to listOf(colours.background, colours.surface, colours.raised, colours.selected))
                val own = listOf(colours.onOwn to listOf(colours.own), colours.onOther to listOf(colours.other))
                for ((ink, papers) in body + own) {
                    papers.filter { contrast(ink, it) < 7.0 }.forEach { faults += "$appearance $accent: body on $it" }
                }
                val others =
                    mapOf(
                        "secondary" to colours.secondary,
                        "accent" to colours.accent,
                        "danger" to colours.danger,
                        "waiting" to colours.waiting,
                        "verified" to colours.verified,
                    )
                for ((name, ink) in others) {
                    colours.surfaces
                        .filter { contrast(ink, it) < 4.5 }
                        .forEach { faults += "$appearance $accent: $name on $it is ${contrast(ink, it)}" }
                }
                if (contrast(colours.onAccent, colours.accent) < 4.5) faults += "$appearance $accent: on the accent"
                if (contrast(colours.onDanger, colours.danger) < 4.5) faults += "$appearance $accent: on danger"
            }
        }
        assertEquals(emptyList(), faults)
    }

    @Test
    fun `the night is dim and red`() {
        val night = palette(Appearance.NIGHT, Branding("QROC"))
        night.surfaces.forEach { assertTrue(it.red >= it.blue && it.red < 0.2f, "$it") }
        listOf(night.body, night.accent, night.secondary).forEach { assertTrue(it.red > 1.5 * it.blue, "$it") }
    }

    @Test
    fun `contrast is what WCAG says`() {
        assertEquals(21.0, contrast(Color.Black, Color.White), 0.01)
        assertEquals(4.54, contrast(Color(0xFF767676), Color.White), 0.01)
    }
}

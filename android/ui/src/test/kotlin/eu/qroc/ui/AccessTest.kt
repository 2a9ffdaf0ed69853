package eu.qroc.ui

import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.text.TextLayoutResult
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** What holds on all screens: names, sizes, whole words. */
@OptIn(ExperimentalTestApi::class)
class AccessTest {
    @Test
    fun `everything that can be hit has a name and is at least 48 dp`() {
        var checked = 0
        val faults = mutableListOf<String>()
        onEach(Showing.plain) { scene ->
            for (node in onAllNodes(hasClickAction()).fetchSemanticsNodes()) {
                checked++
                val name = name(node)
                if (name.isBlank()) faults += "${scene.name}: a control without a name at ${node.boundsInRoot}"
                val touch = node.touchBoundsInRoot
                val width = maxOf(node.size.width.toFloat(), touch.width)
                val height = maxOf(node.size.height.toFloat(), touch.height)
                if (width < TARGET || height < TARGET) faults += "${scene.name}: “$name” is $width × $height dp"
            }
        }
        assertEquals(emptyList(), faults)
        assertTrue(checked > 400, "only $checked controls were seen")
    }

    @Test
    fun `the longer language and double text are never cut`() {
        val faults = mutableListOf<String>()
        var checked = 0
        for (showing in listOf(Showing("longer", language = "qps"), Showing("both", language = "qps", fontScale = 2f))) {
            onEach(showing) { scene ->
                for (node in onAllNodes(hasText, useUnmergedTree = true).fetchSemanticsNodes()) {
                    val layout = layout(node) ?: continue
                    val text = layout.layoutInput.text.text
                    // What people wrote may be shortened; what the application says may not.
                    if (!text.startsWith("[") || !text.endsWith("]")) continue
                    checked++
                    val shortened = (0 until layout.lineCount).any { layout.isLineEllipsized(it) }
                    val lines = layout.multiParagraph
                    val longest = (0 until layout.lineCount).maxOf { layout.getLineRight(it) - layout.getLineLeft(it) }
                    val cut = lines.height > node.size.height + 1 || longest > node.size.width + 1
                    if (shortened || cut) faults += "${scene.name} ${showing.name}: $text"
                }
            }
        }
        assertEquals(emptyList(), faults)
        assertTrue(checked > 400, "only $checked texts were seen")
    }

    @Test
    fun `no text is outside the resources`() {
        val faults = sortedSetOf<String>()
        var checked = 0
        onEach(Showing("longer", language = "qps")) { scene ->
            for (node in onAllNodes(spoken, useUnmergedTree = true).fetchSemanticsNodes()) {
                val spoken =
                    node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
                        node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty()
                for (text in spoken) {
                    checked++
                    if (unknown(text)) faults += "${scene.name}: $text"
                }
            }
        }
        assertEquals(emptySet<String>(), faults)
        assertTrue(checked > 800, "only $checked texts were seen")
    }

    @Test
    fun `a text outside the resources is noticed`() {
        assertTrue(unknown("Try again"))
        assertTrue(unknown("[Trý ágáín~~] now"))
        assertTrue(!unknown("[Trý ágáín~~] · $harbour"))
    }

    /** Letters that are neither in brackets, nor written by people, nor a unit, day or month. */
    private fun unknown(text: String): Boolean {
        var rest = text
        for (words in Said.words.sortedByDescending { it.length }) rest = rest.replace(words, "")
        while (BRACKETS.containsMatchIn(rest)) rest = rest.replace(BRACKETS, "")
        rest = rest.replace(CALENDAR, "").replace(Regex("\\b[NSEW]\\b"), "")
        // An initial in a round sign, or what is typed.
        return rest.count { it.isLetter() } > 1
    }

    private fun onEach(
        showing: Showing,
        check: SkikoComposeUiTest.(Scene) -> Unit,
    ) = runSkikoComposeUiTest(Size(showing.width.toFloat(), showing.height.toFloat())) {
        var scene by mutableStateOf(scenes.first())
        // Spinners turn for ever.
        mainClock.autoAdvance = false
        setContent { showing.Theme { key(scene.name) { scene.Content() } } }
        for (next in scenes) {
            scene = next
            repeat(3) { mainClock.advanceTimeByFrame() }
            check(next)
        }
    }

    private fun name(node: SemanticsNode): String {
        val own =
            node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
                node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
        return own.joinToString(" ")
    }

    private fun layout(node: SemanticsNode): TextLayoutResult? {
        val results = mutableListOf<TextLayoutResult>()
        node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(results)
        return results.firstOrNull()
    }

    private companion object {
        const val TARGET = 47.5f
        val hasText = SemanticsMatcher.keyIsDefined(SemanticsActions.GetTextLayoutResult)
        val spoken =
            SemanticsMatcher.keyIsDefined(SemanticsProperties.Text) or
                SemanticsMatcher.keyIsDefined(SemanticsProperties.ContentDescription)
        val BRACKETS = Regex("\\[[^\\[\\]]*]")
        val CALENDAR =
            Regex("\\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun|Wed|Thu|Tue|Sat)(day)?\\b|\\b(Oct|Nov)(ober|ember)?\\b")
    }
}

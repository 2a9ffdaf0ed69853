package eu.qroc.ui

import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.input.TextFieldValue
import eu.qroc.ui.parts.TextBuffer
import kotlin.test.Test
import kotlin.test.assertEquals

/** Fingers that are faster than the screen's state. */
class TextBufferTest {
    private val told = mutableListOf<String>()
    private val buffer = TextBuffer("")

    private fun type(
        text: String,
        caret: Int = text.length,
    ) = buffer.edit(TextFieldValue(text, TextRange(caret))) { told += it }

    @Test
    fun `no letter is lost and the caret stays where the state is late`() {
        type("pir")
        type("pier", caret = 3)
        buffer.adopt("pir")
        assertEquals("pier" to 3, buffer.value.text to buffer.value.selection.start)
        buffer.adopt("pier")
        assertEquals("pier" to 3, buffer.value.text to buffer.value.selection.start)
        assertEquals(listOf("pir", "pier"), told)
    }

    @Test
    fun `what the state says by itself is taken over`() {
        type("a")
        buffer.adopt("a")
        buffer.adopt("a draft")
        assertEquals("a draft", buffer.value.text)
        buffer.adopt("")
        assertEquals("", buffer.value.text)
    }

    @Test
    fun `what is typed right after sending stays`() {
        type("over")
        buffer.adopt("over")
        buffer.clear()
        type("n")
        buffer.adopt("")
        assertEquals("n", buffer.value.text)
        buffer.adopt("n")
        assertEquals("n", buffer.value.text)
    }

    @Test
    fun `what could not be sent comes back`() {
        type("over")
        buffer.adopt("over")
        buffer.clear()
        buffer.adopt("")
        buffer.adopt("over")
        assertEquals("over", buffer.value.text)
    }

    @Test
    fun `moving the caret tells nothing`() {
        type("abc")
        type("abc", caret = 1)
        assertEquals(listOf("abc"), told)
    }
}

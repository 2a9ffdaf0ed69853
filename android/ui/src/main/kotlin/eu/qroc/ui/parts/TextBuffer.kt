package eu.qroc.ui.parts

import androidx.compose.runtime.Composable
import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.input.TextFieldValue

/**
 * What is being typed. The text belongs to the screen's state, which follows a moment later: until then keys go on from
 * here, so that quick fingers lose no letter and the caret stays where it is. What the state says by itself is taken over.
 */
@Stable
class TextBuffer(
    text: String,
) {
    /** Text and caret. */
    var value by mutableStateOf(TextFieldValue(text, TextRange(text.length)))
        private set
    private var seen = text
    private val told = ArrayDeque<String>()
    private var cleared = false

    /** Hears what the state says. */
    internal fun adopt(text: String) {
        if (text == seen) return
        seen = text
        val echo = cleared && text.isEmpty()
        cleared = false
        val own = told.indexOf(text)
        if (own >= 0) {
            repeat(own + 1) { told.removeFirst() }
        } else if (!echo) {
            told.clear()
            value = TextFieldValue(text, TextRange(text.length))
        }
    }

    /** Takes what was typed, and tells it where the text has changed. */
    fun edit(
        typed: TextFieldValue,
        tell: (String) -> Unit,
    ) {
        val changed = typed.text != value.text
        value = typed
        if (!changed) return
        told.addLast(typed.text)
        tell(typed.text)
    }

    /** Empties it at once, since what was in it is being sent. */
    fun clear() {
        value = TextFieldValue()
        told.clear()
        cleared = true
    }
}

/**
 * A buffer for [text] of the screen's state. What was cleared and is in the state again before a frame was drawn looks as if
 * the state had not followed yet: another [returned] says that it came back.
 */
@Composable
fun rememberTextBuffer(
    text: String,
    returned: Int = 0,
): TextBuffer = remember(returned) { TextBuffer(text) }.also { it.adopt(text) }

package eu.qroc.ui.composer

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.FilledIconButton
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButtonDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.OutlinedTextFieldDefaults
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.remember
import androidx.compose.runtime.withFrameNanos
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.focus.FocusRequester
import androidx.compose.ui.focus.focusRequester
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEvent
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.isAltPressed
import androidx.compose.ui.input.key.isCtrlPressed
import androidx.compose.ui.input.key.isMetaPressed
import androidx.compose.ui.input.key.isShiftPressed
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextRange
import androidx.compose.ui.text.input.TextFieldValue
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Forbidden
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.TextBuffer
import eu.qroc.ui.parts.rememberTextBuffer
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** Where an officer writes: text, files, a place. Enter sends, Shift and Enter begin a new line. */
@Composable
fun ComposerBar(
    state: ComposerState,
    onEvent: (ComposerEvent) -> Unit,
    modifier: Modifier = Modifier,
    /** Whether one can write at once, without a touch: where there is a keyboard. */
    ready: Boolean = false,
) {
    Column(modifier.fillMaxWidth().background(Qroc.colours.surface)) {
        HorizontalDivider(color = Qroc.colours.line)
        if (state.left) {
            Mark(Icons.Lock, Qroc.strings.closedLeft, Qroc.colours.secondary, Modifier.padding(16.dp))
            return@Column
        }
        val buffer = rememberTextBuffer(state.text, state.returned)
        val send = {
            onEvent(ComposerEvent.Send)
            if (state.mode !is ComposerMode.Edit) buffer.clear()
        }
        ModeLine(state.mode, onEvent)
        Row(
            Modifier.padding(horizontal = 4.dp, vertical = 8.dp),
            horizontalArrangement = Arrangement.spacedBy(4.dp),
            verticalAlignment = Alignment.Bottom,
        ) {
            val voice = state.voice
            if (voice == null) {
                if (state.mode !is ComposerMode.Edit) AttachButton(state, onEvent)
                Input(state, buffer, send, onEvent, ready, Modifier.weight(1f))
            } else {
                VoiceLine(voice, onEvent, Modifier.weight(1f))
            }
            // Where nothing is written there is nothing to send but a voice.
            if (voice != null || state.microphone && state.mode == ComposerMode.New && buffer.value.text.isBlank()) {
                RecordButton(voice, onEvent)
                return@Row
            }
            FilledIconButton(
                onClick = send,
                modifier = Modifier.padding(horizontal = 4.dp).size(56.dp),
                enabled = state.canSend,
                colors =
                    IconButtonDefaults.filledIconButtonColors(
                        disabledContainerColor = Qroc.colours.raised,
                        disabledContentColor = Qroc.colours.secondary,
                    ),
            ) {
                val edit = state.mode is ComposerMode.Edit
                Icon(
                    if (edit) Icons.Sent else Icons.Send,
                    if (edit) Qroc.strings.saveEdit else Qroc.strings.send,
                    Modifier.size(24.dp),
                )
            }
        }
    }
}

@Composable
private fun ModeLine(
    mode: ComposerMode,
    onEvent: (ComposerEvent) -> Unit,
) {
    val strings = Qroc.strings
    val (icon, title, text) =
        when (mode) {
            ComposerMode.New -> return
            is ComposerMode.Reply -> Triple(Icons.Reply, strings.replyTo(mode.sender), mode.text)
            is ComposerMode.Edit -> Triple(Icons.Edit, strings.editing, mode.text)
        }
    Row(
        Modifier.fillMaxWidth().background(Qroc.colours.raised).padding(start = 16.dp, end = 4.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(icon, null, Modifier.size(20.dp), tint = Qroc.colours.accent)
        Column(Modifier.weight(1f)) {
            Text(title, color = Qroc.colours.accent, style = MaterialTheme.typography.titleSmall)
            Text(
                text,
                color = Qroc.colours.secondary,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        IconAction(
            Icons.Close,
            if (mode is ComposerMode.Edit) strings.cancelEdit else strings.cancelReply,
            { onEvent(ComposerEvent.CancelMode) },
        )
    }
}

@Composable
private fun AttachButton(
    state: ComposerState,
    onEvent: (ComposerEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(Modifier.padding(vertical = 4.dp)) {
        IconAction(Icons.Attach, strings.attach, { onEvent(ComposerEvent.Menu) })
        DropdownMenu(
            state.menu,
            onDismissRequest = { onEvent(ComposerEvent.CloseMenu) },
            containerColor = Qroc.colours.raised,
        ) {
            if (state.camera) Choice(Icons.Camera, strings.takePhoto, Gate.SEND_PHOTO) { onEvent(ComposerEvent.TakePhoto) }
            Choice(Icons.Photo, strings.attachPhoto, Gate.SEND_PHOTO) { onEvent(ComposerEvent.PickPhoto) }
            Choice(Icons.File, strings.attachFile, Gate.SEND_FILE) { onEvent(ComposerEvent.PickFile) }
            Choice(Icons.Pin, strings.attachPosition, Gate.SEND_POSITION) { onEvent(ComposerEvent.Position) }
        }
    }
}

@Composable
private fun Choice(
    icon: ImageVector,
    text: String,
    gate: Gate,
    onClick: () -> Unit,
) {
    val forbidden = LocalForbidden.current[gate]
    if (forbidden != null) {
        Forbidden(text, forbidden, Modifier.padding(horizontal = 12.dp).widthIn(max = 320.dp))
        return
    }
    DropdownMenuItem(
        { Text(text, style = MaterialTheme.typography.bodyLarge) },
        onClick,
        Modifier.heightIn(min = 56.dp),
        leadingIcon = { Icon(icon, null, tint = Qroc.colours.accent) },
    )
}

@Composable
private fun Input(
    state: ComposerState,
    buffer: TextBuffer,
    send: () -> Unit,
    onEvent: (ComposerEvent) -> Unit,
    ready: Boolean,
    modifier: Modifier,
) {
    val strings = Qroc.strings
    val focus = remember { FocusRequester() }
    val tell = { text: String -> onEvent(ComposerEvent.Text(text)) }
    LaunchedEffect(state.mode) {
        if (state.mode == ComposerMode.New && !ready) return@LaunchedEffect
        // The field looks for its caret at once: the text to be changed must have been laid out.
        withFrameNanos {}
        focus.requestFocus()
    }
    OutlinedTextField(
        value = buffer.value,
        onValueChange = { buffer.edit(it, tell) },
        modifier =
            modifier
                .focusRequester(focus)
                .onPreviewKeyEvent { event ->
                    when {
                        event.key != Key.Enter && event.key != Key.NumPadEnter -> false
                        event.isShiftPressed && event.type == KeyEventType.KeyDown -> {
                            val now = buffer.value
                            val text = now.text.replaceRange(now.selection.min, now.selection.max, "\n")
                            buffer.edit(TextFieldValue(text, TextRange(now.selection.min + 1)), tell)
                            true
                        }
                        event.plain -> {
                            if (event.type == KeyEventType.KeyDown && buffer.value.text.isNotBlank()) send()
                            true
                        }
                        else -> false
                    }
                }.semantics { contentDescription = strings.messageHint }
                .testTag("message"),
        placeholder = { Text(strings.messageHint, color = Qroc.colours.secondary, maxLines = 1) },
        shape = RoundedCornerShape(24.dp),
        maxLines = 6,
        colors =
            OutlinedTextFieldDefaults.colors(
                unfocusedContainerColor = Qroc.colours.background,
                focusedContainerColor = Qroc.colours.background,
                unfocusedBorderColor = Qroc.colours.line,
            ),
    )
}

private val KeyEvent.plain get() = !isShiftPressed && !isCtrlPressed && !isAltPressed && !isMetaPressed

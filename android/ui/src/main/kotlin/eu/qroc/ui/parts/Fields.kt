package eu.qroc.ui.parts

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.OutlinedTextFieldDefaults
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.error
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.input.PasswordVisualTransformation
import androidx.compose.ui.text.input.VisualTransformation
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc

/** One line of text with its name above it and, where it is wrong, why below it. Enter goes on. */
@Composable
fun Field(
    value: String,
    onChange: (String) -> Unit,
    label: String,
    modifier: Modifier = Modifier,
    error: String? = null,
    hint: String? = null,
    placeholder: String? = null,
    secret: Boolean = false,
    enabled: Boolean = true,
    keyboard: KeyboardType = KeyboardType.Text,
    icon: ImageVector? = null,
    last: Boolean = true,
    onEnter: () -> Unit = {},
) {
    var shown by rememberSaveable { mutableStateOf(false) }
    val buffer = rememberTextBuffer(value)
    Column(modifier.fillMaxWidth()) {
        Text(
            label,
            Modifier.padding(bottom = 4.dp).clearAndSetSemantics {},
            style = MaterialTheme.typography.titleSmall,
            color = Qroc.colours.secondary,
        )
        OutlinedTextField(
            value = buffer.value,
            onValueChange = { buffer.edit(it, onChange) },
            modifier =
                Modifier
                    .fillMaxWidth()
                    .semantics {
                        contentDescription = label
                        if (error != null) error(error)
                    }
                    .onPreviewKeyEvent {
                        val enter = it.key == Key.Enter || it.key == Key.NumPadEnter
                        if (last && enter && it.type == KeyEventType.KeyDown) onEnter()
                        last && enter
                    },
            enabled = enabled,
            isError = error != null,
            singleLine = true,
            shape = RoundedCornerShape(12.dp),
            placeholder = placeholder?.let { { Text(it, color = Qroc.colours.secondary) } },
            leadingIcon = icon?.let { { Icon(it, null, tint = Qroc.colours.secondary) } },
            trailingIcon =
                if (secret) {
                    {
                        IconAction(
                            Icons.Eye,
                            if (shown) Qroc.strings.hidePassword else Qroc.strings.showPassword,
                            { shown = !shown },
                            tint = if (shown) Qroc.colours.accent else Qroc.colours.secondary,
                        )
                    }
                } else {
                    null
                },
            visualTransformation =
                if (secret && !shown) PasswordVisualTransformation() else VisualTransformation.None,
            keyboardOptions =
                KeyboardOptions(
                    keyboardType = if (secret) KeyboardType.Password else keyboard,
                    autoCorrectEnabled = !secret,
                    imeAction = if (last) ImeAction.Done else ImeAction.Next,
                ),
            keyboardActions = KeyboardActions(onDone = { onEnter() }),
            colors =
                OutlinedTextFieldDefaults.colors(
                    focusedContainerColor = Qroc.colours.surface,
                    unfocusedContainerColor = Qroc.colours.surface,
                    unfocusedBorderColor = Qroc.colours.secondary,
                ),
        )
        val below = error ?: hint
        if (below != null) {
            Text(
                below,
                Modifier.padding(top = 4.dp),
                color = if (error != null) Qroc.colours.danger else Qroc.colours.secondary,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
    }
}

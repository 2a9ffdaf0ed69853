package eu.qroc.ui.parts

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc

/** Everything that can be hit is at least this high and wide. */
val Target = 48.dp

/** An icon that can be hit, with its name for those who do not see it. */
@Composable
fun IconAction(
    icon: ImageVector,
    label: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    enabled: Boolean = true,
    tint: Color = Qroc.colours.body,
) {
    IconButton(onClick, modifier.size(Target), enabled = enabled) {
        Icon(icon, label, Modifier.size(24.dp), tint = if (enabled) tint else tint.copy(alpha = 0.45f))
    }
}

/** The one main action of a screen. */
@Composable
fun MainButton(
    text: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    enabled: Boolean = true,
    working: Boolean = false,
    icon: ImageVector? = null,
) {
    Button(
        onClick,
        modifier.heightIn(min = 56.dp),
        enabled = enabled && !working,
        shape = RoundedCornerShape(16.dp),
        contentPadding = PaddingValues(horizontal = 24.dp, vertical = 12.dp),
    ) {
        if (working) {
            CircularProgressIndicator(Modifier.padding(end = 12.dp).size(20.dp), strokeWidth = 2.dp)
        } else if (icon != null) {
            Icon(icon, null, Modifier.padding(end = 12.dp).size(24.dp))
        }
        Text(text, style = MaterialTheme.typography.titleMedium)
    }
}

/** An action beside the main one; red where something is lost for good. */
@Composable
fun SideButton(
    text: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    danger: Boolean = false,
    enabled: Boolean = true,
    icon: ImageVector? = null,
) {
    OutlinedButton(
        onClick,
        modifier.heightIn(min = Target),
        enabled = enabled,
        shape = RoundedCornerShape(16.dp),
        colors =
            ButtonDefaults.outlinedButtonColors(
                contentColor = if (danger) Qroc.colours.danger else Qroc.colours.accent,
            ),
    ) {
        if (icon != null) Icon(icon, null, Modifier.padding(end = 8.dp).size(20.dp))
        Text(text, style = MaterialTheme.typography.labelLarge)
    }
}

/** A short text that can be hit. */
@Composable
fun TextAction(
    text: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    danger: Boolean = false,
    enabled: Boolean = true,
) {
    TextButton(
        onClick,
        modifier.heightIn(min = Target).widthIn(min = Target),
        enabled = enabled,
        colors =
            ButtonDefaults.textButtonColors(contentColor = if (danger) Qroc.colours.danger else Qroc.colours.accent),
    ) { Text(text, style = MaterialTheme.typography.labelLarge) }
}

/** The bar above a screen: the way back, what this is, and what can be done. */
@Composable
fun TopBar(
    title: String,
    onBack: (() -> Unit)?,
    modifier: Modifier = Modifier,
    subtitle: @Composable (() -> Unit)? = null,
    actions: @Composable RowScope.() -> Unit = {},
) {
    Surface(modifier.fillMaxWidth(), color = Qroc.colours.surface) {
        Row(
            Modifier.heightIn(min = 64.dp).padding(horizontal = 4.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            if (onBack != null) IconAction(Icons.Back, Qroc.strings.back, onBack)
            Column(Modifier.weight(1f).padding(horizontal = if (onBack == null) 12.dp else 8.dp, vertical = 4.dp)) {
                Text(
                    title,
                    Modifier.semantics { heading() },
                    style = MaterialTheme.typography.titleLarge,
                    maxLines = 3,
                    overflow = TextOverflow.Ellipsis,
                )
                subtitle?.invoke()
            }
            actions()
        }
    }
}

/** Asks once, in words that name the thing, before something is lost. */
@Composable
fun Question(
    title: String,
    text: String,
    confirm: String,
    onConfirm: () -> Unit,
    onDismiss: () -> Unit,
    danger: Boolean = true,
    confirmEnabled: Boolean = true,
    extra: @Composable () -> Unit = {},
) {
    AlertDialog(
        onDismissRequest = onDismiss,
        confirmButton = { TextAction(confirm, onConfirm, danger = danger, enabled = confirmEnabled) },
        dismissButton = { TextAction(Qroc.strings.cancel, onDismiss) },
        title = { Text(title, style = MaterialTheme.typography.titleLarge) },
        text = {
            Column(Modifier.verticalScroll(rememberScrollState()), verticalArrangement = Arrangement.spacedBy(16.dp)) {
                Text(text, style = MaterialTheme.typography.bodyLarge)
                extra()
            }
        },
        containerColor = Qroc.colours.surface,
    )
}

/** A small label with an icon: a state in a word, never by colour alone. */
@Composable
fun Mark(
    icon: ImageVector,
    text: String,
    colour: Color,
    modifier: Modifier = Modifier,
) {
    Row(modifier, horizontalArrangement = Arrangement.spacedBy(4.dp), verticalAlignment = Alignment.CenterVertically) {
        Box(contentAlignment = Alignment.Center) { Icon(icon, null, Modifier.size(16.dp), tint = colour) }
        Text(text, color = colour, style = MaterialTheme.typography.bodySmall)
    }
}

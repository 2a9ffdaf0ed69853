package eu.qroc.ui.parts

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.paneTitle
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc

/** A panel from below, over the screen it belongs to; beside it, a touch closes it. */
@Composable
fun Sheet(
    title: String,
    onClose: () -> Unit,
    content: @Composable ColumnScope.() -> Unit,
) {
    Box(Modifier.fillMaxSize(), contentAlignment = Alignment.BottomCenter) {
        Box(
            Modifier
                .fillMaxSize()
                .background(Color.Black.copy(alpha = 0.5f))
                .pointerInput(onClose) { detectTapGestures { onClose() } },
        )
        Surface(
            Modifier
                .widthIn(max = 560.dp)
                .fillMaxWidth()
                .padding(top = 32.dp)
                // Touches that miss a button do not reach what lies below.
                .pointerInput(Unit) { detectTapGestures {} }
                .semantics { paneTitle = title },
            shape = RoundedCornerShape(topStart = 24.dp, topEnd = 24.dp),
            color = Qroc.colours.surface,
        ) {
            Column(
                Modifier.verticalScroll(rememberScrollState()).padding(start = 24.dp, end = 24.dp, bottom = 24.dp),
                verticalArrangement = Arrangement.spacedBy(16.dp),
            ) {
                Row(Modifier.padding(top = 12.dp), verticalAlignment = Alignment.CenterVertically) {
                    Text(
                        title,
                        Modifier.weight(1f).semantics { heading() },
                        style = MaterialTheme.typography.titleLarge,
                    )
                    IconAction(Icons.Close, Qroc.strings.close, onClose)
                }
                content()
            }
        }
    }
}

/** One action of a sheet. */
@Composable
fun SheetAction(
    icon: ImageVector,
    text: String,
    onClick: () -> Unit,
    danger: Boolean = false,
    /** Why it cannot be done; said instead of doing it. */
    forbidden: String? = null,
) {
    if (forbidden != null) {
        Forbidden(text, forbidden)
        return
    }
    val colour = if (danger) Qroc.colours.danger else Qroc.colours.body
    Row(
        Modifier.fillMaxWidth().clickable(role = Role.Button, onClick = onClick).heightIn(min = 56.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(icon, null, Modifier.size(24.dp), tint = if (danger) colour else Qroc.colours.accent)
        Text(text, color = colour, style = MaterialTheme.typography.bodyLarge)
    }
}

/** What is not allowed: a lock, and who decided. */
@Composable
fun Forbidden(
    text: String,
    why: String,
    modifier: Modifier = Modifier,
) {
    Row(
        modifier.heightIn(min = 56.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Lock, null, Modifier.size(24.dp), tint = Qroc.colours.secondary)
        Column(Modifier.padding(vertical = 4.dp)) {
            Text(text, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyLarge)
            Text(why, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
        }
    }
}

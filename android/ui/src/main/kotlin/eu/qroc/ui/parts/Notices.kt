package eu.qroc.ui.parts

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.Immutable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc

/** How the application stands with its server. */
@Immutable
data class Connection(
    val kind: Kind = Kind.ONLINE,
    /** Since when it is offline, in milliseconds since 1970; 0 if not known. */
    val since: Long = 0,
    /** What waits to be sent. */
    val waiting: Int = 0,
    /** What was refused and wants a decision. */
    val failed: Int = 0,
) {
    enum class Kind { ONLINE, CONNECTING, OFFLINE, SIGNED_OUT }
}

/** One thin line: offline, since when, what waits. Nothing while all is well. */
@Composable
fun ConnectionLine(
    connection: Connection,
    onQueue: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    val state =
        when (connection.kind) {
            Connection.Kind.ONLINE -> null
            Connection.Kind.CONNECTING -> strings.connecting
            Connection.Kind.OFFLINE ->
                if (connection.since > 0) strings.offlineSince(Qroc.times.short(connection.since)) else strings.offline
            Connection.Kind.SIGNED_OUT -> strings.signedOutByServer
        }
    val rest =
        when {
            connection.failed > 0 -> strings.notSentCount(connection.failed)
            connection.waiting > 0 -> strings.waitingCount(connection.waiting)
            else -> null
        }
    if (state == null && rest == null) return
    val colour = if (connection.failed > 0) colours.danger else colours.waiting
    Row(
        modifier
            .fillMaxWidth()
            .background(colours.raised)
            .then(
                if (rest != null) {
                    Modifier.clickable(onClickLabel = strings.queueTitle, role = Role.Button, onClick = onQueue)
                } else {
                    Modifier
                },
            ).heightIn(min = if (rest != null) Target else 32.dp)
            .padding(horizontal = 16.dp, vertical = 4.dp)
            .semantics(mergeDescendants = true) { liveRegion = LiveRegionMode.Polite },
        horizontalArrangement = Arrangement.spacedBy(8.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        val icon = if (connection.failed > 0) Icons.Warning else if (state != null) Icons.Offline else Icons.Clock
        Icon(icon, null, Modifier.size(20.dp), tint = colour)
        Text(
            listOfNotNull(state, rest).joinToString(" · "),
            Modifier.weight(1f),
            color = colour,
            style = MaterialTheme.typography.bodyMedium,
        )
    }
}

/** Something went wrong: what, and what to do about it. */
@Composable
fun ErrorNote(
    text: String,
    modifier: Modifier = Modifier,
    action: String? = null,
    onAction: () -> Unit = {},
) {
    Row(
        modifier
            .fillMaxWidth()
            .clip(RoundedCornerShape(12.dp))
            .background(Qroc.colours.raised)
            .padding(start = 12.dp, top = 4.dp, bottom = 4.dp, end = 4.dp)
            .heightIn(min = Target)
            .semantics { liveRegion = LiveRegionMode.Assertive },
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Warning, null, Modifier.size(24.dp), tint = Qroc.colours.danger)
        Text(text, Modifier.weight(1f).padding(end = 8.dp), style = MaterialTheme.typography.bodyMedium)
        if (action != null) TextAction(action, onAction)
    }
}

/** A screen or pane with nothing on it: why, and what to do next. */
@Composable
fun EmptyNote(
    icon: ImageVector,
    title: String,
    text: String,
    modifier: Modifier = Modifier,
    action: @Composable () -> Unit = {},
) {
    Column(
        modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(32.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp, Alignment.CenterVertically),
        horizontalAlignment = Alignment.CenterHorizontally,
    ) {
        Icon(icon, null, Modifier.size(48.dp), tint = Qroc.colours.secondary)
        Text(title, style = MaterialTheme.typography.titleLarge, textAlign = TextAlign.Center)
        Text(
            text,
            Modifier.widthIn(max = 360.dp),
            color = Qroc.colours.secondary,
            style = MaterialTheme.typography.bodyLarge,
            textAlign = TextAlign.Center,
        )
        action()
    }
}

/** Grey rows in the final layout while a list is read. */
@Composable
fun Skeleton(
    rows: Int,
    modifier: Modifier = Modifier,
) {
    val label = Qroc.strings.loading
    Column(modifier.fillMaxWidth().clearAndSetSemantics { contentDescription = label }) {
        repeat(rows) {
            Row(Modifier.height(72.dp).padding(horizontal = 16.dp), verticalAlignment = Alignment.CenterVertically) {
                Box(Modifier.size(48.dp).clip(CircleShape).background(Qroc.colours.raised))
                Spacer(Modifier.width(16.dp))
                Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
                    Box(Modifier.size(160.dp, 14.dp).clip(CircleShape).background(Qroc.colours.raised))
                    Box(Modifier.size(220.dp, 12.dp).clip(CircleShape).background(Qroc.colours.raised))
                }
            }
        }
    }
}

/** A round sign for a room or a person: the first letter of its name, or an icon for its kind. */
@Composable
fun Avatar(
    name: String,
    modifier: Modifier = Modifier,
    icon: ImageVector? = null,
) {
    Box(
        modifier.size(48.dp).clip(CircleShape).background(Qroc.colours.own).clearAndSetSemantics {},
        contentAlignment = Alignment.Center,
    ) {
        if (icon != null) {
            Icon(icon, null, Modifier.size(24.dp), tint = Qroc.colours.onOwn)
        } else {
            Text(initial(name), color = Qroc.colours.onOwn, style = MaterialTheme.typography.titleMedium)
        }
    }
}

/** The first letter or figure of a name, whole even where it takes two code units. */
internal fun initial(name: String): String {
    val at = name.indices.firstOrNull { Character.isLetterOrDigit(name.codePointAt(it)) } ?: return "•"
    return String(Character.toChars(Character.toUpperCase(name.codePointAt(at))))
}

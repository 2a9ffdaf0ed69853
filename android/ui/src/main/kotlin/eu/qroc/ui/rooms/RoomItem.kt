package eu.qroc.ui.rooms

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.draw.drawBehind
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.text.withStyle
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Avatar
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.theme.Qroc

@Composable
internal fun RoomItem(
    row: RoomRow,
    selected: Boolean,
    onClick: () -> Unit,
) {
    val colours = Qroc.colours
    Row(
        Modifier
            .fillMaxWidth()
            .background(if (selected) colours.selected else colours.background)
            .clickable(role = Role.Button, onClick = onClick)
            .semantics { this.selected = selected }
            .stripe(if (row.kind == RoomKind.INCIDENT) colours.waiting else null)
            .heightIn(min = 72.dp)
            .padding(horizontal = 16.dp, vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Avatar(row.name, icon = kindIcon(row.kind))
        Column(Modifier.weight(1f)) {
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                Text(
                    row.name,
                    Modifier.weight(1f),
                    fontWeight = if (row.unread > 0) FontWeight.Bold else FontWeight.Medium,
                    maxLines = 1,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.titleMedium,
                )
                Text(
                    Qroc.times.short(row.lastTs),
                    color = if (row.unread > 0) colours.accent else colours.secondary,
                    style = MaterialTheme.typography.bodySmall,
                    maxLines = 1,
                )
            }
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                Preview(row)
                Marks(row)
            }
        }
    }
}

/** An incident is seen from the side of the eye. */
private fun Modifier.stripe(colour: Color?): Modifier =
    if (colour == null) {
        this
    } else {
        drawBehind {
            val width = 6.dp.toPx()
            val start = if (layoutDirection == LayoutDirection.Ltr) 0f else size.width - width
            drawRect(colour, Offset(start, 0f), Size(width, size.height))
        }
    }

@Composable
private fun RowScope.Preview(row: RoomRow) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    val text =
        buildAnnotatedString {
            val draft = row.draft
            if (row.failed > 0) {
                withStyle(SpanStyle(color = colours.danger, fontWeight = FontWeight.Medium)) {
                    append(strings.notSentCount(row.failed))
                }
            } else if (!draft.isNullOrBlank()) {
                withStyle(SpanStyle(color = colours.accent, fontWeight = FontWeight.Medium)) { append(strings.draft) }
                append(" ")
                append(draft.replace('\n', ' '))
            } else {
                val sender = row.lastSender
                if (sender != null && row.kind != RoomKind.DIRECT) append("$sender: ")
                append(row.lastText?.replace('\n', ' ') ?: strings.nothingYet)
            }
        }
    Text(
        text,
        Modifier.weight(1f),
        color = colours.secondary,
        maxLines = 1,
        overflow = TextOverflow.Ellipsis,
        style = MaterialTheme.typography.bodyMedium,
    )
}

@Composable
private fun Marks(row: RoomRow) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    if (!row.encrypted) Icon(Icons.Unlocked, strings.notEncrypted, Modifier.size(20.dp), tint = colours.waiting)
    if (row.failed > 0) {
        // The line beside it says so in words.
        Icon(Icons.Warning, null, Modifier.size(20.dp), tint = colours.danger)
    } else if (row.sending > 0) {
        Icon(Icons.Clock, strings.waitingCount(row.sending), Modifier.size(20.dp), tint = colours.waiting)
    }
    if (row.unread > 0) Badge(row)
}

@Composable
private fun Badge(row: RoomRow) {
    val colours = Qroc.colours
    val label =
        if (row.atLeast) Qroc.strings.unreadAtLeast(row.unread) else Qroc.strings.unreadCount(row.unread)
    if (row.atLeast) {
        Box(Modifier.size(14.dp).clip(CircleShape).background(colours.accent).semantics { contentDescription = label })
        return
    }
    Box(
        Modifier
            .clip(CircleShape)
            .background(colours.accent)
            .heightIn(min = 22.dp)
            .widthIn(min = 22.dp)
            .padding(horizontal = 6.dp, vertical = 2.dp)
            .semantics(mergeDescendants = true) { contentDescription = label },
        contentAlignment = Alignment.Center,
    ) {
        Text(
            if (row.unread > MOST) "$MOST+" else "${row.unread}",
            color = colours.onAccent,
            style = MaterialTheme.typography.labelMedium,
        )
    }
}

@Composable
internal fun InvitationItem(
    row: RoomRow,
    busy: Boolean,
    onEvent: (RoomsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(
        Modifier.fillMaxWidth().background(Qroc.colours.selected).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(16.dp), verticalAlignment = Alignment.CenterVertically) {
            Avatar(row.name, icon = Icons.Invite)
            Column(Modifier.weight(1f)) {
                Text(
                    row.name,
                    maxLines = 2,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.titleMedium,
                )
                val from = row.lastSender
                Text(
                    if (from == null) strings.invited else strings.invitedBy(from),
                    color = Qroc.colours.secondary,
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
        }
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp, Alignment.End), modifier = Modifier.fillMaxWidth()) {
            SideButton(
                strings.decline,
                { onEvent(RoomsEvent.Decline(row.id)) },
                Modifier.heightIn(min = 56.dp),
                enabled = !busy,
            )
            MainButton(strings.join, { onEvent(RoomsEvent.Accept(row.id)) }, working = busy)
        }
    }
}

private fun kindIcon(kind: RoomKind): ImageVector? =
    when (kind) {
        RoomKind.GROUP -> Icons.People
        RoomKind.DIRECT -> null
        RoomKind.BROADCAST -> Icons.Info
        RoomKind.INCIDENT -> Icons.Warning
    }

private const val MOST = 999

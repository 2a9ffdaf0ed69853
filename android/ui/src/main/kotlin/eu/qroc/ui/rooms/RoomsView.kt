package eu.qroc.ui.rooms

import androidx.compose.foundation.background
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.ExtendedFloatingActionButton
import androidx.compose.material3.FilterChip
import androidx.compose.material3.FilterChipDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ConnectionLine
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.Target
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** What needs me? */
@Composable
fun RoomsView(
    state: RoomsState,
    brand: String,
    onEvent: (RoomsEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Box(modifier.fillMaxSize().background(Qroc.colours.background)) {
        Column {
            TopBar(brand, onBack = null) {
                IconAction(Icons.Search, strings.search, { onEvent(RoomsEvent.Search) })
                IconAction(Icons.Settings, strings.settings, { onEvent(RoomsEvent.Settings) })
            }
            ConnectionLine(state.connection, { onEvent(RoomsEvent.Queue) })
            if (state.brought != null) BroughtLine(state.brought) { onEvent(RoomsEvent.KeepBrought) }
            if (state.error != null) {
                ErrorNote(
                    state.error,
                    Modifier.padding(16.dp),
                    action = strings.tryAgain,
                    onAction = { onEvent(RoomsEvent.Retry) },
                )
            }
            if (!state.rooms.isNullOrEmpty()) Filters(state, onEvent)
            Box(Modifier.weight(1f)) { Content(state, onEvent) }
        }
        ExtendedFloatingActionButton(
            onClick = { onEvent(RoomsEvent.New) },
            modifier = Modifier.align(Alignment.BottomEnd).padding(16.dp).heightIn(min = 56.dp),
            shape = RoundedCornerShape(16.dp),
            containerColor = Qroc.colours.accent,
            contentColor = Qroc.colours.onAccent,
        ) {
            Icon(Icons.Add, null, Modifier.padding(end = 8.dp).size(24.dp))
            Text(strings.newRoom, style = MaterialTheme.typography.titleMedium)
        }
    }
}

/** Something that another app shares waits for a room. */
@Composable
private fun BroughtLine(
    name: String,
    onCancel: () -> Unit,
) {
    val strings = Qroc.strings
    Row(
        Modifier.fillMaxWidth().background(Qroc.colours.raised).padding(start = 16.dp, end = 4.dp, top = 4.dp, bottom = 4.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Send, null, Modifier.size(24.dp), tint = Qroc.colours.accent)
        Column(Modifier.weight(1f)) {
            Text(strings.broughtTitle, Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
            Text(
                strings.broughtText(name),
                color = Qroc.colours.secondary,
                maxLines = 2,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        IconAction(Icons.Close, strings.cancel, onCancel)
    }
}

@Composable
private fun Filters(
    state: RoomsState,
    onEvent: (RoomsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Row(
        Modifier
            .fillMaxWidth()
            .background(Qroc.colours.surface)
            .horizontalScroll(rememberScrollState())
            .padding(start = 16.dp, end = 16.dp, top = 4.dp, bottom = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        RoomFilter.entries.forEach { filter ->
            val name =
                when (filter) {
                    RoomFilter.ALL -> strings.filterAll
                    RoomFilter.UNREAD -> strings.filterUnread
                    RoomFilter.INVITATIONS -> strings.filterInvitations
                }
            val count = if (filter == RoomFilter.ALL) 0 else state.count(filter)
            FilterChip(
                selected = state.filter == filter,
                onClick = { onEvent(RoomsEvent.Filter(filter)) },
                label = {
                    Text(if (count > 0) "$name $count" else name, style = MaterialTheme.typography.labelLarge)
                },
                modifier = Modifier.heightIn(min = Target),
                colors =
                    FilterChipDefaults.filterChipColors(
                        labelColor = Qroc.colours.body,
                        selectedContainerColor = Qroc.colours.own,
                        selectedLabelColor = Qroc.colours.onOwn,
                    ),
            )
        }
    }
}

@Composable
private fun Content(
    state: RoomsState,
    onEvent: (RoomsEvent) -> Unit,
) {
    val strings = Qroc.strings
    when {
        state.rooms == null -> if (state.error == null) Skeleton(rows = 8)
        state.rooms.isEmpty() -> EmptyNote(Icons.Chat, strings.roomsEmptyTitle, strings.roomsEmptyText)
        state.shown.isEmpty() ->
            EmptyNote(
                Icons.Sent,
                if (state.filter == RoomFilter.UNREAD) strings.unreadEmptyTitle else strings.invitationsEmptyTitle,
                strings.filterEmptyText,
            )
        else -> {
            val list = rememberLazyListState()
            val nearEnd by remember(state.shown.size) {
                derivedStateOf { (list.layoutInfo.visibleItemsInfo.lastOrNull()?.index ?: 0) >= state.shown.size - AHEAD }
            }
            LaunchedEffect(nearEnd, state.rooms.size) { if (nearEnd) onEvent(RoomsEvent.More) }
            LazyColumn(
                Modifier.fillMaxSize().testTag("rooms"),
                list,
                // So that the last row is not under the button.
                contentPadding = PaddingValues(bottom = 88.dp),
            ) {
                items(state.shown, key = { it.id }, contentType = { it.invitation }) { row ->
                    if (row.invitation) {
                        InvitationItem(row, busy = state.answering == row.id, onEvent)
                    } else {
                        RoomItem(row, selected = row.id == state.selectedId) { onEvent(RoomsEvent.Open(row.id)) }
                    }
                }
            }
        }
    }
}

private const val AHEAD = 10

package eu.qroc.ui.search

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListScope
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.focus.FocusRequester
import androidx.compose.ui.focus.focusRequester
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Avatar
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** Where was that? */
@Composable
fun SearchView(
    state: SearchState,
    onEvent: (SearchEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    val focus = remember { FocusRequester() }
    LaunchedEffect(Unit) { focus.requestFocus() }
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.search, { onEvent(SearchEvent.Back) })
        Field(
            state.query,
            { onEvent(SearchEvent.Query(it)) },
            strings.searchLabel,
            Modifier
                .background(Qroc.colours.surface)
                .padding(start = 16.dp, end = 16.dp, bottom = 12.dp)
                .focusRequester(focus)
                .testTag("query"),
            icon = Icons.Search,
            onEnter = { onEvent(SearchEvent.First) },
        )
        if (state.error != null) ErrorNote(state.error, Modifier.padding(16.dp))
        Box(Modifier.weight(1f)) {
            val nothing = state.rooms.isEmpty() && state.messages.isEmpty()
            when {
                state.query.isBlank() -> EmptyNote(Icons.Search, strings.searchStartTitle, strings.searchStartText)
                nothing && !state.settled -> Skeleton(rows = 4)
                nothing && state.error == null ->
                    EmptyNote(Icons.Search, strings.searchNothingTitle, strings.searchNothingText)
                else ->
                    LazyColumn(Modifier.fillMaxSize().testTag("hits")) {
                        if (state.rooms.isNotEmpty()) {
                            heading("rooms") { Qroc.strings.rooms }
                            items(state.rooms, key = { "room-${it.id}" }) { RoomItem(it, onEvent) }
                        }
                        if (state.messages.isNotEmpty()) {
                            heading("messages") { Qroc.strings.messages }
                            items(state.messages, key = { "message-${it.key}" }) { MessageItem(it, onEvent) }
                        }
                    }
            }
        }
    }
}

private fun LazyListScope.heading(
    key: String,
    text: @Composable () -> String,
) = item(key = key) {
    Text(
        text(),
        Modifier.padding(start = 16.dp, top = 16.dp, bottom = 4.dp).semantics { heading() },
        color = Qroc.colours.secondary,
        style = MaterialTheme.typography.titleSmall,
    )
}

@Composable
private fun RoomItem(
    hit: RoomHit,
    onEvent: (SearchEvent) -> Unit,
) {
    Row(
        Modifier
            .fillMaxWidth()
            .clickable(role = Role.Button) { onEvent(SearchEvent.OpenRoom(hit.id)) }
            .heightIn(min = 64.dp)
            .padding(horizontal = 16.dp, vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Avatar(hit.name)
        Text(
            hit.name,
            Modifier.weight(1f),
            maxLines = 2,
            overflow = TextOverflow.Ellipsis,
            style = MaterialTheme.typography.titleMedium,
        )
    }
}

@Composable
private fun MessageItem(
    hit: MessageHit,
    onEvent: (SearchEvent) -> Unit,
) {
    Column(
        Modifier
            .fillMaxWidth()
            .clickable(role = Role.Button) { onEvent(SearchEvent.OpenMessage(hit)) }
            .heightIn(min = 72.dp)
            .padding(horizontal = 16.dp, vertical = 8.dp),
        verticalArrangement = Arrangement.Center,
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Text(
                hit.roomName,
                Modifier.weight(1f),
                color = Qroc.colours.secondary,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.labelLarge,
            )
            Text(
                Qroc.times.short(hit.ts),
                color = Qroc.colours.secondary,
                style = MaterialTheme.typography.bodySmall,
            )
        }
        val mark = SpanStyle(background = Qroc.colours.own, color = Qroc.colours.onOwn, fontWeight = FontWeight.Bold)
        Text(
            buildAnnotatedString {
                append(hit.snippet)
                hit.matches.forEach { addStyle(mark, it.first, it.last + 1) }
            },
            maxLines = 3,
            overflow = TextOverflow.Ellipsis,
            style = MaterialTheme.typography.bodyLarge,
        )
    }
}

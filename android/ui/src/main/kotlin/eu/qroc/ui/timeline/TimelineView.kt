package eu.qroc.ui.timeline

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.snapshotFlow
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.composer.AttachmentSheet
import eu.qroc.ui.composer.ComposerBar
import eu.qroc.ui.composer.PositionSheet
import eu.qroc.ui.parts.ConnectionLine
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc
import eu.qroc.ui.verify.ChangedNote
import eu.qroc.ui.verify.TakeQuestion
import eu.qroc.ui.verify.TrustMark
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.launch

/** What happened? */
@Composable
fun TimelineView(
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
    modifier: Modifier = Modifier,
    /** Whether there is a way back, which beside the list there is not. */
    back: Boolean = true,
) {
    val compose = { event: eu.qroc.ui.composer.ComposerEvent -> onEvent(TimelineEvent.Compose(event)) }
    Box(modifier.fillMaxSize().background(Qroc.colours.background)) {
        Column {
            Above(state, onEvent, back, Modifier.weight(1f))
            // Beside the list there is room for a keyboard.
            ComposerBar(state.composer, compose, ready = !back)
        }
        val attachment = state.composer.attachment
        val position = state.composer.position
        when {
            state.viewing != null -> PictureViewer(state.viewing, onEvent)
            attachment != null -> AttachmentSheet(attachment, compose)
            position != null -> PositionSheet(position, compose)
            state.opened != null -> MessageSheet(state.opened, onEvent)
        }
    }
    if (state.taking && state.changed != null) {
        TakeQuestion(state.changed.name, { onEvent(TimelineEvent.Take) }, { onEvent(TimelineEvent.KeepUnknown) })
    }
    val strings = Qroc.strings
    val removing = state.removing
    if (removing != null) {
        Question(
            strings.removeTitle,
            strings.removeText,
            strings.removeConfirm,
            { onEvent(TimelineEvent.Remove(removing)) },
            { onEvent(TimelineEvent.KeepMessage) },
        )
    }
}

/** All but the field to write in, which stays however little room there is. */
@Composable
private fun Above(
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
    back: Boolean,
    modifier: Modifier,
) {
    val strings = Qroc.strings
    Column(modifier) {
        Header(state, onEvent, back)
        ConnectionLine(state.connection, { onEvent(TimelineEvent.Queue) })
        if (state.changed != null) {
            ChangedNote(state.changed.name, { onEvent(TimelineEvent.Compare) }) { onEvent(TimelineEvent.AskTake) }
        }
        if (state.error != null) {
            ErrorNote(
                state.error,
                Modifier.heightIn(max = 280.dp).verticalScroll(rememberScrollState()).padding(16.dp),
                action = if (state.entries == null) strings.tryAgain else strings.close,
                onAction = {
                    onEvent(if (state.entries == null) TimelineEvent.Reload else TimelineEvent.DismissError)
                },
            )
        }
        Box(Modifier.weight(1f)) { Content(state, onEvent) }
        val quick = state.quick
        Column(Modifier.heightIn(max = 280.dp).verticalScroll(rememberScrollState())) {
            DoneLine(state.done) { onEvent(TimelineEvent.DismissDone) }
            // While something is written the keyboard needs the room.
            if (quick != null && state.thread == null && !state.composer.left && state.composer.text.isBlank()) QuickBar(quick, onEvent)
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Header(
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
    back: Boolean,
) {
    val strings = Qroc.strings
    if (state.thread != null) {
        TopBar(
            strings.thread,
            { onEvent(TimelineEvent.CloseThread) },
            subtitle = { Subtitle(state.roomName) },
        )
        return
    }
    TopBar(
        state.roomName,
        if (back) ({ onEvent(TimelineEvent.Back) }) else null,
        subtitle = {
            val typing = state.typing
            val text =
                when {
                    typing.size == 1 -> strings.typingOne(typing[0])
                    typing.size > 1 -> strings.typingMany(typing.size)
                    !state.encrypted -> strings.notEncrypted
                    state.members > 0 -> strings.memberCount(state.members)
                    else -> null
                }
            FlowRow(horizontalArrangement = Arrangement.spacedBy(12.dp), verticalArrangement = Arrangement.Center) {
                if (text != null) Subtitle(text, warn = typing.isEmpty() && !state.encrypted)
                state.trust?.let { TrustMark(it) }
            }
        },
    ) {
        IconAction(Icons.Map, strings.mapOpen, { onEvent(TimelineEvent.Map()) })
        IconAction(Icons.Info, strings.roomDetails, { onEvent(TimelineEvent.Details) })
    }
}

@Composable
private fun Subtitle(
    text: String,
    warn: Boolean = false,
) {
    Text(
        text,
        color = if (warn) Qroc.colours.waiting else Qroc.colours.secondary,
        style = MaterialTheme.typography.bodyMedium,
        maxLines = 1,
        overflow = TextOverflow.Ellipsis,
    )
}

@Composable
private fun Content(
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val entries = state.entries
    when {
        entries == null -> if (state.error == null) Skeleton(rows = 6)
        entries.isEmpty() -> EmptyNote(Icons.Chat, strings.timelineEmptyTitle, strings.timelineEmptyText)
        else -> Messages(entries, state, onEvent)
    }
}

@Composable
private fun Messages(
    entries: List<Entry>,
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
) {
    val list = rememberLazyListState()
    Follow(list, entries, state, onEvent)
    val scope = rememberCoroutineScope()
    val away by remember { derivedStateOf { list.firstVisibleItemIndex > FAR } }
    Box {
        LazyColumn(
            Modifier.fillMaxSize().testTag("timeline"),
            list,
            contentPadding = PaddingValues(horizontal = 12.dp, vertical = 8.dp),
            reverseLayout = true,
        ) {
            items(entries, key = { it.key }, contentType = { it::class }) { entry ->
                when (entry) {
                    is Day -> Separator(Qroc.times.day(entry.date))
                    UnreadMarker -> UnreadLine()
                    is Gap -> Separator(Qroc.strings.gap)
                    is Notice -> NoticeLine(entry)
                    is Message -> MessageItem(entry, inThread = state.thread != null, onEvent)
                }
            }
            item(key = "oldest") { Oldest(state) { onEvent(TimelineEvent.Older) } }
        }
        if (away) {
            Surface(
                Modifier.align(Alignment.BottomEnd).padding(16.dp),
                shape = CircleShape,
                color = Qroc.colours.raised,
                shadowElevation = 4.dp,
            ) {
                IconAction(Icons.Down, Qroc.strings.toNewest, { scope.launch { list.scrollToItem(0) } })
            }
        }
    }
}

/** Keeps the newest in view for those who are there, asks for older ones in time, and tells what was seen. */
@Composable
private fun Follow(
    list: LazyListState,
    entries: List<Entry>,
    state: TimelineState,
    onEvent: (TimelineEvent) -> Unit,
) {
    val newest = entries.firstOrNull()
    LaunchedEffect(newest?.key) {
        val own = newest is Message && newest.own
        if (own || list.firstVisibleItemIndex <= 1) list.scrollToItem(0)
        if (list.firstVisibleItemIndex == 0) onEvent(TimelineEvent.SeenNewest)
    }
    LaunchedEffect(state.target, entries.size) {
        val at = entries.indexOfFirst { it.key == state.target }
        if (at >= 0) {
            list.scrollToItem(at)
            onEvent(TimelineEvent.TargetShown)
        }
    }
    LaunchedEffect(list) {
        snapshotFlow { list.firstVisibleItemIndex == 0 }
            .distinctUntilChanged()
            .collect { if (it) onEvent(TimelineEvent.SeenNewest) }
    }
    LaunchedEffect(list) {
        snapshotFlow { if (list.isScrollInProgress) null else list.firstVisibleItemIndex to list.layoutInfo.visibleItemsInfo.firstOrNull()?.key }
            .distinctUntilChanged()
            .collect { if (it != null) onEvent(TimelineEvent.Reading(if (it.first == 0) null else it.second as? String)) }
    }
    val wantsOlder by remember(entries.size, state.atStart, state.loadingOlder, state.olderError) {
        derivedStateOf {
            val last = list.layoutInfo.visibleItemsInfo.lastOrNull()?.index ?: 0
            !state.atStart && !state.loadingOlder && state.olderError == null && last >= entries.size - AHEAD
        }
    }
    LaunchedEffect(wantsOlder) { if (wantsOlder) onEvent(TimelineEvent.Older) }
}

@Composable
private fun Oldest(
    state: TimelineState,
    onRetry: () -> Unit,
) {
    Box(Modifier.fillMaxWidth().heightIn(min = 48.dp).padding(8.dp), contentAlignment = Alignment.Center) {
        when {
            state.loadingOlder ->
                CircularProgressIndicator(Modifier.size(24.dp), strokeWidth = 2.dp)
            state.olderError != null -> ErrorNote(state.olderError, action = Qroc.strings.tryAgain, onAction = onRetry)
            state.atStart && state.thread == null ->
                Text(
                    Qroc.strings.roomStart,
                    color = Qroc.colours.secondary,
                    style = MaterialTheme.typography.bodyMedium,
                    textAlign = TextAlign.Center,
                )
        }
    }
}

@Composable
private fun DoneLine(
    text: String?,
    onDismiss: () -> Unit,
) {
    if (text == null) return
    Row(
        Modifier
            .fillMaxWidth()
            .background(Qroc.colours.raised)
            .clickable(onClickLabel = Qroc.strings.close, role = Role.Button, onClick = onDismiss)
            .heightIn(min = 48.dp)
            .padding(horizontal = 16.dp, vertical = 8.dp)
            .semantics { liveRegion = LiveRegionMode.Polite },
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Sent, null, Modifier.size(20.dp), tint = Qroc.colours.verified)
        Text(text, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium)
        Icon(Icons.Close, null, Modifier.size(20.dp), tint = Qroc.colours.secondary)
    }
}

private const val FAR = 6
private const val AHEAD = 12

package eu.qroc.ui.queue

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** What has not been sent, and why? */
@Composable
fun QueueView(
    state: QueueState,
    onEvent: (QueueEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.queueTitle, { onEvent(QueueEvent.Back) })
        if (state.error != null) ErrorNote(state.error, Modifier.padding(16.dp))
        Box(Modifier.weight(1f)) {
            when {
                state.items == null -> if (state.error == null) Skeleton(rows = 3)
                state.items.isEmpty() -> EmptyNote(Icons.Sent, strings.queueEmptyTitle, strings.queueEmptyText)
                else ->
                    LazyColumn(Modifier.fillMaxHeight().widthIn(max = 720.dp).testTag("queue")) {
                        items(state.items, key = { it.id }) {
                            QueueItem(it, onEvent)
                            HorizontalDivider(color = Qroc.colours.line)
                        }
                    }
            }
        }
    }
    val cancelling = state.cancelling
    if (cancelling != null) {
        Question(
            strings.queueCancelTitle(cancelling.roomName),
            strings.queueCancelText,
            strings.cancelSending,
            { onEvent(QueueEvent.Cancel(cancelling)) },
            { onEvent(QueueEvent.Keep) },
        )
    }
}

@Composable
private fun QueueItem(
    row: QueueRow,
    onEvent: (QueueEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Column(Modifier.fillMaxWidth().heightIn(min = 72.dp).padding(horizontal = 16.dp, vertical = 8.dp)) {
        Text(
            when (row.kind) {
                QueueKind.MESSAGE -> strings.queueMessage(row.roomName)
                QueueKind.REMOVAL -> strings.queueRemoval(row.roomName)
                QueueKind.READ -> strings.queueRead(row.roomName)
                QueueKind.MEMBERSHIP -> strings.queueMembership(row.roomName)
                QueueKind.SETTING -> strings.queueSetting(row.roomName)
            },
            maxLines = 2,
            overflow = TextOverflow.Ellipsis,
            style = MaterialTheme.typography.titleMedium,
        )
        when (row.state) {
            QueueItemState.WAITING -> Mark(Icons.Clock, strings.stateQueuedLong, colours.waiting)
            QueueItemState.SENDING -> Mark(Icons.Queue, strings.stateSendingLong, colours.waiting)
            QueueItemState.FAILED -> Mark(Icons.Warning, strings.stateFailed, colours.danger)
        }
        if (row.why != null) Text(row.why, style = MaterialTheme.typography.bodyMedium)
        val next = if (row.nextTs > 0) strings.nextTry(Qroc.times.clock(row.nextTs)) else null
        val tries = if (row.attempts > 0) strings.tries(row.attempts) else null
        val more = listOfNotNull(tries, next).joinToString(" · ")
        if (more.isNotEmpty()) Text(more, color = colours.secondary, style = MaterialTheme.typography.bodyMedium)
        if (row.state != QueueItemState.SENDING) {
            Row(
                Modifier.fillMaxWidth(),
                horizontalArrangement = Arrangement.spacedBy(8.dp, Alignment.End),
            ) {
                TextAction(strings.cancelSending, { onEvent(QueueEvent.AskCancel(row)) }, danger = true)
                TextAction(strings.tryNow, { onEvent(QueueEvent.Retry(row)) })
            }
        }
    }
}

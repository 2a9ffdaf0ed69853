package eu.qroc.ui.timeline

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.format.degrees
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Sheet
import eu.qroc.ui.parts.SheetAction
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** Symbols that say something on duty: agreed, thanks, seen, on it, question, no. */
internal val REACTIONS = listOf("👍", "🙏", "👀", "✅", "❓", "❌")

/** What is to know about a message, and what can be done with it. */
@Composable
internal fun MessageSheet(
    message: Message,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    Sheet(message.senderName, { onEvent(TimelineEvent.CloseSheet) }) {
        Column {
            Facts(message)
        }
        if (message.eventId != null && message.body != Body.Removed && message.body !is Body.Unreadable) {
            QuickReactions(message, onEvent)
        }
        Column { Actions(message, onEvent) }
    }
}

@Composable
private fun Facts(message: Message) {
    val strings = Qroc.strings
    val times = Qroc.times
    val state =
        when (message.state) {
            SendState.QUEUED -> strings.stateQueuedLong
            SendState.SENDING -> strings.stateSendingLong
            SendState.FAILED -> message.failure ?: strings.stateFailed
            SendState.SENT ->
                if (message.seenBy.isEmpty()) {
                    strings.stateSentLong
                } else {
                    strings.seenBy(message.seenBy.joinToString())
                }
        }
    val lines =
        listOf(
            strings.sentAt(times.day(times.dayOf(message.ts)), times.clock(message.ts)),
            if (message.own || message.seenBy.isNotEmpty()) state else null,
            if (message.encrypted) strings.wasEncrypted else strings.wasNotEncrypted,
            if (plays(message.body)) strings.notPlayed else null,
        )
    lines.filterNotNull().forEach {
        Text(it, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
    }
}

/** Whether it is a clip or a recording, for which there is no player here. */
private fun plays(body: Body): Boolean {
    val mime = (body as? Body.File)?.mime ?: return false
    return mime.startsWith("video/") || mime.startsWith("audio/")
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun QuickReactions(
    message: Message,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    FlowRow(
        horizontalArrangement = Arrangement.spacedBy(4.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
    ) {
        REACTIONS.forEach { symbol ->
            val mine = message.reactions.any { it.symbol == symbol && it.mine }
            val label = strings.reactWith(symbol)
            Box(
                Modifier
                    .size(48.dp)
                    .clip(CircleShape)
                    .background(if (mine) Qroc.colours.own else Qroc.colours.raised)
                    .clickable(enabled = !mine, role = Role.Button) { onEvent(TimelineEvent.React(message, symbol)) }
                    .semantics(mergeDescendants = true) { contentDescription = label },
                contentAlignment = Alignment.Center,
            ) { Text(symbol, style = MaterialTheme.typography.titleLarge) }
        }
    }
}

@Composable
private fun ColumnScope.Actions(
    message: Message,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val readable = message.body != Body.Removed && message.body !is Body.Unreadable
    val sent = message.eventId != null
    val text = copyText(message.body)
    if (message.state == SendState.FAILED) {
        SheetAction(Icons.Retry, strings.tryAgain, { onEvent(TimelineEvent.Retry(message)) })
    }
    if (sent && readable) {
        SheetAction(Icons.Reply, strings.reply, { onEvent(TimelineEvent.Reply(message)) })
        val root = message.thread ?: message.eventId
        SheetAction(Icons.Thread, strings.answerInThread, { onEvent(TimelineEvent.OpenThread(root)) })
    }
    val forbidden = LocalForbidden.current
    if (text != null) {
        SheetAction(Icons.Copy, strings.copy, { onEvent(TimelineEvent.Copy(text)) }, forbidden = forbidden[Gate.COPY])
    }
    if (sent && text != null) {
        SheetAction(Icons.Forward, strings.forward, { onEvent(TimelineEvent.Forward(text)) }, forbidden = forbidden[Gate.FORWARD])
    }
    if (sent && (message.body is Body.Picture || message.body is Body.File || message.body is Body.Voice)) {
        SheetAction(Icons.Save, strings.save, { onEvent(TimelineEvent.Save(message)) }, forbidden = forbidden[Gate.SAVE])
    }
    if (message.own && sent && message.body is Body.Text) {
        SheetAction(Icons.Edit, strings.edit, { onEvent(TimelineEvent.Edit(message)) })
    }
    if (message.own && sent && readable) {
        SheetAction(Icons.Delete, strings.remove, { onEvent(TimelineEvent.AskRemove(message)) }, danger = true)
    }
    if (message.own && !sent && message.state != SendState.SENDING) {
        SheetAction(Icons.Delete, strings.cancelSending, { onEvent(TimelineEvent.Cancel(message)) }, danger = true)
    }
}

/** What is put on the clipboard, if there is anything. */
internal fun copyText(body: Body): String? =
    when (body) {
        is Body.Text -> body.text
        is Body.Picture -> body.caption
        is Body.File -> body.caption
        is Body.Position -> degrees(body.lat, body.lon)
        is Body.Voice, is Body.Unreadable, Body.Removed, is Body.Unknown -> null
    }

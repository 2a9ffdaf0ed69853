package eu.qroc.ui.timeline

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.IntrinsicSize
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.role
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Target
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.theme.Qroc

/** One message: a bubble of at most 80 % of the width, own ones at the end. A touch opens its details. */
@Composable
internal fun MessageItem(
    message: Message,
    inThread: Boolean,
    onEvent: (TimelineEvent) -> Unit,
) {
    BoxWithConstraints(Modifier.fillMaxWidth().padding(top = if (message.first) 12.dp else 4.dp)) {
        val widest = minOf(maxWidth * 0.8f, 560.dp)
        Column(
            Modifier.fillMaxWidth(),
            horizontalAlignment = if (message.own) Alignment.End else Alignment.Start,
        ) {
            if (message.first && !message.own) {
                Text(
                    message.senderName,
                    Modifier.padding(start = 12.dp, bottom = 2.dp).widthIn(max = widest),
                    color = Qroc.colours.accent,
                    fontWeight = FontWeight.Medium,
                    maxLines = 1,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.labelLarge,
                )
            }
            Bubble(message, inThread, Modifier.widthIn(max = widest), onEvent)
            if (message.reactions.isNotEmpty()) Reactions(message, Modifier.widthIn(max = widest), onEvent)
            if (message.state == SendState.FAILED) Failed(message, Modifier.widthIn(max = widest), onEvent)
        }
    }
}

@Composable
private fun Bubble(
    message: Message,
    inThread: Boolean,
    modifier: Modifier,
    onEvent: (TimelineEvent) -> Unit,
) {
    val colours = Qroc.colours
    val corner = 16.dp
    val near = 4.dp
    Surface(
        onClick = { onEvent(TimelineEvent.Open(message)) },
        modifier = modifier.heightIn(min = Target).semantics { role = Role.Button },
        shape =
            RoundedCornerShape(
                topStart = if (message.own || message.first) corner else near,
                topEnd = if (!message.own || message.first) corner else near,
                bottomStart = if (message.own) corner else near,
                bottomEnd = if (message.own) near else corner,
            ),
        color = if (message.own) colours.own else colours.other,
        contentColor = if (message.own) colours.onOwn else colours.onOther,
        shadowElevation = if (colours.light) 1.dp else 0.dp,
    ) {
        Column(
            Modifier.width(IntrinsicSize.Max).padding(horizontal = 12.dp, vertical = 8.dp),
            verticalArrangement = Arrangement.spacedBy(4.dp),
        ) {
            val thread = message.thread
            if (thread != null && !inThread) ThreadTag(Qroc.strings.inThread) { onEvent(TimelineEvent.OpenThread(thread)) }
            message.reply?.let { QuoteBox(it) }
            BodyView(message, onEvent)
            val eventId = message.eventId
            if (message.answers > 0 && !inThread && eventId != null) {
                ThreadTag(Qroc.strings.answerCount(message.answers)) { onEvent(TimelineEvent.OpenThread(eventId)) }
            }
            Foot(message)
        }
    }
}

@Composable
private fun ColumnScope.Foot(message: Message) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Row(
        Modifier.align(Alignment.End),
        horizontalArrangement = Arrangement.spacedBy(6.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        if (!message.encrypted) Icon(Icons.Unlocked, strings.notEncrypted, Modifier.size(16.dp), tint = colours.waiting)
        if (message.edited) {
            Text(strings.edited, color = colours.secondary, style = MaterialTheme.typography.bodySmall, maxLines = 1)
        }
        Text(
            Qroc.times.clock(message.ts),
            color = colours.secondary,
            style = MaterialTheme.typography.bodySmall,
            maxLines = 1,
        )
        if (!message.own) return@Row
        when (message.state) {
            SendState.SENT ->
                if (message.seenBy.isEmpty()) {
                    Icon(Icons.Sent, strings.stateSent, Modifier.size(16.dp), tint = colours.secondary)
                } else {
                    Icon(
                        Icons.Seen,
                        strings.seenCount(message.seenBy.size),
                        Modifier.size(18.dp),
                        tint = colours.verified,
                    )
                }
            SendState.QUEUED, SendState.SENDING -> Mark(Icons.Clock, strings.stateWaiting, colours.waiting)
            SendState.FAILED -> Mark(Icons.Warning, strings.stateFailed, colours.danger)
        }
    }
}

@Composable
private fun ThreadTag(
    text: String,
    onClick: () -> Unit,
) {
    Row(
        Modifier.clip(RoundedCornerShape(8.dp)).clickable(role = Role.Button, onClick = onClick).heightIn(min = Target),
        horizontalArrangement = Arrangement.spacedBy(6.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Thread, null, Modifier.size(18.dp), tint = Qroc.colours.accent)
        Text(text, color = Qroc.colours.accent, style = MaterialTheme.typography.labelLarge)
    }
}

@Composable
private fun QuoteBox(quote: Quote) {
    val colours = Qroc.colours
    Row(
        Modifier
            .fillMaxWidth()
            .height(IntrinsicSize.Min)
            .clip(RoundedCornerShape(8.dp))
            .background(colours.background.copy(alpha = 0.55f)),
    ) {
        Box(Modifier.width(4.dp).fillMaxHeight().background(colours.accent))
        Column(Modifier.padding(horizontal = 8.dp, vertical = 4.dp)) {
            quote.sender?.let {
                Text(
                    it,
                    color = colours.accent,
                    maxLines = 1,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.labelLarge,
                )
            }
            Text(
                quote.text ?: Qroc.strings.quoteNotHere,
                color = colours.secondary,
                maxLines = 2,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Reactions(
    message: Message,
    modifier: Modifier,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    FlowRow(modifier.padding(top = 2.dp), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        message.reactions.forEach { reaction ->
            val label = strings.reactionBy(reaction.symbol, reaction.who.joinToString())
            Box(
                Modifier
                    .heightIn(min = Target)
                    .widthIn(min = Target)
                    .clip(RoundedCornerShape(16.dp))
                    .clickable(role = Role.Button, enabled = !reaction.mine) {
                        onEvent(TimelineEvent.React(message, reaction.symbol))
                    }.semantics(mergeDescendants = true) {
                        contentDescription = label
                        selected = reaction.mine
                    },
                contentAlignment = Alignment.Center,
            ) {
                Text(
                    "${reaction.symbol} ${reaction.who.size}",
                    Modifier
                        .clip(RoundedCornerShape(14.dp))
                        .background(if (reaction.mine) colours.own else colours.raised)
                        .padding(horizontal = 10.dp, vertical = 5.dp),
                    color = if (reaction.mine) colours.onOwn else colours.body,
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Failed(
    message: Message,
    modifier: Modifier,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(modifier, horizontalAlignment = Alignment.End) {
        val failure = message.failure
        if (failure != null) {
            Text(
                failure,
                Modifier.padding(top = 4.dp),
                color = Qroc.colours.danger,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp, Alignment.End)) {
            TextAction(strings.cancelSending, { onEvent(TimelineEvent.Cancel(message)) }, danger = true)
            TextAction(strings.tryAgain, { onEvent(TimelineEvent.Retry(message)) })
        }
    }
}

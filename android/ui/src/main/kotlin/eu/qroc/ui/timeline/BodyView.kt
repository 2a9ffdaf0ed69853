package eu.qroc.ui.timeline

import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import eu.qroc.ui.format.degrees
import eu.qroc.ui.format.size
import eu.qroc.ui.map.Place
import eu.qroc.ui.map.SmallMap
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc
import kotlin.math.roundToInt

@Composable
internal fun BodyView(
    message: Message,
    onEvent: (TimelineEvent) -> Unit,
) {
    when (val body = message.body) {
        is Body.Text -> Text(body.text, style = MaterialTheme.typography.bodyLarge)
        is Body.Picture -> PictureBody(message, body, onEvent)
        is Body.File -> FileBody(message, body, onEvent)
        is Body.Voice -> VoiceBody(message, body, onEvent)
        is Body.Position -> PositionBody(body, onEvent)
        is Body.Unreadable -> Quiet(Icons.Lock, unreadable(body.reason))
        Body.Removed -> Quiet(Icons.Delete, Qroc.strings.removed)
        is Body.Unknown -> Quiet(Icons.Info, Qroc.strings.unknownMessage(body.type))
    }
}

@Composable
private fun unreadable(reason: UnreadableReason): String =
    when (reason) {
        UnreadableReason.NO_KEY_YET -> Qroc.strings.unreadableNoKey
        UnreadableReason.KEY_WITHHELD -> Qroc.strings.unreadableWithheld
        UnreadableReason.DAMAGED -> Qroc.strings.unreadableDamaged
        UnreadableReason.UNSUPPORTED -> Qroc.strings.unreadableUnsupported
    }

@Composable
private fun Quiet(
    icon: androidx.compose.ui.graphics.vector.ImageVector,
    text: String,
) {
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
        Icon(icon, null, Modifier.size(20.dp), tint = Qroc.colours.secondary)
        Text(
            text,
            color = Qroc.colours.secondary,
            fontStyle = FontStyle.Italic,
            style = MaterialTheme.typography.bodyMedium,
        )
    }
}

/** Width and height on the screen, the same before and after the picture is there. */
private fun frame(body: Body.Picture): Pair<Dp, Dp> {
    if (body.width <= 0 || body.height <= 0) return 240.dp to 180.dp
    val ratio = (body.width.toFloat() / body.height).coerceIn(0.5f, 2.5f)
    return if (ratio >= 1f) 280.dp to (280 / ratio).dp else (300 * ratio).dp to 300.dp
}

@Composable
private fun PictureBody(
    message: Message,
    body: Body.Picture,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    if (body.picture == null && body.transfer == Transfer.None) {
        LaunchedEffect(message.key, message.eventId) { onEvent(TimelineEvent.Appeared(message.key)) }
    }
    val (width, height) = frame(body)
    Column(Modifier.width(width), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Box(
            Modifier
                .fillMaxWidth()
                .height(height)
                .clip(RoundedCornerShape(12.dp))
                .background(Qroc.colours.background)
                .clickable(
                    enabled = body.picture != null,
                    onClickLabel = strings.viewPhoto,
                    role = Role.Image,
                ) { onEvent(TimelineEvent.View(message)) },
            contentAlignment = Alignment.Center,
        ) {
            if (body.picture != null) {
                Image(
                    body.picture,
                    strings.photoFrom(message.senderName),
                    Modifier.fillMaxSize(),
                    contentScale = ContentScale.Crop,
                )
            } else {
                PictureWaiting(body) { onEvent(TimelineEvent.Appeared(message.key)) }
            }
        }
        body.caption?.let { Text(it, style = MaterialTheme.typography.bodyLarge) }
    }
}

@Composable
private fun PictureWaiting(
    body: Body.Picture,
    onRetry: () -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Column(
        Modifier.padding(12.dp),
        horizontalAlignment = Alignment.CenterHorizontally,
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        when (val transfer = body.transfer) {
            Transfer.None -> Icon(Icons.Photo, null, Modifier.size(32.dp), tint = colours.secondary)
            is Transfer.Running ->
                if (transfer.part == null) {
                    CircularProgressIndicator(Modifier.size(32.dp), strokeWidth = 3.dp)
                } else {
                    CircularProgressIndicator({ transfer.part }, Modifier.size(32.dp), strokeWidth = 3.dp)
                }
            is Transfer.Failed -> {
                IconAction(Icons.Retry, strings.tryAgain, onRetry, tint = colours.danger)
                Text(
                    transfer.why,
                    color = colours.danger,
                    style = MaterialTheme.typography.bodySmall,
                    textAlign = TextAlign.Center,
                    maxLines = 3,
                    overflow = TextOverflow.Ellipsis,
                )
            }
        }
        val running = body.transfer as? Transfer.Running
        val part = running?.part?.let { "${(it * 100).roundToInt()} %" }
        val length = body.bytes?.let { size(it, strings) }
        if (body.transfer is Transfer.Failed) return@Column
        Text(
            listOfNotNull(part, length).joinToString(" · ").ifEmpty { body.name },
            color = colours.secondary,
            style = MaterialTheme.typography.bodySmall,
            maxLines = 1,
            overflow = TextOverflow.Ellipsis,
        )
    }
}

@Composable
private fun FileBody(
    message: Message,
    body: Body.File,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Column(Modifier.widthIn(min = 200.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            Icon(Icons.File, null, Modifier.size(32.dp), tint = colours.accent)
            Column(Modifier.weight(1f)) {
                Text(
                    body.name,
                    maxLines = 2,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.bodyLarge,
                )
                val failed = body.transfer as? Transfer.Failed
                Text(
                    failed?.why ?: listOfNotNull(body.bytes?.let { size(it, strings) }, body.mime).joinToString(" · "),
                    color = if (failed != null) colours.danger else colours.secondary,
                    maxLines = if (failed != null) 3 else 1,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
            if (message.eventId != null && body.transfer !is Transfer.Running) {
                // Where it may not be saved, its sheet says why.
                val locked = Gate.SAVE in LocalForbidden.current
                IconAction(
                    if (locked) Icons.Lock else Icons.Save,
                    strings.saveFile(body.name),
                    { onEvent(if (locked) TimelineEvent.Open(message) else TimelineEvent.Save(message)) },
                    tint = colours.accent,
                )
            }
        }
        val running = body.transfer as? Transfer.Running
        if (running != null) {
            if (running.part == null) {
                LinearProgressIndicator(Modifier.fillMaxWidth())
            } else {
                LinearProgressIndicator({ running.part }, Modifier.fillMaxWidth())
            }
        }
        body.caption?.let { Text(it, style = MaterialTheme.typography.bodyLarge) }
    }
}

@Composable
private fun PositionBody(
    body: Body.Position,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    val stale = Qroc.times.minutesSince(body.measured) >= STALE_MINUTES
    Column(Modifier.width(264.dp), verticalArrangement = Arrangement.spacedBy(2.dp)) {
        val place = Place(body.lat, body.lon)
        SmallMap(
            place,
            body.accuracy,
            stale,
            Modifier
                .fillMaxWidth()
                .height(132.dp)
                .clickable(role = Role.Button) { onEvent(TimelineEvent.Map(place)) }
                .semantics { contentDescription = strings.mapOpen },
        )
        Text(
            degrees(body.lat, body.lon),
            Modifier.padding(top = 4.dp),
            style = MaterialTheme.typography.bodyLarge,
        )
        val accuracy = body.accuracy?.let { strings.accuracy(it.roundToInt()) }
        Text(
            listOfNotNull(Qroc.times.ago(body.measured), accuracy).joinToString(" · "),
            color = if (stale) colours.waiting else colours.secondary,
            style = MaterialTheme.typography.bodyMedium,
        )
    }
}

private const val STALE_MINUTES = 15L

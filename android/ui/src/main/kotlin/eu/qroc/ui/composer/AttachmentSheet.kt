package eu.qroc.ui.composer

import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.format.coordinates
import eu.qroc.ui.format.degrees
import eu.qroc.ui.format.size
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Sheet
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.theme.Qroc

/** A last look before a file is sent: how large it is, and what is taken out. */
@Composable
fun AttachmentSheet(
    attachment: Attachment,
    onEvent: (ComposerEvent) -> Unit,
) {
    val strings = Qroc.strings
    Sheet(
        if (attachment.photo) strings.sendPhotoTitle else strings.sendFileTitle,
        { onEvent(ComposerEvent.DropAttachment) },
    ) {
        val picture = attachment.picture
        if (picture != null) {
            Image(
                picture,
                strings.photoPreview,
                Modifier.fillMaxWidth().heightIn(max = 280.dp).clip(RoundedCornerShape(16.dp)),
                contentScale = ContentScale.Fit,
            )
        }
        Row(horizontalArrangement = Arrangement.spacedBy(12.dp), verticalAlignment = Alignment.CenterVertically) {
            Icon(
                if (attachment.photo) Icons.Photo else Icons.File,
                null,
                Modifier.size(24.dp),
                tint = Qroc.colours.accent,
            )
            Column(Modifier.weight(1f)) {
                Text(
                    attachment.name,
                    maxLines = 2,
                    overflow = TextOverflow.Ellipsis,
                    style = MaterialTheme.typography.bodyLarge,
                )
                Sizes(attachment)
            }
        }
        if (attachment.cleaned) Mark(Icons.Verified, strings.cleaned, Qroc.colours.verified)
        if (attachment.problem != null) ErrorNote(attachment.problem)
        Field(
            attachment.caption,
            { onEvent(ComposerEvent.Caption(it)) },
            strings.caption,
            Modifier.testTag("caption"),
            enabled = !attachment.working,
            onEnter = { if (!attachment.working) onEvent(ComposerEvent.SendAttachment) },
        )
        Buttons(
            strings.send,
            enabled = attachment.problem == null && !attachment.working,
            working = attachment.working,
            { onEvent(ComposerEvent.DropAttachment) },
        ) { onEvent(ComposerEvent.SendAttachment) }
    }
}

@Composable
private fun Sizes(attachment: Attachment) {
    val strings = Qroc.strings
    val before = size(attachment.sourceBytes, strings)
    val after = attachment.sentBytes
    val text =
        when {
            after == null -> before
            after == attachment.sourceBytes -> strings.sizeUnchanged(before)
            else -> strings.sizeBeforeAfter(before, size(after, strings))
        }
    Text(text, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
    if (attachment.working) LinearProgressIndicator(Modifier.fillMaxWidth().padding(top = 8.dp))
}

/** A place to send, typed as coordinates and read back in words. */
@Composable
fun PositionSheet(
    position: PositionDraft,
    onEvent: (ComposerEvent) -> Unit,
) {
    val strings = Qroc.strings
    val place = coordinates(position.text)
    val send = { if (place != null) onEvent(ComposerEvent.SendPosition) }
    Sheet(strings.sendPositionTitle, { onEvent(ComposerEvent.ClosePosition) }) {
        Field(
            position.text,
            { onEvent(ComposerEvent.PositionText(it)) },
            strings.coordinates,
            Modifier.testTag("coordinates"),
            error = if (place == null && position.text.length > LONG_ENOUGH) strings.coordinatesWrong else null,
            hint = if (place == null) strings.coordinatesHint else degrees(place.first, place.second),
            icon = Icons.Pin,
            onEnter = send,
        )
        Buttons(
            strings.send,
            enabled = place != null,
            working = false,
            { onEvent(ComposerEvent.ClosePosition) },
            send,
        )
    }
}

@Composable
private fun Buttons(
    text: String,
    enabled: Boolean,
    working: Boolean,
    onCancel: () -> Unit,
    onSend: () -> Unit,
) {
    Row(
        Modifier.fillMaxWidth(),
        horizontalArrangement = Arrangement.spacedBy(8.dp, Alignment.End),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        TextAction(Qroc.strings.cancel, onCancel)
        MainButton(text, onSend, enabled = enabled, working = working, icon = Icons.Send)
    }
}

private const val LONG_ENOUGH = 8

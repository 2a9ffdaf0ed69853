package eu.qroc.ui.composer

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.awaitEachGesture
import androidx.compose.foundation.gestures.awaitFirstDown
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.rememberUpdatedState
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.input.pointer.changedToUp
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.onClick
import androidx.compose.ui.semantics.role
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.theme.Qroc
import eu.qroc.ui.timeline.clock
import eu.qroc.ui.timeline.waveform

/**
 * Held, it records until it is let go, which sends; slid away, it sends nothing. Touched shortly, it records until somebody
 * presses to send or to cancel: for gloves, and for who cannot hold.
 */
@Composable
internal fun RecordButton(
    voice: VoiceDraft?,
    onEvent: (ComposerEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    val tell by rememberUpdatedState(onEvent)
    val recording by rememberUpdatedState(voice != null)
    // Away from the edge at which it stands.
    val towards = if (LocalLayoutDirection.current == LayoutDirection.Ltr) 1 else -1
    Box(
        Modifier
            .padding(horizontal = 4.dp)
            .size(56.dp)
            .clip(CircleShape)
            .background(colours.accent)
            .semantics {
                role = Role.Button
                contentDescription = if (voice == null) strings.voiceRecord else strings.voiceSend
                onClick {
                    tell(if (recording) ComposerEvent.SendVoice else ComposerEvent.Record)
                    true
                }
            }.pointerInput(towards) {
                awaitEachGesture {
                    val down = awaitFirstDown()
                    down.consume()
                    if (recording) {
                        // Begun by a short touch: this one sends.
                        tell(ComposerEvent.SendVoice)
                        return@awaitEachGesture
                    }
                    tell(ComposerEvent.Record)
                    while (true) {
                        val change = awaitPointerEvent().changes.firstOrNull { it.id == down.id } ?: break
                        val let = change.changedToUp()
                        change.consume()
                        val away = (down.position.x - change.position.x) * towards
                        if (away > SLIDE.toPx()) {
                            tell(ComposerEvent.CancelVoice)
                            break
                        }
                        if (let) {
                            if (change.uptimeMillis - down.uptimeMillis >= HELD_MS) tell(ComposerEvent.SendVoice)
                            break
                        }
                    }
                }
            },
        contentAlignment = Alignment.Center,
    ) {
        if (voice?.sending == true) {
            CircularProgressIndicator(Modifier.size(24.dp), color = colours.onAccent, strokeWidth = 2.dp)
        } else {
            Icon(if (voice == null) Icons.Microphone else Icons.Send, null, Modifier.size(24.dp), tint = colours.onAccent)
        }
    }
}

/** What is recorded, in place of the text. */
@Composable
internal fun VoiceLine(
    voice: VoiceDraft,
    onEvent: (ComposerEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Column(modifier) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            IconAction(Icons.Delete, strings.voiceCancel, { onEvent(ComposerEvent.CancelVoice) }, enabled = !voice.sending, tint = colours.danger)
            Text(clock(voice.lengthMs), style = MaterialTheme.typography.titleMedium)
            Canvas(Modifier.weight(1f).height(36.dp)) { waveform(voice.levels, 1f, colours.accent, colours.accent) }
        }
        Text(
            voice.problem ?: if (voice.full) strings.voiceFull else strings.voiceSlide,
            Modifier.fillMaxWidth().padding(horizontal = 12.dp).semantics { liveRegion = LiveRegionMode.Polite },
            color = if (voice.problem != null) colours.danger else colours.secondary,
            style = MaterialTheme.typography.bodySmall,
        )
    }
}

private val SLIDE = 96.dp
private const val HELD_MS = 400L

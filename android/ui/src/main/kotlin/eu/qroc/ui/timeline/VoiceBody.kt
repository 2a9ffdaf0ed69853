package eu.qroc.ui.timeline

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.width
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.rememberUpdatedState
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.CornerRadius
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.theme.Qroc

/** A voice message: heard with one press, from wherever its waveform is touched. */
@Composable
internal fun VoiceBody(
    message: Message,
    body: Body.Voice,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    val running = body.played?.running == true
    val length = body.lengthMs.coerceAtLeast(1)
    val at = body.played?.at ?: 0
    val play by rememberUpdatedState { from: Long -> onEvent(TimelineEvent.Play(message, from)) }
    Row(Modifier.width(264.dp), horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
        IconAction(
            if (running) Icons.Pause else Icons.Play,
            if (running) strings.voicePause else strings.voicePlay(message.senderName, clock(body.lengthMs)),
            { if (running) onEvent(TimelineEvent.Pause) else play(if (at >= length) 0 else at) },
            enabled = message.eventId != null,
            tint = colours.accent,
        )
        Column(Modifier.weight(1f)) {
            Canvas(
                Modifier.fillMaxWidth().height(36.dp).testTag("waveform").pointerInput(message.eventId, length) {
                    if (message.eventId == null) return@pointerInput
                    detectTapGestures { touched -> play((length * (touched.x / size.width).coerceIn(0f, 1f)).toLong()) }
                },
            ) { waveform(body.levels, at / length.toFloat(), colours.accent, colours.secondary) }
            Text(
                if (body.played == null) clock(body.lengthMs) else "${clock(at)} / ${clock(body.lengthMs)}",
                color = colours.secondary,
                style = MaterialTheme.typography.bodySmall,
            )
        }
    }
}

/** A bar for each level; what was heard is in the accent's colour, and thicker, so that colour says nothing alone. */
internal fun DrawScope.waveform(
    levels: List<Float>,
    heard: Float,
    done: Color,
    ahead: Color,
) {
    val count = (size.width / 5.dp.toPx()).toInt().coerceAtLeast(1)
    val step = size.width / count
    repeat(count) { bar ->
        val from = bar * levels.size / count
        val until = maxOf(from + 1, (bar + 1) * levels.size / count)
        val level = if (levels.isEmpty()) 0f else levels.subList(from.coerceAtMost(levels.size - 1), until.coerceAtMost(levels.size)).max()
        val high = (size.height * level).coerceAtLeast(3.dp.toPx())
        val past = (bar + 1) / count.toFloat() <= heard
        val wide = if (past) 3.5.dp.toPx() else 2.dp.toPx()
        val place = if (layoutDirection == LayoutDirection.Ltr) bar else count - 1 - bar
        val corner = Offset(place * step + (step - wide) / 2, (size.height - high) / 2)
        drawRoundRect(if (past) done else ahead, corner, Size(wide, high), CornerRadius(wide / 2))
    }
}

/** Minutes and seconds. */
internal fun clock(ms: Long): String = "%d:%02d".format(ms / MINUTE, ms % MINUTE / SECOND)

private const val MINUTE = 60_000L
private const val SECOND = 1_000L

package eu.qroc.ui.timeline

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.IntrinsicSize
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** What an officer does with one press, with one hand, in gloves: position, photo, help. */
@Composable
internal fun QuickBar(
    quick: Quick,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(Modifier.fillMaxWidth().background(Qroc.colours.surface)) {
        if (quick.helpAt != null) HelpAsked(quick.helpAt, onEvent)
        Row(
            Modifier.fillMaxWidth().height(IntrinsicSize.Min).padding(horizontal = 8.dp, vertical = 8.dp),
            horizontalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            val button = Modifier.weight(1f).fillMaxHeight()
            Quickly(Icons.Pin, strings.quickPosition, button, Gate.SEND_POSITION, working = quick.locating) {
                onEvent(TimelineEvent.QuickPosition)
            }
            if (quick.camera) Quickly(Icons.Camera, strings.quickPhoto, button, Gate.SEND_PHOTO) { onEvent(TimelineEvent.QuickPhoto) }
            Quickly(Icons.Warning, strings.quickHelp, button, null, Qroc.colours.danger) { onEvent(TimelineEvent.QuickHelp) }
        }
    }
}

@Composable
private fun Quickly(
    icon: ImageVector,
    text: String,
    modifier: Modifier,
    gate: Gate?,
    colour: Color = Qroc.colours.accent,
    working: Boolean = false,
    onClick: () -> Unit,
) {
    val locked = gate != null && gate in LocalForbidden.current
    // Three large words do not fit beside each other: the signs stay, and their names for those who hear them.
    val large = LocalDensity.current.fontScale > LARGE
    Column(
        modifier
            .clip(RoundedCornerShape(16.dp))
            .background(Qroc.colours.raised)
            // Where policy forbids it, the answer says so.
            .clickable(role = Role.Button, enabled = !working, onClick = onClick)
            .heightIn(min = 56.dp)
            .padding(horizontal = 4.dp, vertical = 6.dp),
        horizontalAlignment = Alignment.CenterHorizontally,
        verticalArrangement = Arrangement.spacedBy(2.dp, Alignment.CenterVertically),
    ) {
        if (working) {
            CircularProgressIndicator(Modifier.size(24.dp), strokeWidth = 2.dp)
        } else {
            Icon(
                if (locked) Icons.Lock else icon,
                if (large) text else null,
                Modifier.size(if (large) 36.dp else 24.dp),
                tint = if (locked) Qroc.colours.secondary else colour,
            )
        }
        if (!large) Text(
            text,
            color = if (locked) Qroc.colours.secondary else Qroc.colours.body,
            style = MaterialTheme.typography.labelLarge,
            textAlign = TextAlign.Center,
        )
    }
}

private const val LARGE = 1.3f

/** Help was asked for: since when, and the way to say that it is over. */
@Composable
private fun HelpAsked(
    at: Long,
    onEvent: (TimelineEvent) -> Unit,
) {
    val strings = Qroc.strings
    // Beside a wide button large words would stand one below the other.
    val large = LocalDensity.current.fontScale > LARGE
    Column(Modifier.fillMaxWidth().background(Qroc.colours.raised).padding(start = 16.dp, end = 8.dp, top = 8.dp, bottom = 8.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(12.dp), verticalAlignment = Alignment.CenterVertically) {
            Icon(Icons.Warning, null, Modifier.size(24.dp), tint = Qroc.colours.danger)
            Text(
                strings.helpAsked(Qroc.times.clock(at)),
                Modifier.weight(1f).semantics { liveRegion = LiveRegionMode.Assertive },
                style = MaterialTheme.typography.bodyLarge,
            )
            if (!large) SideButton(strings.iAmSafe, { onEvent(TimelineEvent.Safe) })
        }
        if (large) SideButton(strings.iAmSafe, { onEvent(TimelineEvent.Safe) }, Modifier.fillMaxWidth())
    }
}

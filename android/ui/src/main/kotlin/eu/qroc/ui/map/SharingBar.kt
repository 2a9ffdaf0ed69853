package eu.qroc.ui.map

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Forbidden
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Sheet
import eu.qroc.ui.parts.SheetAction
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** The own sharing: begun here, with its end in sight while it goes on. */
@Composable
internal fun SharingBar(
    sharing: OwnSharing,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    val forbidden = LocalForbidden.current[Gate.SHARE_POSITION]
    Column(Modifier.fillMaxWidth().background(Qroc.colours.surface)) {
        HorizontalDivider(color = Qroc.colours.line)
        if (sharing.problem != null) {
            Text(
                sharing.problem,
                Modifier.padding(start = 16.dp, end = 16.dp, top = 12.dp).semantics { liveRegion = LiveRegionMode.Polite },
                color = Qroc.colours.danger,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        when {
            sharing.on -> Running(sharing, onEvent)
            forbidden != null -> Forbidden(strings.shareMine, forbidden, Modifier.padding(horizontal = 16.dp, vertical = 8.dp))
            else ->
                MainButton(
                    strings.shareMine,
                    { onEvent(MapEvent.AskShare) },
                    Modifier.fillMaxWidth().padding(16.dp),
                    icon = Icons.Pin,
                )
        }
    }
}

@Composable
private fun Running(
    sharing: OwnSharing,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    Row(
        Modifier.fillMaxWidth().padding(16.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Pin, null, Modifier.size(28.dp), tint = Qroc.colours.verified)
        Text(
            when {
                sharing.stopping -> strings.sharingStops
                sharing.until == null -> strings.youShare
                else -> strings.youShareUntil(Qroc.times.clock(sharing.until))
            },
            Modifier.weight(1f).semantics { liveRegion = LiveRegionMode.Polite },
            style = MaterialTheme.typography.titleMedium,
        )
        SideButton(strings.stopSharing, { onEvent(MapEvent.StopShare) }, enabled = !sharing.stopping)
    }
}

/** For how long? */
@Composable
internal fun SharingSheet(
    sharing: OwnSharing,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    Sheet(strings.shareHowLong, { onEvent(MapEvent.KeepPosition) }) {
        Text(strings.shareWhat, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
        Column {
            sharing.choices.forEach { minutes ->
                val text = if (minutes < HOUR) strings.forMinutes(minutes) else strings.forHours(minutes / HOUR)
                SheetAction(Icons.Clock, text, { onEvent(MapEvent.Share(minutes)) })
            }
        }
    }
}

private const val HOUR = 60

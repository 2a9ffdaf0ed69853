package eu.qroc.ui.map

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Slider
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.theme.Qroc
import kotlin.math.roundToLong

/** The time that the map shows, moved by a finger or the arrow keys. */
@Composable
internal fun PastBar(
    past: PastState,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    val times = Qroc.times
    val at = "${times.short(past.at).takeIf { times.dayOf(past.at) != times.dayOf(past.until) }.orEmpty()} ${times.clock(past.at)}".trim()
    Column(Modifier.fillMaxWidth().background(Qroc.colours.surface)) {
        HorizontalDivider(color = Qroc.colours.line)
        Row(
            Modifier.padding(start = 16.dp, end = 4.dp),
            horizontalArrangement = Arrangement.spacedBy(12.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Icon(Icons.Clock, null, Modifier.size(24.dp), tint = Qroc.colours.accent)
            Text(strings.mapAt(at), Modifier.weight(1f).testTag("at"), style = MaterialTheme.typography.titleMedium)
            if (past.reading) CircularProgressIndicator(Modifier.size(20.dp), strokeWidth = 2.dp)
            IconAction(Icons.Close, strings.mapNow, { onEvent(MapEvent.Now) })
        }
        val note = past.problem ?: if (past.empty && !past.reading) strings.mapNoTracks else null
        if (note != null) {
            Text(
                note,
                Modifier.padding(horizontal = 16.dp),
                color = if (past.problem != null) Qroc.colours.danger else Qroc.colours.secondary,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        val length = (past.until - past.from).coerceAtLeast(1)
        Slider(
            value = (past.at - past.from) / length.toFloat(),
            onValueChange = { onEvent(MapEvent.At(past.from + (it * length).roundToLong())) },
            modifier =
                Modifier.padding(horizontal = 16.dp).testTag("past").semantics {
                    contentDescription = strings.mapEarlier
                    stateDescription = at
                },
            enabled = !past.empty,
        )
    }
}

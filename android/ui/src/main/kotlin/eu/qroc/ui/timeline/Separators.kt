package eu.qroc.ui.timeline

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc

@Composable
internal fun Separator(text: String) {
    Box(Modifier.fillMaxWidth().padding(vertical = 8.dp), contentAlignment = Alignment.Center) {
        Text(
            text,
            Modifier
                .clip(CircleShape)
                .background(Qroc.colours.raised)
                .padding(horizontal = 12.dp, vertical = 4.dp)
                .semantics { heading() },
            color = Qroc.colours.secondary,
            style = MaterialTheme.typography.labelLarge,
        )
    }
}

@Composable
internal fun UnreadLine() {
    Row(
        Modifier.fillMaxWidth().padding(vertical = 8.dp).semantics { heading() },
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        HorizontalDivider(Modifier.weight(1f), color = Qroc.colours.accent)
        Text(Qroc.strings.unreadFromHere, color = Qroc.colours.accent, style = MaterialTheme.typography.labelLarge)
        HorizontalDivider(Modifier.weight(1f), color = Qroc.colours.accent)
    }
}

@Composable
internal fun NoticeLine(notice: Notice) {
    Text(
        "${Qroc.strings.words(notice)} · ${Qroc.times.clock(notice.ts)}",
        Modifier.fillMaxWidth().padding(horizontal = 32.dp, vertical = 6.dp),
        color = Qroc.colours.secondary,
        style = MaterialTheme.typography.bodyMedium,
        textAlign = TextAlign.Center,
        maxLines = 4,
        overflow = TextOverflow.Ellipsis,
    )
}

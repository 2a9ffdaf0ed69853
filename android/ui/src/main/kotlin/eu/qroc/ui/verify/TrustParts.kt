package eu.qroc.ui.verify

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.theme.Qroc

/** What is believed of somebody, in a word. */
@Composable
fun TrustMark(trust: Trust) {
    when (trust) {
        Trust.VERIFIED -> Mark(Icons.Verified, Qroc.strings.verified, Qroc.colours.verified)
        Trust.UNVERIFIED -> Mark(Icons.Unverified, Qroc.strings.unverified, Qroc.colours.waiting)
        Trust.CHANGED -> Mark(Icons.Warning, Qroc.strings.keysChanged, Qroc.colours.danger)
    }
}

/** Says above the messages that somebody's keys are others than before, before more is said. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun ChangedNote(
    name: String,
    onCompare: () -> Unit,
    onTake: () -> Unit,
) {
    Row(
        Modifier
            .fillMaxWidth()
            .background(Qroc.colours.raised)
            .padding(start = 16.dp, top = 8.dp, end = 8.dp)
            .semantics { liveRegion = LiveRegionMode.Assertive },
        horizontalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Icon(Icons.Warning, null, Modifier.padding(top = 4.dp).size(24.dp), tint = Qroc.colours.danger)
        Column {
            Text(Qroc.strings.keysChangedOf(name), Modifier.padding(end = 8.dp), style = MaterialTheme.typography.bodyMedium)
            FlowRow { ChangedActions(onCompare, onTake) }
        }
    }
}

/** What can be done about it. */
@Composable
fun ChangedActions(
    onCompare: () -> Unit,
    onTake: () -> Unit,
) {
    TextAction(Qroc.strings.compare, onCompare)
    TextAction(Qroc.strings.takeChange, onTake)
}

/** Asks before unknown keys are taken. */
@Composable
fun TakeQuestion(
    name: String,
    onTake: () -> Unit,
    onKeep: () -> Unit,
) {
    val strings = Qroc.strings
    Question(strings.takeChangeTitle(name), strings.takeChangeText, strings.takeChange, onTake, onKeep)
}

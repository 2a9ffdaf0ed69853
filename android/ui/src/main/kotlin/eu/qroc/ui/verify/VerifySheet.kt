package eu.qroc.ui.verify

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
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
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Sheet
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.theme.Qroc

/** Are they who they say they are? */
@Composable
fun VerifySheet(
    state: VerifyState,
    onEvent: (VerifyEvent) -> Unit,
) {
    val strings = Qroc.strings
    Sheet(strings.verifyTitle(state.name), { onEvent(VerifyEvent.Close) }) {
        if (state.error != null) ErrorNote(state.error)
        when (val step = state.step) {
            VerifyStep.Waiting ->
                if (state.error == null) {
                    Turning(if (state.person) strings.verifyWaitingPerson(state.name) else strings.verifyWaitingDevice)
                }
            VerifyStep.Asked -> {
                Said(if (state.person) strings.verifyAskedPerson(state.name) else strings.verifyAskedDevice)
                Buttons(strings.verifyBegin, strings.verifyDecline, state.working, onEvent, VerifyEvent.Begin, VerifyEvent.Close)
            }
            VerifyStep.Starting -> Turning(strings.verifyStarting)
            is VerifyStep.Compare -> Comparing(step, state, onEvent)
            is VerifyStep.Code -> Scanning(step, state, onEvent)
            VerifyStep.Scanned -> {
                Said(strings.verifyScanned)
                Buttons(strings.verifyScannedYes, strings.verifyScannedNo, state.working, onEvent, VerifyEvent.Same, VerifyEvent.Differ)
            }
            VerifyStep.Confirmed -> Turning(strings.verifyConfirmed)
            VerifyStep.Done -> Result(Icons.Verified, strings.verifyDone(state.name), Qroc.colours.verified)
            is VerifyStep.Ended -> Result(Icons.Unverified, ending(step.why), colour(step.why))
        }
        if (state.over || state.error != null) {
            SideButton(strings.close, { onEvent(VerifyEvent.Close) }, Modifier.fillMaxWidth())
        }
    }
}

@Composable
private fun Said(text: String) {
    Text(
        text,
        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
        style = MaterialTheme.typography.bodyLarge,
    )
}

@Composable
private fun Turning(text: String) {
    Row(horizontalArrangement = Arrangement.spacedBy(16.dp), verticalAlignment = Alignment.CenterVertically) {
        CircularProgressIndicator(Modifier.size(24.dp), strokeWidth = 2.dp)
        Said(text)
    }
}

@Composable
private fun Result(
    icon: ImageVector,
    text: String,
    colour: Color,
) {
    Row(horizontalArrangement = Arrangement.spacedBy(16.dp), verticalAlignment = Alignment.CenterVertically) {
        Icon(icon, null, Modifier.size(32.dp), tint = colour)
        Said(text)
    }
}

@Composable
private fun Comparing(
    step: VerifyStep.Compare,
    state: VerifyState,
    onEvent: (VerifyEvent) -> Unit,
) {
    val strings = Qroc.strings
    when {
        step.signs.isEmpty() -> {
            Said(strings.verifyCompareNumbers)
            Text(
                step.numbers.joinToString("   "),
                Modifier.fillMaxWidth().padding(vertical = 8.dp).testTag("numbers"),
                style = MaterialTheme.typography.headlineMedium,
                textAlign = TextAlign.Center,
            )
        }
        else -> {
            Said(if (state.person) strings.verifyComparePerson else strings.verifyCompareDevice)
            Signs(step.signs)
        }
    }
    Buttons(strings.verifySame, strings.verifyDiffer, state.working, onEvent, VerifyEvent.Same, VerifyEvent.Differ)
}

@Composable
private fun ColumnScope.Scanning(
    step: VerifyStep.Code,
    state: VerifyState,
    onEvent: (VerifyEvent) -> Unit,
) {
    val strings = Qroc.strings
    Said(
        when {
            step.shown == null -> strings.verifyCodeTheirs
            state.person -> strings.verifyCodePerson(state.name)
            else -> strings.verifyCodeDevice
        },
    )
    if (step.shown != null) CodeDrawing(step.shown, Modifier.align(Alignment.CenterHorizontally))
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        val scan = if (state.camera) strings.verifyScan else strings.verifyScanPicture
        MainButton(scan, { onEvent(VerifyEvent.Scan) }, Modifier.fillMaxWidth(), working = state.working, icon = Icons.Camera)
        SideButton(strings.verifyBySigns, { onEvent(VerifyEvent.BySigns) }, Modifier.fillMaxWidth(), enabled = !state.working)
    }
}

/** As large as they go: they are compared at arm's length, or said aloud. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Signs(signs: List<Sign>) {
    FlowRow(
        Modifier.fillMaxWidth().testTag("signs"),
        horizontalArrangement = Arrangement.spacedBy(8.dp, Alignment.CenterHorizontally),
        verticalArrangement = Arrangement.spacedBy(8.dp),
        maxItemsInEachRow = 4,
    ) {
        for (sign in signs) {
            Column(
                Modifier
                    .widthIn(min = 72.dp)
                    .clip(RoundedCornerShape(16.dp))
                    .background(Qroc.colours.raised)
                    .padding(8.dp)
                    .semantics(mergeDescendants = true) {},
                horizontalAlignment = Alignment.CenterHorizontally,
            ) {
                Text(sign.symbol, Modifier.clearAndSetSemantics {}, style = MaterialTheme.typography.headlineMedium)
                Text(sign.word, style = MaterialTheme.typography.bodyMedium, textAlign = TextAlign.Center)
            }
        }
    }
}

@Composable
private fun Buttons(
    main: String,
    side: String,
    working: Boolean,
    onEvent: (VerifyEvent) -> Unit,
    onMain: VerifyEvent,
    onSide: VerifyEvent,
) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        MainButton(main, { onEvent(onMain) }, Modifier.fillMaxWidth(), working = working)
        SideButton(side, { onEvent(onSide) }, Modifier.fillMaxWidth(), enabled = !working, danger = onSide == VerifyEvent.Differ)
    }
}

@Composable
private fun ending(why: Ending): String =
    when (why) {
        Ending.HERE -> Qroc.strings.verifyCancelled
        Ending.THERE -> Qroc.strings.verifyCancelledThere
        Ending.TIMED_OUT -> Qroc.strings.verifyTimedOut
        Ending.MISMATCH -> Qroc.strings.verifyMismatch
        Ending.KEY_MISMATCH -> Qroc.strings.verifyKeyMismatch
        Ending.ELSEWHERE -> Qroc.strings.verifyElsewhere
        Ending.PROTOCOL -> Qroc.strings.verifyProtocol
    }

@Composable
private fun colour(why: Ending): Color =
    when (why) {
        Ending.MISMATCH, Ending.KEY_MISMATCH -> Qroc.colours.danger
        Ending.HERE, Ending.THERE, Ending.TIMED_OUT, Ending.ELSEWHERE, Ending.PROTOCOL -> Qroc.colours.waiting
    }

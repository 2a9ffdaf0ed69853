package eu.qroc.ui.recovery

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** What if all my devices are lost? */
@Composable
fun RecoveryView(
    state: RecoveryState,
    onEvent: (RecoveryEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.recovery, { onEvent(RecoveryEvent.Back) })
        Column(
            Modifier
                .weight(1f)
                .widthIn(max = 560.dp)
                .verticalScroll(rememberScrollState())
                .padding(16.dp)
                .testTag("recovery"),
            verticalArrangement = Arrangement.spacedBy(16.dp),
        ) {
            if (state.error != null) ErrorNote(state.error)
            val standing = state.standing
            when (val step = state.step) {
                is RecoveryStep.Show -> Show(step, onEvent)
                is RecoveryStep.Check -> Check(step, state, onEvent)
                RecoveryStep.Overview -> if (standing == null) Loading(state) else Overview(standing, state, onEvent)
            }
        }
    }
    if (state.asksReplace) {
        Question(
            strings.recoveryReplaceTitle,
            strings.recoveryReplaceText,
            strings.recoveryReplace,
            { onEvent(RecoveryEvent.Replace) },
            { onEvent(RecoveryEvent.KeepOld) },
        )
    }
}

@Composable
private fun Loading(state: RecoveryState) {
    if (state.error == null) Skeleton(rows = 2)
}

@Composable
private fun Body(text: String) {
    Text(text, style = MaterialTheme.typography.bodyLarge)
}

/** How something stands: a sign and plain words. */
@Composable
private fun Fact(
    icon: ImageVector,
    text: String,
    colour: Color,
) {
    Row(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
        Icon(icon, null, Modifier.size(24.dp), tint = colour)
        Text(text, color = colour, style = MaterialTheme.typography.bodyLarge)
    }
}

@Composable
private fun Overview(
    standing: Standing,
    state: RecoveryState,
    onEvent: (RecoveryEvent) -> Unit,
) {
    val strings = Qroc.strings
    when (state.done) {
        null -> Unit
        RecoveryDone.MADE -> Fact(Icons.Sent, strings.recoveryMade, Qroc.colours.verified)
        RecoveryDone.RESTORED -> Fact(Icons.Verified, strings.recoveryRestored, Qroc.colours.verified)
        RecoveryDone.RESTORED_UNVERIFIED -> Fact(Icons.Unverified, strings.recoveryRestoredUnverified, Qroc.colours.waiting)
    }
    if (standing.restorable) {
        Restore(standing, state, onEvent)
        return
    }
    Body(strings.recoveryWhat)
    when (standing.key) {
        KeyStanding.NONE -> Fact(Icons.Warning, strings.recoveryNone, Qroc.colours.waiting)
        KeyStanding.UNSHOWN -> Fact(Icons.Warning, strings.recoveryUnshown, Qroc.colours.waiting)
        KeyStanding.ON -> Fact(Icons.Verified, strings.recoveryOn, Qroc.colours.verified)
    }
    Backup(standing)
    if (standing.key == KeyStanding.ON) {
        SideButton(
            strings.recoveryReplace,
            { onEvent(RecoveryEvent.Create) },
            Modifier.fillMaxWidth(),
            enabled = !state.working,
            icon = Icons.Retry,
        )
    } else {
        MainButton(
            strings.recoveryCreate,
            { onEvent(RecoveryEvent.Create) },
            Modifier.fillMaxWidth(),
            working = state.working,
            icon = Icons.Lock,
        )
    }
}

@Composable
private fun Backup(standing: Standing) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    when (standing.backup) {
        BackupStanding.OFF -> {
            Fact(Icons.Offline, strings.backupOff, colours.waiting)
            if (standing.required) Fact(Icons.Info, strings.recoveryRequired, colours.secondary)
        }
        BackupStanding.LOCKED -> Fact(Icons.Lock, strings.backupLocked, colours.waiting)
        BackupStanding.RESTORING -> {
            Fact(Icons.Clock, strings.backupRestoring(standing.keys), colours.waiting)
            LinearProgressIndicator(Modifier.fillMaxWidth())
        }
        BackupStanding.PENDING -> Fact(Icons.Clock, strings.backupPending(standing.waiting), colours.waiting)
        BackupStanding.ON -> Fact(Icons.Sent, strings.backupOn(standing.keys), colours.verified)
    }
}

@Composable
private fun Restore(
    standing: Standing,
    state: RecoveryState,
    onEvent: (RecoveryEvent) -> Unit,
) {
    val strings = Qroc.strings
    Body(if (standing.verified) strings.backupLocked else strings.deviceUnverifiedLong)
    Field(
        state.typed,
        { onEvent(RecoveryEvent.Typed(it)) },
        strings.recoveryTyped,
        Modifier.testTag("typed"),
        error = state.typedProblem,
        hint = strings.recoveryRestoreText,
        secret = true,
        enabled = !state.working,
        icon = Icons.Lock,
        onEnter = { onEvent(RecoveryEvent.Restore) },
    )
    MainButton(
        strings.recoveryRestore,
        { onEvent(RecoveryEvent.Restore) },
        Modifier.fillMaxWidth(),
        enabled = state.typed.isNotBlank(),
        working = state.working,
    )
    if (!standing.verified) {
        HorizontalDivider(color = Qroc.colours.line)
        SideButton(
            strings.compareOwn,
            { onEvent(RecoveryEvent.Compare) },
            Modifier.fillMaxWidth(),
            enabled = !state.working,
            icon = Icons.Devices,
        )
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Show(
    step: RecoveryStep.Show,
    onEvent: (RecoveryEvent) -> Unit,
) {
    val strings = Qroc.strings
    Body(strings.recoveryWriteDown)
    FlowRow(
        Modifier
            .fillMaxWidth()
            .clip(RoundedCornerShape(16.dp))
            .background(Qroc.colours.raised)
            .padding(16.dp)
            .testTag("key")
            .semantics(mergeDescendants = true) {},
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        for (group in step.groups) {
            Text(group, fontFamily = FontFamily.Monospace, style = MaterialTheme.typography.titleLarge)
        }
    }
    MainButton(strings.recoveryWritten, { onEvent(RecoveryEvent.Written) }, Modifier.fillMaxWidth())
}

@Composable
private fun Check(
    step: RecoveryStep.Check,
    state: RecoveryState,
    onEvent: (RecoveryEvent) -> Unit,
) {
    val strings = Qroc.strings
    Field(
        step.typed,
        { onEvent(RecoveryEvent.LastGroup(it)) },
        strings.recoveryLastGroup,
        Modifier.testTag("group"),
        error = if (step.wrong) strings.recoveryLastGroupWrong else null,
        hint = strings.recoveryLastGroupHint,
        enabled = !state.working,
        onEnter = { onEvent(RecoveryEvent.Confirm) },
    )
    MainButton(
        strings.recoveryConfirm,
        { onEvent(RecoveryEvent.Confirm) },
        Modifier.fillMaxWidth(),
        enabled = step.typed.isNotBlank(),
        working = state.working,
    )
    SideButton(
        strings.recoveryShowAgain,
        { onEvent(RecoveryEvent.ShowAgain) },
        Modifier.fillMaxWidth(),
        enabled = !state.working,
    )
}

package eu.qroc.ui.unlock

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.focus.FocusRequester
import androidx.compose.ui.focus.focusRequester
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.theme.Qroc

/** The passphrase, please. */
@Composable
fun UnlockView(
    state: UnlockState,
    brand: String,
    onEvent: (UnlockEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    val first = remember { FocusRequester() }
    LaunchedEffect(state.needsPassphrase) { if (state.needsPassphrase) first.requestFocus() }
    val ready = state.complete && !state.working
    Surface(modifier.fillMaxSize(), color = Qroc.colours.background) {
        Box(Modifier.fillMaxSize().verticalScroll(rememberScrollState()), contentAlignment = Alignment.Center) {
            Column(
                Modifier.widthIn(max = 440.dp).fillMaxWidth().padding(24.dp),
                verticalArrangement = Arrangement.spacedBy(16.dp),
            ) {
                Icon(Icons.Lock, null, Modifier.size(48.dp), tint = Qroc.colours.accent)
                Text(
                    strings.unlockTitle(brand),
                    Modifier.semantics { heading() },
                    style = MaterialTheme.typography.headlineSmall,
                )
                when (val problem = state.problem) {
                    null -> Unit
                    UnlockProblem.Wrong -> ErrorNote(strings.unlockWrong)
                    UnlockProblem.WrongPin -> ErrorNote(strings.unlockWrongPin)
                    UnlockProblem.InUse -> ErrorNote(strings.profileInUse)
                    is UnlockProblem.Other -> ErrorNote(strings.unlockOther(problem.text))
                }
                if (state.needsPassphrase) {
                    Field(
                        state.passphrase,
                        { onEvent(UnlockEvent.Passphrase(it)) },
                        strings.passphrase,
                        Modifier.focusRequester(first).testTag("passphrase"),
                        secret = true,
                        enabled = !state.working,
                        last = !state.sealed,
                        onEnter = { if (ready) onEvent(UnlockEvent.Submit) },
                    )
                }
                if (state.sealed) Pin(state, ready, onEvent)
                MainButton(
                    strings.unlock,
                    { onEvent(UnlockEvent.Submit) },
                    Modifier.fillMaxWidth(),
                    enabled = ready,
                    working = state.working,
                )
                TextAction(
                    if (state.needsPassphrase) strings.unlockForgotten else strings.unlockErase,
                    { onEvent(UnlockEvent.AskWipe) },
                    Modifier.padding(top = 24.dp),
                    enabled = !state.working,
                )
            }
        }
    }
    if (state.askWipe) {
        Question(
            strings.wipeTitle,
            if (state.needsPassphrase) strings.wipeForgottenText else strings.wipeText,
            strings.wipeConfirm,
            { onEvent(UnlockEvent.Wipe) },
            { onEvent(UnlockEvent.KeepAll) },
        )
    }
}

@Composable
private fun Pin(
    state: UnlockState,
    ready: Boolean,
    onEvent: (UnlockEvent) -> Unit,
) {
    val strings = Qroc.strings
    Field(
        state.pin,
        { onEvent(UnlockEvent.Pin(it)) },
        strings.pin,
        Modifier.testTag("pin"),
        secret = true,
        enabled = !state.working,
        onEnter = { if (ready) onEvent(UnlockEvent.Submit) },
    )
    if (state.retryAt != null) {
        Mark(Icons.Clock, strings.unlockRetryAt(Qroc.times.clock(state.retryAt)), Qroc.colours.waiting)
    }
    if (state.attemptsLeft != null) {
        // Red where the next mistakes cost everything.
        val colour = if (state.attemptsLeft <= FEW) Qroc.colours.danger else Qroc.colours.secondary
        Mark(Icons.Warning, strings.attemptsLeft(state.attemptsLeft), colour)
    }
}

private const val FEW = 3

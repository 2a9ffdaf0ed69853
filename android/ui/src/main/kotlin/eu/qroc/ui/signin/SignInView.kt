package eu.qroc.ui.signin

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
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import eu.qroc.ui.Strings
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.theme.Qroc

/** Who are you, and where is your server? */
@Composable
fun SignInView(
    state: SignInState,
    brand: String,
    onEvent: (SignInEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    val first = remember { FocusRequester() }
    LaunchedEffect(Unit) { first.requestFocus() }
    val submit = { if (state.complete && !state.working) onEvent(SignInEvent.Submit) }
    Surface(modifier.fillMaxSize(), color = Qroc.colours.background) {
        Box(Modifier.fillMaxSize().verticalScroll(rememberScrollState()), contentAlignment = Alignment.Center) {
            Column(
                Modifier.widthIn(max = 440.dp).fillMaxWidth().padding(24.dp),
                verticalArrangement = Arrangement.spacedBy(16.dp),
            ) {
                Icon(Icons.Verified, null, Modifier.size(48.dp), tint = Qroc.colours.accent)
                Text(
                    strings.signInTitle(brand),
                    Modifier.semantics { heading() },
                    style = MaterialTheme.typography.headlineSmall,
                )
                if (state.problem != null) ErrorNote(problem(state.problem, strings))
                Field(
                    state.server,
                    { onEvent(SignInEvent.Server(it)) },
                    strings.server,
                    Modifier.focusRequester(first).testTag("server"),
                    placeholder = strings.serverExample,
                    enabled = !state.working,
                    keyboard = KeyboardType.Uri,
                    last = false,
                )
                Field(
                    state.user,
                    { onEvent(SignInEvent.User(it)) },
                    strings.userName,
                    Modifier.testTag("user"),
                    enabled = !state.working,
                    last = false,
                )
                Field(
                    state.password,
                    { onEvent(SignInEvent.Password(it)) },
                    strings.password,
                    Modifier.testTag("password"),
                    secret = true,
                    enabled = !state.working,
                    last = !state.needsPassphrase,
                    onEnter = submit,
                )
                if (state.needsPassphrase) Passphrases(state, onEvent, submit)
                MainButton(
                    if (state.working) strings.signingIn else strings.signIn,
                    { onEvent(SignInEvent.Submit) },
                    Modifier.fillMaxWidth(),
                    enabled = state.complete,
                    working = state.working,
                )
            }
        }
    }
}

@Composable
private fun Passphrases(
    state: SignInState,
    onEvent: (SignInEvent) -> Unit,
    submit: () -> Unit,
) {
    val strings = Qroc.strings
    val short = state.passphrase.isNotEmpty() && state.passphrase.length < SignInState.SHORTEST_PASSPHRASE
    val differs = state.passphraseAgain.isNotEmpty() && state.passphraseAgain != state.passphrase
    Field(
        state.passphrase,
        { onEvent(SignInEvent.Passphrase(it)) },
        strings.newPassphrase,
        Modifier.testTag("passphrase"),
        error = if (short) strings.passphraseShort(SignInState.SHORTEST_PASSPHRASE) else null,
        hint = strings.passphraseWhy,
        secret = true,
        enabled = !state.working,
        last = false,
    )
    Field(
        state.passphraseAgain,
        { onEvent(SignInEvent.PassphraseAgain(it)) },
        strings.passphraseAgain,
        Modifier.testTag("passphrase-again"),
        error = if (differs) strings.passphraseDiffers else null,
        secret = true,
        enabled = !state.working,
        onEnter = submit,
    )
}

private fun problem(
    problem: SignInProblem,
    strings: Strings,
): String =
    when (problem) {
        SignInProblem.Unreachable -> strings.signInUnreachable
        SignInProblem.NoServer -> strings.signInNoServer
        SignInProblem.Refused -> strings.signInRefused
        SignInProblem.InUse -> strings.profileInUse
        is SignInProblem.Other -> strings.signInOther(problem.text)
    }

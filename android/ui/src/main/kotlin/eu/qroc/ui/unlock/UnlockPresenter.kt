package eu.qroc.ui.unlock

import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.nio.file.Path

/** Opens the profile with its passphrase, or erases it. */
class UnlockPresenter(
    private val scope: CoroutineScope,
    private val profile: Path,
    private val strings: () -> Strings,
    private val opened: (Client) -> Unit,
    private val wiped: () -> Unit,
) {
    private val shown = MutableStateFlow(UnlockState())

    val state: StateFlow<UnlockState> get() = shown

    /** Does what the officer asks. */
    fun on(event: UnlockEvent) {
        when (event) {
            is UnlockEvent.Passphrase -> shown.update { it.copy(passphrase = event.text, problem = null) }
            UnlockEvent.Submit -> submit()
            UnlockEvent.AskWipe -> shown.update { it.copy(askWipe = true) }
            UnlockEvent.KeepAll -> shown.update { it.copy(askWipe = false) }
            UnlockEvent.Wipe -> wipe()
        }
    }

    private fun submit() {
        val now = shown.value
        if (now.passphrase.isEmpty() || now.working) return
        work {
            val passphrase = now.passphrase.toByteArray()
            try {
                opened(Client.open(profile, Vault.Passphrase(passphrase)))
            } finally {
                passphrase.fill(0)
            }
        }
    }

    private fun wipe() =
        work {
            Client.wipe(profile)
            wiped()
        }

    private fun work(work: suspend () -> Unit) {
        shown.update { it.copy(working = true, askWipe = false, problem = null) }
        scope.launch {
            try {
                work()
            } catch (error: QrocException) {
                shown.update { it.copy(working = false, problem = problem(error)) }
            }
        }
    }

    private fun problem(error: QrocException): UnlockProblem =
        when (error.code) {
            "wrong_passphrase" -> UnlockProblem.Wrong
            "profile_in_use" -> UnlockProblem.InUse
            else -> UnlockProblem.Other(strings().of(error))
        }
}

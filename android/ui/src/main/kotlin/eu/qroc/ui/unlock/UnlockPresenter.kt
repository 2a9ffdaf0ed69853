package eu.qroc.ui.unlock

import eu.qroc.bridge.Client
import eu.qroc.bridge.LockState
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.Accounts
import eu.qroc.ui.shell.of
import eu.qroc.ui.signin.SignInProblem
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
    private val accounts: Accounts,
    private val strings: () -> Strings,
    private val opened: (Client) -> Unit,
    private val wiped: (SignInProblem?) -> Unit,
) {
    private val shown =
        MutableStateFlow(UnlockState(needsPassphrase = accounts.vault == null, opening = accounts.vault != null))

    val state: StateFlow<UnlockState> get() = shown

    /** Looks how the lock stands, and opens what nobody has to be asked for. */
    fun start() {
        scope.launch {
            try {
                look()
            } catch (error: QrocException) {
                shown.update { it.copy(problem = problem(error), opening = false) }
                return@launch
            }
            if (shown.value.opening && !shown.value.sealed) submit() else shown.update { it.copy(opening = false) }
        }
    }

    private suspend fun look() {
        val lock = Client.lockStatus(profile)
        shown.update {
            it.copy(
                sealed = lock.state == LockState.SEALED,
                attemptsLeft = lock.attemptsLeft,
                retryAt = lock.retryAt?.toEpochMilli(),
            )
        }
    }

    /** Does what the officer asks. */
    fun on(event: UnlockEvent) {
        when (event) {
            is UnlockEvent.Passphrase -> shown.update { it.copy(passphrase = event.text, problem = null) }
            is UnlockEvent.Pin -> shown.update { it.copy(pin = event.text, problem = null) }
            UnlockEvent.Submit -> submit()
            UnlockEvent.AskWipe -> shown.update { it.copy(askWipe = true) }
            UnlockEvent.KeepAll -> shown.update { it.copy(askWipe = false) }
            UnlockEvent.Wipe -> wipe()
        }
    }

    private fun submit() {
        val now = shown.value
        if (!now.complete || now.working) return
        work {
            val passphrase = now.passphrase.toByteArray()
            try {
                val vault = accounts.vault ?: Vault.Passphrase(passphrase)
                if (now.sealed) unseal(vault, now.pin)
                opened(accounts.open { Client.open(profile, vault) })
            } finally {
                passphrase.fill(0)
            }
        }
    }

    /** The attempt is counted before it is made; after the last one there is nothing left to open. */
    private suspend fun unseal(
        vault: Vault,
        text: String,
    ) {
        val pin = text.toByteArray()
        try {
            Client.unlock(profile, vault, pin)
        } finally {
            pin.fill(0)
            shown.update { it.copy(pin = "") }
            if (Client.exists(profile)) look() else wiped(SignInProblem.Other(strings().unlockErased))
        }
    }

    private fun wipe() =
        work {
            Client.wipe(profile)
            wiped(null)
        }

    private fun work(work: suspend () -> Unit) {
        shown.update { it.copy(working = true, askWipe = false, problem = null) }
        scope.launch {
            try {
                work()
            } catch (error: QrocException) {
                shown.update { it.copy(working = false, opening = false, problem = problem(error)) }
            }
        }
    }

    private fun problem(error: QrocException): UnlockProblem =
        when (error.code) {
            "wrong_pin" -> UnlockProblem.WrongPin
            "wrong_passphrase" -> UnlockProblem.Wrong
            "profile_in_use" -> UnlockProblem.InUse
            else -> UnlockProblem.Other(strings().of(error))
        }
}

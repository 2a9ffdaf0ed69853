package eu.qroc.ui.signin

import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.Accounts
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.nio.file.Path

/** Signs in and seals the new profile. */
class SignInPresenter(
    private val scope: CoroutineScope,
    private val profile: Path,
    private val deviceName: String,
    private val accounts: Accounts,
    private val strings: () -> Strings,
    problem: SignInProblem?,
    private val signedIn: (Client) -> Unit,
) {
    private val shown = MutableStateFlow(SignInState(needsPassphrase = accounts.vault == null, problem = problem))

    val state: StateFlow<SignInState> get() = shown

    /** Does what the officer asks. */
    fun on(event: SignInEvent) {
        when (event) {
            is SignInEvent.Server -> shown.update { it.copy(server = event.text, problem = null) }
            is SignInEvent.User -> shown.update { it.copy(user = event.text, problem = null) }
            is SignInEvent.Password -> shown.update { it.copy(password = event.text, problem = null) }
            is SignInEvent.Passphrase -> shown.update { it.copy(passphrase = event.text) }
            is SignInEvent.PassphraseAgain -> shown.update { it.copy(passphraseAgain = event.text) }
            SignInEvent.Submit -> submit()
        }
    }

    private fun submit() {
        val now = shown.value
        if (!now.complete || now.working) return
        shown.update { it.copy(working = true, problem = null) }
        scope.launch {
            val passphrase = now.passphrase.toByteArray()
            try {
                val vault = accounts.vault ?: Vault.Passphrase(passphrase)
                val client =
                    accounts.open {
                        Client.login(profile, vault, now.server.trim(), now.user.trim(), now.password, deviceName)
                    }
                signedIn(client)
            } catch (error: QrocException) {
                shown.update { it.copy(working = false, problem = problem(error)) }
            } finally {
                passphrase.fill(0)
            }
        }
    }

    private fun problem(error: QrocException): SignInProblem =
        when (error.code) {
            "server_unreachable", "server_timeout" -> SignInProblem.Unreachable
            "server_unusable", "bad_address", "not_found" -> SignInProblem.NoServer
            "wrong_password" -> SignInProblem.Refused
            "profile_in_use" -> SignInProblem.InUse
            else -> SignInProblem.Other(strings().of(error))
        }
}

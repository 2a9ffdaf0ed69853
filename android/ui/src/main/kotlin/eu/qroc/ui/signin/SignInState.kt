package eu.qroc.ui.signin

import androidx.compose.runtime.Immutable

/** What the sign-in screen shows. */
@Immutable
data class SignInState(
    val server: String = "",
    val user: String = "",
    val password: String = "",
    /** Whether this device has no keyring: what is stored is then sealed with a passphrase of the officer's own. */
    val needsPassphrase: Boolean = false,
    val passphrase: String = "",
    val passphraseAgain: String = "",
    val working: Boolean = false,
    val problem: SignInProblem? = null,
) {
    val complete: Boolean
        get() =
            server.isNotBlank() && user.isNotBlank() && password.isNotEmpty() &&
                (!needsPassphrase || passphrase.length >= SHORTEST_PASSPHRASE && passphrase == passphraseAgain)

    companion object {
        /** Characters. */
        const val SHORTEST_PASSPHRASE = 8
    }
}

/** Why signing in did not work. */
@Immutable
sealed interface SignInProblem {
    /** No answer from there. */
    data object Unreachable : SignInProblem

    /** An answer, but not of a Matrix server. */
    data object NoServer : SignInProblem

    /** Name or password. */
    data object Refused : SignInProblem

    /** Another program has the profile open. */
    data object InUse : SignInProblem

    /** Everything else, in the core's words. */
    data class Other(
        val text: String,
    ) : SignInProblem
}

/** What an officer does on the sign-in screen. */
sealed interface SignInEvent {
    data class Server(
        val text: String,
    ) : SignInEvent

    data class User(
        val text: String,
    ) : SignInEvent

    data class Password(
        val text: String,
    ) : SignInEvent

    data class Passphrase(
        val text: String,
    ) : SignInEvent

    data class PassphraseAgain(
        val text: String,
    ) : SignInEvent

    data object Submit : SignInEvent
}

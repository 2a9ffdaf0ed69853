package eu.qroc.ui.unlock

import androidx.compose.runtime.Immutable

/** What is shown while the profile on this device is sealed. */
@Immutable
data class UnlockState(
    val passphrase: String = "",
    /** Whether the officer's own passphrase opens the profile, instead of the device. */
    val needsPassphrase: Boolean = true,
    /** Whether it is being opened without a question. */
    val opening: Boolean = false,
    /** Whether a PIN is asked for, too. */
    val sealed: Boolean = false,
    val pin: String = "",
    /** Wrong PINs until everything is erased; nothing where there is no limit. */
    val attemptsLeft: Int? = null,
    /** When the next PIN may be given, in milliseconds since 1970; nothing for now. */
    val retryAt: Long? = null,
    val working: Boolean = false,
    val problem: UnlockProblem? = null,
    val askWipe: Boolean = false,
) {
    val complete: Boolean get() = (!needsPassphrase || passphrase.isNotEmpty()) && (!sealed || pin.isNotEmpty())
}

/** Why it stays sealed. */
@Immutable
sealed interface UnlockProblem {
    data object Wrong : UnlockProblem

    data object WrongPin : UnlockProblem

    data object InUse : UnlockProblem

    data class Other(
        val text: String,
    ) : UnlockProblem
}

/** What an officer does there. */
sealed interface UnlockEvent {
    data class Passphrase(
        val text: String,
    ) : UnlockEvent

    data class Pin(
        val text: String,
    ) : UnlockEvent

    data object Submit : UnlockEvent

    data object AskWipe : UnlockEvent

    data object KeepAll : UnlockEvent

    data object Wipe : UnlockEvent
}

package eu.qroc.ui.unlock

import androidx.compose.runtime.Immutable

/** What is shown while the profile on this device is sealed. */
@Immutable
data class UnlockState(
    val passphrase: String = "",
    val working: Boolean = false,
    val problem: UnlockProblem? = null,
    val askWipe: Boolean = false,
)

/** Why it stays sealed. */
@Immutable
sealed interface UnlockProblem {
    data object Wrong : UnlockProblem

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

    data object Submit : UnlockEvent

    data object AskWipe : UnlockEvent

    data object KeepAll : UnlockEvent

    data object Wipe : UnlockEvent
}

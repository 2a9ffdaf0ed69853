package eu.qroc.ui.recovery

import androidx.compose.runtime.Immutable

/** What the screen about the recovery key shows. */
@Immutable
data class RecoveryState(
    /** Nothing while it is read. */
    val standing: Standing? = null,
    val step: RecoveryStep = RecoveryStep.Overview,
    /** What is typed to restore; never shown unless asked for. */
    val typed: String = "",
    val typedProblem: String? = null,
    val asksReplace: Boolean = false,
    val working: Boolean = false,
    val error: String? = null,
    val done: RecoveryDone? = null,
)

/** How recovery key and backup stand. */
@Immutable
data class Standing(
    val key: KeyStanding,
    val backup: BackupStanding,
    /** Keys on this device. */
    val keys: Int = 0,
    /** Those that are not in the backup yet. */
    val waiting: Int = 0,
    /** Whether this device is verified. */
    val verified: Boolean = true,
    /** Whether the organisation wants a backup. */
    val required: Boolean = false,
) {
    /** Whether there is something for this device to get back. */
    val restorable: Boolean get() = backup == BackupStanding.LOCKED || !verified && key == KeyStanding.ON
}

enum class KeyStanding { NONE, UNSHOWN, ON }

enum class BackupStanding { OFF, LOCKED, RESTORING, PENDING, ON }

enum class RecoveryDone { MADE, RESTORED, RESTORED_UNVERIFIED }

/** What is being done. */
@Immutable
sealed interface RecoveryStep {
    data object Overview : RecoveryStep

    /** The new key, in groups of four, to be written down. */
    data class Show(
        val groups: List<String>,
    ) : RecoveryStep

    /** Its last group is typed from the paper. */
    data class Check(
        val typed: String = "",
        val wrong: Boolean = false,
    ) : RecoveryStep
}

/** What an officer does there. */
sealed interface RecoveryEvent {
    data object Back : RecoveryEvent

    data object Create : RecoveryEvent

    data object Replace : RecoveryEvent

    data object KeepOld : RecoveryEvent

    data object Written : RecoveryEvent

    data object ShowAgain : RecoveryEvent

    data class LastGroup(
        val text: String,
    ) : RecoveryEvent

    data object Confirm : RecoveryEvent

    data class Typed(
        val text: String,
    ) : RecoveryEvent

    data object Restore : RecoveryEvent

    data object Compare : RecoveryEvent
}

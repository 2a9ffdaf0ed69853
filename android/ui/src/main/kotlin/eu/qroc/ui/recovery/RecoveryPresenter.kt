package eu.qroc.ui.recovery

import eu.qroc.bridge.BackupState
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.RecoveryKey
import eu.qroc.bridge.RecoveryKeyState
import eu.qroc.bridge.RecoveryStatus
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Makes a recovery key and shows it once, or restores with one. */
class RecoveryPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val shown = MutableStateFlow(RecoveryState())

    /** The key that was just made, until it is written down. */
    private var made: RecoveryKey? = null

    val state: StateFlow<RecoveryState> get() = shown

    /** Begins to read. */
    fun start() {
        scope.launch {
            try {
                session.client.recoveryStates.collect { now -> shown.update { it.copy(standing = standing(now)) } }
            } catch (error: QrocException) {
                if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
            }
        }
    }

    /** Does what the officer asks, but going elsewhere. */
    fun on(event: RecoveryEvent) {
        when (event) {
            // A key that exists already is given up by it: that is asked about.
            RecoveryEvent.Create ->
                if (shown.value.standing?.key == KeyStanding.ON) shown.update { it.copy(asksReplace = true) } else make()
            RecoveryEvent.Replace -> make()
            RecoveryEvent.KeepOld -> shown.update { it.copy(asksReplace = false) }
            RecoveryEvent.Written -> shown.update { it.copy(step = RecoveryStep.Check()) }
            RecoveryEvent.ShowAgain -> reveal()
            is RecoveryEvent.LastGroup -> shown.update { it.copy(step = RecoveryStep.Check(event.text)) }
            RecoveryEvent.Confirm -> confirm()
            is RecoveryEvent.Typed -> shown.update { it.copy(typed = event.text, typedProblem = null) }
            RecoveryEvent.Restore -> restore()
            RecoveryEvent.Back, RecoveryEvent.Compare -> Unit
        }
    }

    private fun make() {
        val replace = shown.value.standing?.key != KeyStanding.NONE
        work {
            val key = session.client.createRecoveryKey(replace = replace)
            made?.close()
            made = key
            reveal()
        }
    }

    private fun reveal() {
        val key = made?.reveal() ?: return
        val groups = key.decodeToString().split(' ')
        key.fill(0)
        shown.update { it.copy(step = RecoveryStep.Show(groups)) }
    }

    private fun confirm() {
        val step = shown.value.step as? RecoveryStep.Check ?: return
        val key = made ?: return
        val bytes = key.reveal() ?: return
        // Letters of a key are not all of one case: what was typed must be just that.
        val right = bytes.decodeToString().substringAfterLast(' ') == step.typed.trim()
        bytes.fill(0)
        if (!right) {
            shown.update { it.copy(step = step.copy(wrong = true)) }
            return
        }
        work {
            key.shown()
            forget()
            shown.update { it.copy(step = RecoveryStep.Overview, done = RecoveryDone.MADE) }
        }
    }

    private fun restore() {
        val typed = shown.value.typed.trim()
        if (typed.isEmpty()) return
        work(wrong = { text -> shown.update { it.copy(typedProblem = text) } }) {
            val bytes = typed.encodeToByteArray()
            val restored =
                try {
                    session.client.restore(bytes)
                } finally {
                    bytes.fill(0)
                }
            val done = if (restored.verified) RecoveryDone.RESTORED else RecoveryDone.RESTORED_UNVERIFIED
            shown.update { it.copy(typed = "", done = done) }
            session.trustChanged()
        }
    }

    private fun work(
        wrong: ((String) -> Unit)? = null,
        work: suspend () -> Unit,
    ) {
        if (shown.value.working) return
        shown.update { it.copy(working = true, asksReplace = false, error = null, typedProblem = null, done = null) }
        scope.launch {
            try {
                work()
            } catch (error: QrocException) {
                val text = session.strings.of(error)
                if (error is QrocException.BadInput && wrong != null) wrong(text) else shown.update { it.copy(error = text) }
            }
            shown.update { it.copy(working = false) }
        }
    }

    private fun forget() {
        made?.close()
        made = null
    }

    /** A step back within the screen; says whether there was one. */
    fun closeTop(): Boolean {
        if (shown.value.step !is RecoveryStep.Check) return false
        reveal()
        return true
    }

    /** The screen is left: a key that was not written down counts as one that nobody has. */
    fun close() = forget()
}

internal fun standing(status: RecoveryStatus) =
    Standing(
        key =
            when (status.key) {
                RecoveryKeyState.NONE -> KeyStanding.NONE
                RecoveryKeyState.UNSHOWN -> KeyStanding.UNSHOWN
                RecoveryKeyState.ON -> KeyStanding.ON
            },
        backup =
            when (status.backup) {
                BackupState.OFF -> BackupStanding.OFF
                BackupState.LOCKED -> BackupStanding.LOCKED
                BackupState.RESTORING -> BackupStanding.RESTORING
                BackupState.PENDING -> BackupStanding.PENDING
                BackupState.ON -> BackupStanding.ON
            },
        keys = status.keys,
        waiting = status.waiting,
        verified = status.verified,
        required = status.required,
    )

package eu.qroc.ui.timeline

import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Does what one press asks for, in the account's scope: leaving the room in the same moment stops nothing. */
internal class QuickActions(
    private val session: Session,
    private val room: suspend () -> Room,
    /** Tells what was done, in one line. */
    private val done: (String) -> Unit,
    /** Tells what could not be done. */
    private val failed: (String) -> Unit,
) {
    private val sharing = session.surroundings.sharing
    private val shown = MutableStateFlow(if (sharing == null) null else Quick(camera = session.surroundings.hasCamera))

    val state: StateFlow<Quick?> get() = shown

    /** Sends where the officer is. */
    fun position() {
        val why = session.forbidden.value[Gate.SEND_POSITION]
        if (why != null) {
            failed(why)
            return
        }
        if (shown.value?.locating == true) return
        work { if (place()) done(session.strings.positionSent) else failed(session.strings.positionUnknown) }
    }

    /** The words first: they need no satellite. */
    fun help() {
        shown.update { it?.copy(helpAt = session.surroundings.now()) }
        work {
            room().send(session.strings.helpMessage)
            val told = Gate.SEND_POSITION !in session.forbidden.value && place()
            done(if (told) session.strings.helpSentWithPosition else session.strings.helpSentWithout)
        }
    }

    /** Help is not needed any more. */
    fun safe() =
        work {
            room().send(session.strings.safeMessage)
            shown.update { it?.copy(helpAt = null) }
        }

    private suspend fun place(): Boolean {
        shown.update { it?.copy(locating = true) }
        try {
            val fix = sharing?.here() ?: return false
            room().sendPlace(fix.lat, fix.lon, fix.accuracyM)
            return true
        } finally {
            shown.update { it?.copy(locating = false) }
        }
    }

    private fun work(work: suspend () -> Unit) {
        session.scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                work()
            } catch (error: QrocException) {
                failed(session.strings.of(error))
            }
        }
    }
}

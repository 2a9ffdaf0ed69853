package eu.qroc.ui.verify

import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Verification
import eu.qroc.bridge.VerificationReason
import eu.qroc.bridge.VerificationStage
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import eu.qroc.ui.shell.quietly
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Leads through one verification after the other: those that others ask for, and those that the officer begins. */
class VerifyPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val shown = MutableStateFlow<VerifyState?>(null)
    private val turn = Mutex()
    private var running: Verification? = null

    /** Nothing while there is none. */
    val state: StateFlow<VerifyState?> get() = shown

    /** Begins to listen. */
    fun start() {
        scope.launch {
            quietly {
                session.client.verificationRequests.collect { asked ->
                    turn.withLock {
                        shown.value = VerifyState(nameOf(asked), asked.userId != session.own, VerifyStep.Asked)
                        lead(asked)
                    }
                }
            }
        }
    }

    private suspend fun nameOf(asked: Verification): String {
        if (asked.userId != session.own) return session.nameOf(asked.userId)
        val id = asked.deviceId ?: return session.strings.ownDevices
        return try {
            session.client.devices().firstOrNull { it.deviceId == id }?.name ?: id
        } catch (_: QrocException) {
            id
        }
    }

    /** Begins one with [who], as the core calls them, unless another one is under way. */
    fun begin(
        who: String,
        name: String,
        person: Boolean,
    ) {
        if (shown.value != null) return
        shown.value = VerifyState(name, person)
        scope.launch {
            turn.withLock {
                try {
                    lead(session.client.verify(who))
                } catch (error: QrocException) {
                    fail(error)
                    untilClosed()
                }
            }
        }
    }

    /** Shows how it goes until the officer has read how it ended, or does not want to go on: that ends it on both sides. */
    private suspend fun lead(verification: Verification) =
        verification.use {
            running = verification
            try {
                coroutineScope {
                    val looking = launch { follow(verification) }
                    untilClosed()
                    looking.cancel()
                }
            } finally {
                running = null
            }
        }

    private suspend fun untilClosed() {
        shown.first { it == null }
    }

    private suspend fun follow(verification: Verification) {
        try {
            verification.stages.collect { stage ->
                val before = shown.value
                // What was asked and is over before anybody looked is nothing to read about.
                val missed = stage is VerificationStage.Cancelled && before?.step == VerifyStep.Asked && !before.working
                if (missed) shown.value = null
                shown.update { it?.copy(step = step(stage, session.strings), working = false, error = null) }
                if (stage == VerificationStage.Done) session.trustChanged()
            }
        } catch (error: QrocException) {
            fail(error)
        }
    }

    /** Does what the officer asks. */
    fun on(event: VerifyEvent) {
        when (event) {
            VerifyEvent.Begin -> act { it.accept() }
            VerifyEvent.Same -> act { it.confirm() }
            VerifyEvent.Differ -> act { it.mismatch() }
            VerifyEvent.Close -> shown.value = null
        }
    }

    private fun act(work: suspend (Verification) -> Unit) {
        val verification = running ?: return
        shown.update { it?.copy(working = true, error = null) }
        scope.launch {
            try {
                work(verification)
            } catch (error: QrocException) {
                fail(error)
            }
        }
    }

    private fun fail(error: QrocException) = shown.update { it?.copy(working = false, error = session.strings.of(error)) }
}

private fun step(
    stage: VerificationStage,
    strings: Strings,
): VerifyStep =
    when (stage) {
        VerificationStage.Waiting -> VerifyStep.Waiting
        VerificationStage.Asked -> VerifyStep.Asked
        VerificationStage.Starting -> VerifyStep.Starting
        is VerificationStage.Compare ->
            VerifyStep.Compare(stage.emoji.map { Sign(it.symbol, strings.emoji(it.wordKey) ?: it.symbol) }, stage.numbers)
        VerificationStage.Confirmed -> VerifyStep.Confirmed
        VerificationStage.Done -> VerifyStep.Done
        is VerificationStage.Cancelled -> VerifyStep.Ended(ending(stage))
    }

private fun ending(stage: VerificationStage.Cancelled): Ending =
    when (stage.reason) {
        VerificationReason.CANCELLED -> if (stage.byUs) Ending.HERE else Ending.THERE
        VerificationReason.TIMED_OUT -> Ending.TIMED_OUT
        VerificationReason.MISMATCH -> Ending.MISMATCH
        VerificationReason.KEY_MISMATCH -> Ending.KEY_MISMATCH
        VerificationReason.TAKEN_ELSEWHERE -> Ending.ELSEWHERE
        VerificationReason.PROTOCOL -> Ending.PROTOCOL
    }

internal fun trust(core: eu.qroc.bridge.UserTrust): Trust? =
    when (core) {
        eu.qroc.bridge.UserTrust.OWN -> null
        eu.qroc.bridge.UserTrust.VERIFIED -> Trust.VERIFIED
        eu.qroc.bridge.UserTrust.UNVERIFIED -> Trust.UNVERIFIED
        eu.qroc.bridge.UserTrust.CHANGED -> Trust.CHANGED
    }

package eu.qroc.ui.verify

import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Verification
import eu.qroc.bridge.VerificationCode
import eu.qroc.bridge.VerificationReason
import eu.qroc.bridge.VerificationStage
import eu.qroc.bridge.codeInPicture
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import eu.qroc.ui.shell.quietly
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

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
                        shown.value = state(nameOf(asked), asked.userId != session.own, VerifyStep.Asked)
                        val calling = scope.launch { call() }
                        try {
                            lead(asked)
                        } finally {
                            calling.cancelAndJoin()
                        }
                    }
                }
            }
        }
    }

    /** Whoever does not look is called, for as long as it is asked. */
    private suspend fun call() {
        val surroundings = session.surroundings
        try {
            combine(surroundings.attended, shown) { looks, state -> !looks && state?.step == VerifyStep.Asked }
                .distinctUntilChanged()
                .collect { surroundings.asked(it) }
        } finally {
            withContext(NonCancellable) { surroundings.asked(false) }
        }
    }

    private fun state(
        name: String,
        person: Boolean,
        step: VerifyStep,
    ) = VerifyState(name, person, step, camera = session.surroundings.hasCamera)

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
        shown.value = state(name, person, VerifyStep.Waiting)
        scope.launch {
            turn.withLock {
                try {
                    // A code is quicker than signs where both can see each other; signs are always there.
                    lead(session.client.verify(who).apply { byCode() })
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
            VerifyEvent.Begin ->
                act {
                    it.byCode()
                    it.accept()
                }
            VerifyEvent.Scan -> scan()
            VerifyEvent.BySigns -> act { it.bySigns() }
            VerifyEvent.Same -> act { it.confirm() }
            VerifyEvent.Differ -> act { it.mismatch() }
            VerifyEvent.Close -> shown.value = null
        }
    }

    private fun scan() {
        scope.launch {
            val surroundings = session.surroundings
            val picture = (if (surroundings.hasCamera) surroundings.takePhoto() else surroundings.chooseFile(photo = true)) ?: return@launch
            try {
                // The other may have scanned ours meanwhile.
                if (shown.value?.step is VerifyStep.Code) act { it.scan(codeInPicture(read(picture))) }.join()
            } finally {
                surroundings.release(picture)
            }
        }
    }

    private suspend fun read(picture: Path): ByteArray =
        withContext(Dispatchers.IO) {
            if (Files.size(picture) > LARGEST) throw IOException("too large")
            Files.readAllBytes(picture)
        }

    private fun act(work: suspend (Verification) -> Unit): Job {
        val verification = running ?: return Job().apply { complete() }
        shown.update { it?.copy(working = true, error = null) }
        return scope.launch {
            try {
                work(verification)
            } catch (error: QrocException) {
                fail(error)
            } catch (_: IOException) {
                fail(session.strings.errorFileUnreadable)
            }
        }
    }

    private fun fail(error: QrocException) = fail(session.strings.of(error))

    /** Where it has ended, that says why. */
    private fun fail(error: String) = shown.update { it?.copy(working = false, error = if (it.over) null else error) }

    private companion object {
        /** Bytes of a picture that is looked through. */
        const val LARGEST = 64L * 1024 * 1024
    }
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
        is VerificationStage.Code -> VerifyStep.Code(stage.shown?.let(::modules))
        VerificationStage.Scanned -> VerifyStep.Scanned
        VerificationStage.Confirmed -> VerifyStep.Confirmed
        VerificationStage.Done -> VerifyStep.Done
        is VerificationStage.Cancelled -> VerifyStep.Ended(ending(stage))
    }

private fun modules(code: VerificationCode): Modules =
    Modules(List(code.side) { row -> List(code.side) { column -> code.isDark(row, column) } })

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

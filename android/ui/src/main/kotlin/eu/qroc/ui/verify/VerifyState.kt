package eu.qroc.ui.verify

import androidx.compose.runtime.Immutable

/** A verification that is under way, over whatever screen is there. */
@Immutable
data class VerifyState(
    /** What a person or an own device is called. */
    val name: String,
    val person: Boolean,
    val step: VerifyStep = VerifyStep.Waiting,
    val working: Boolean = false,
    /** Why it cannot go on. */
    val error: String? = null,
    /** Whether codes are scanned with a camera; else a picture of one is opened. */
    val camera: Boolean = false,
) {
    /** Whether nothing is left to be done but to read how it ended. */
    val over: Boolean get() = step is VerifyStep.Done || step is VerifyStep.Ended
}

/** How far it is. */
@Immutable
sealed interface VerifyStep {
    /** The other side has not answered. */
    data object Waiting : VerifyStep

    /** The other side asks. */
    data object Asked : VerifyStep

    data object Starting : VerifyStep

    data class Compare(
        val signs: List<Sign>,
        /** The same, where the other program has no signs. */
        val numbers: List<Int>,
    ) : VerifyStep

    /** One side scans the code of the other. */
    data class Code(
        /** Ours; nothing where the other side cannot scan. */
        val shown: Modules?,
    ) : VerifyStep

    /** The other side says that it has scanned our code. */
    data object Scanned : VerifyStep

    /** The other side has not confirmed. */
    data object Confirmed : VerifyStep

    data object Done : VerifyStep

    data class Ended(
        val why: Ending,
    ) : VerifyStep
}

/** A code as it is drawn: rows of modules from the top, of which the dark ones are true. */
@Immutable
data class Modules(
    val rows: List<List<Boolean>>,
)

/** One of the seven signs, with its word. */
@Immutable
data class Sign(
    val symbol: String,
    val word: String,
)

enum class Ending { HERE, THERE, TIMED_OUT, MISMATCH, KEY_MISMATCH, ELSEWHERE, PROTOCOL }

/** What an officer does there. */
sealed interface VerifyEvent {
    data object Begin : VerifyEvent

    data object Same : VerifyEvent

    data object Differ : VerifyEvent

    /** The other's code is to be scanned. */
    data object Scan : VerifyEvent

    /** Neither code can be scanned. */
    data object BySigns : VerifyEvent

    /** Not now, not any more, or read. */
    data object Close : VerifyEvent
}

/** What is believed of somebody. */
enum class Trust { VERIFIED, UNVERIFIED, CHANGED }

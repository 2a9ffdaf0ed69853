package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import eu.qroc.bridge.generated.UserTrust as GeneratedUserTrust
import eu.qroc.bridge.generated.Verification as GeneratedVerification
import eu.qroc.bridge.generated.VerificationReason as GeneratedReason
import eu.qroc.bridge.generated.VerificationStage as GeneratedStage

/** What is believed of a person. */
public enum class UserTrust {
    /** It is the account in use. */
    OWN,

    /** The keys were compared, by this device or by one that it trusts. */
    VERIFIED,

    /** The keys are taken as the server gives them. */
    UNVERIFIED,

    /** The keys are others than before, and nobody has looked at that: say so before more is said. */
    CHANGED,
}

/**
 * One of the seven signs that two people compare.
 *
 * @property symbol the sign.
 * @property wordKey names its word in the app's languages: `emoji_` and its English name in the Matrix specification, as
 *   in `emoji_light_bulb`.
 */
public data class VerificationEmoji(
    public val symbol: String,
    public val wordKey: String,
)

/**
 * A code that this device shows, for the other one to scan.
 *
 * @property bytes what it says, in the format of the Matrix specification. Nobody else is to know it.
 * @property side modules in a row. A margin of four light ones belongs around them, or scanners do not find it.
 */
public class VerificationCode internal constructor(
    public val bytes: ByteArray,
    public val side: Int,
    private val modules: ByteArray,
) {
    /** Whether the module is dark; outside of the code none is. */
    public fun isDark(
        row: Int,
        column: Int,
    ): Boolean = row in 0 until side && column in 0 until side && modules[row * side + column] != LIGHT

    /** The same where it says the same. */
    override fun equals(other: Any?): Boolean = other is VerificationCode && bytes.contentEquals(other.bytes)

    override fun hashCode(): Int = bytes.contentHashCode()

    /** Nothing of what it says. */
    override fun toString(): String = "VerificationCode(side=$side)"

    private companion object {
        const val LIGHT: Byte = 0
    }
}

/** Why a verification ended without a result. */
public enum class VerificationReason {
    /** Somebody ended it. */
    CANCELLED,

    /** Nobody went on in time. */
    TIMED_OUT,

    /** The signs differ: somebody may be in between. */
    MISMATCH,

    /** The keys are not those that were compared. */
    KEY_MISMATCH,

    /** Another device of the same account took it up. */
    TAKEN_ELSEWHERE,

    /** The two programs do not understand each other. */
    PROTOCOL,
}

/** How far a verification is. */
public sealed interface VerificationStage {
    /** We asked; the other has not answered. */
    public data object Waiting : VerificationStage

    /** The other asks: [Verification.accept] or [Verification.cancel]. */
    public data object Asked : VerificationStage

    /** Both want it; the programs agree on a secret. */
    public data object Starting : VerificationStage

    /**
     * To be compared by the two people: [Verification.confirm] or [Verification.mismatch].
     *
     * @property emoji seven signs; none where the other program has none.
     * @property numbers the same as three numbers.
     */
    public data class Compare(
        public val emoji: List<VerificationEmoji>,
        public val numbers: List<Int>,
    ) : VerificationStage

    /**
     * To be verified by a code: the other scans ours, or we [Verification.scan] theirs, whichever is easier;
     * [Verification.bySigns] where neither can be. Only where it was to be done [Verification.byCode].
     *
     * @property shown ours; none where the other cannot scan.
     */
    public data class Code(
        public val shown: VerificationCode?,
    ) : VerificationStage

    /** The other says that it has scanned our code: [Verification.confirm] if the other's screen says so too, else [Verification.mismatch]. */
    public data object Scanned : VerificationStage

    /** We confirmed, or scanned; the other has not confirmed yet. */
    public data object Confirmed : VerificationStage

    /** Both confirmed. The last one. */
    public data object Done : VerificationStage

    /**
     * It ended without a result. The last one.
     *
     * @property byUs whether this side ended it.
     * @property reason why.
     */
    public data class Cancelled(
        public val byUs: Boolean,
        public val reason: VerificationReason,
    ) : VerificationStage
}

/**
 * A verification under way. It goes on without being looked at while the client syncs. Closing it cancels it, unless this
 * side has confirmed by then: that holds.
 */
public class Verification internal constructor(
    inner: GeneratedVerification,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** User id of the other side. */
    public val userId: String = inner.userId()

    /** Whether this side asked for it. */
    public val isOurs: Boolean = inner.isOurs()

    /** Id of the other device, once one takes part. */
    public val deviceId: String? get() = inner.now { it.deviceId() }

    /**
     * How far it is, from now on; one that nobody took in time is left out. Ends after the last one, and when this or the
     * client is closed. Cancelling ends the looking alone. Faults of the network are tried again.
     */
    public val stages: Flow<VerificationStage> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { it.next()?.toBridge() } },
        )

    /** Takes up what the other asked for. Runs to its end even when cancelled. */
    public suspend fun accept(): Unit = inner.call { it.accept() }

    /**
     * Has it done by a code that one device shows and the other scans, where the other's program knows codes; by signs where
     * not, which is what is done without this word. To be said at once after it was asked for, or before it is accepted; the
     * other side has to say so too, else it begins with signs.
     */
    public fun byCode(): Unit = inner.now { it.byCode() }

    /** Has it done by signs after all: neither code can be scanned. */
    public fun bySigns(): Unit = inner.now { it.bySigns() }

    /**
     * Takes the code that the other device shows, as [codeInPicture], [codeInFrame] or the platform read it. Runs to its end
     * even when cancelled. One that is of no use (`code_unreadable`, `code_of_another`, `code_not_now`) leaves room for
     * another; one with other keys (`code_other_keys`) ends it.
     */
    public suspend fun scan(code: ByteArray): Unit = inner.call { it.scan(code) }

    /** Says that both see the same signs, or that the other's screen says that it has scanned our code. Runs to its end even when cancelled. */
    public suspend fun confirm(): Unit = inner.call { it.confirm() }

    /**
     * Says that the signs differ, or that the other's screen does not say that it has scanned our code: somebody may be in
     * between. Ends it on both sides. Runs to its end even when cancelled.
     */
    public suspend fun mismatch(): Unit = inner.call { it.mismatch() }

    /** Does not want to go on, or not to begin. Ends it on both sides. Runs to its end even when cancelled. */
    public suspend fun cancel(): Unit = inner.call { it.cancel() }

    /** Ends the flows and frees it. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

internal fun GeneratedUserTrust.toBridge(): UserTrust =
    when (this) {
        GeneratedUserTrust.OWN -> UserTrust.OWN
        GeneratedUserTrust.VERIFIED -> UserTrust.VERIFIED
        GeneratedUserTrust.UNVERIFIED -> UserTrust.UNVERIFIED
        GeneratedUserTrust.CHANGED -> UserTrust.CHANGED
    }

private fun GeneratedStage.toBridge(): VerificationStage =
    when (this) {
        is GeneratedStage.Waiting -> VerificationStage.Waiting
        is GeneratedStage.Asked -> VerificationStage.Asked
        is GeneratedStage.Starting -> VerificationStage.Starting
        is GeneratedStage.Compare ->
            VerificationStage.Compare(
                emoji = emoji.map { VerificationEmoji(it.symbol, it.wordKey) },
                numbers = numbers.map { it.toInt() },
            )
        is GeneratedStage.Code -> VerificationStage.Code(shown?.let { VerificationCode(it.bytes, it.side.toInt(), it.modules) })
        is GeneratedStage.Scanned -> VerificationStage.Scanned
        is GeneratedStage.Confirmed -> VerificationStage.Confirmed
        is GeneratedStage.Done -> VerificationStage.Done
        is GeneratedStage.Cancelled -> VerificationStage.Cancelled(byUs, reason.toBridge())
    }

private fun GeneratedReason.toBridge(): VerificationReason =
    when (this) {
        GeneratedReason.CANCELLED -> VerificationReason.CANCELLED
        GeneratedReason.TIMED_OUT -> VerificationReason.TIMED_OUT
        GeneratedReason.MISMATCH -> VerificationReason.MISMATCH
        GeneratedReason.KEY_MISMATCH -> VerificationReason.KEY_MISMATCH
        GeneratedReason.TAKEN_ELSEWHERE -> VerificationReason.TAKEN_ELSEWHERE
        GeneratedReason.PROTOCOL -> VerificationReason.PROTOCOL
    }

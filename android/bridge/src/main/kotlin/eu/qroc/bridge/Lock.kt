package eu.qroc.bridge

import java.time.Instant
import eu.qroc.bridge.generated.LockState as GeneratedLockState
import eu.qroc.bridge.generated.LockStatus as GeneratedLockStatus

/** Whether a PIN is asked for. */
public enum class LockState {
    /** There is no PIN. */
    OPEN,

    /** There is one, and it was given. */
    UNLOCKED,

    /** There is one, and nothing but it opens the profile. */
    SEALED,
}

/**
 * How the application lock of a profile stands.
 *
 * @property state whether a PIN is asked for.
 * @property attemptsLeft wrong attempts that are left; without it there is no limit, or no lock.
 * @property retryAt when the next attempt is possible; without it now.
 * @property required whether policy asks for a lock.
 */
public data class LockStatus(
    public val state: LockState,
    public val attemptsLeft: Int?,
    public val retryAt: Instant?,
    public val required: Boolean,
)

internal fun GeneratedLockStatus.toBridge(): LockStatus =
    LockStatus(
        state =
            when (state) {
                GeneratedLockState.OPEN -> LockState.OPEN
                GeneratedLockState.UNLOCKED -> LockState.UNLOCKED
                GeneratedLockState.SEALED -> LockState.SEALED
            },
        attemptsLeft = attemptsLeft?.toInt(),
        retryAt = retryAt,
        required = required,
    )

package eu.qroc.bridge

import eu.qroc.bridge.generated.BackupState as GeneratedBackupState
import eu.qroc.bridge.generated.RecoveryKey as GeneratedRecoveryKey
import eu.qroc.bridge.generated.RecoveryKeyState as GeneratedKeyState
import eu.qroc.bridge.generated.RecoveryStatus as GeneratedStatus
import eu.qroc.bridge.generated.Restored as GeneratedRestored

/** Whether the account has a recovery key. */
public enum class RecoveryKeyState {
    /** It has none. */
    NONE,

    /** It was made here and never shown to anybody: show another one. */
    UNSHOWN,

    /** It has one. */
    ON,
}

/** How the backup of the keys stands. */
public enum class BackupState {
    /** There is none, or policy wants none. */
    OFF,

    /** There is one, and its key is not on this device: [Client.restore], or verify this device by another. */
    LOCKED,

    /** Keys are being fetched from it. */
    RESTORING,

    /** Keys wait to be uploaded. */
    PENDING,

    /** Everything is in it. */
    ON,
}

/**
 * How backup and recovery key stand.
 *
 * @property key whether there is a recovery key.
 * @property backup how the backup stands.
 * @property version the backup's number at the server.
 * @property keys room keys on this device: they grow while they are restored.
 * @property waiting those that are not in the backup yet.
 * @property verified whether the account's identity vouches for this device.
 * @property required whether policy wants a backup.
 */
public data class RecoveryStatus(
    public val key: RecoveryKeyState,
    public val backup: BackupState,
    public val version: String?,
    public val keys: Int,
    public val waiting: Int,
    public val verified: Boolean,
    public val required: Boolean,
)

/**
 * What restoring with the recovery key came to.
 *
 * @property verified whether this device is verified now.
 * @property history whether the backup is open: what is left of it is fetched while the client syncs.
 * @property keys room keys that this call has fetched from it. The sync fetches them as well: [Client.recoveryStates] tells
 *   how far that is.
 */
public data class Restored(
    public val verified: Boolean,
    public val history: Boolean,
    public val keys: Int,
)

/**
 * A recovery key that was just made: whoever has it and can sign in reads everything. To be shown once, to be written
 * down. Neither a log nor [toString] has it.
 */
public class RecoveryKey internal constructor(
    inner: GeneratedRecoveryKey,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** The key as it is to be written down, in groups of four, as UTF-8: clear it afterwards. `null` after [shown]. */
    public fun reveal(): ByteArray? = inner.now { it.reveal() }

    /**
     * Notes that the user has written it down, and forgets it: it cannot be had again. Until then the account counts as
     * one whose key nobody has. Runs to its end even when cancelled.
     */
    public suspend fun shown(): Unit = inner.call { it.shown() }

    /** Forgets it. */
    override fun close(): Unit = inner.close()

    override fun toString(): String = "RecoveryKey"
}

internal fun GeneratedStatus.toBridge(): RecoveryStatus =
    RecoveryStatus(
        key =
            when (key) {
                GeneratedKeyState.NONE -> RecoveryKeyState.NONE
                GeneratedKeyState.UNSHOWN -> RecoveryKeyState.UNSHOWN
                GeneratedKeyState.ON -> RecoveryKeyState.ON
            },
        backup =
            when (backup) {
                GeneratedBackupState.OFF -> BackupState.OFF
                GeneratedBackupState.LOCKED -> BackupState.LOCKED
                GeneratedBackupState.RESTORING -> BackupState.RESTORING
                GeneratedBackupState.PENDING -> BackupState.PENDING
                GeneratedBackupState.ON -> BackupState.ON
            },
        version = version,
        keys = keys.toInt(),
        waiting = waiting.toInt(),
        verified = verified,
        required = required,
    )

internal fun GeneratedRestored.toBridge(): Restored = Restored(verified, history, keys.toInt())

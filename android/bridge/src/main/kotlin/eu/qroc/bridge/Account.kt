package eu.qroc.bridge

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.AccountState as GeneratedAccountState
import eu.qroc.bridge.generated.Connection as GeneratedConnection
import eu.qroc.bridge.generated.Destroyed as GeneratedDestroyed
import eu.qroc.bridge.generated.Device as GeneratedDevice
import eu.qroc.bridge.generated.DeviceTrust as GeneratedDeviceTrust
import eu.qroc.bridge.generated.SignedIn as GeneratedSignedIn
import eu.qroc.bridge.generated.Status as GeneratedStatus
import eu.qroc.bridge.generated.SyncSummary as GeneratedSyncSummary

/** What the server lets this sign-in do. */
public enum class AccountState {
    /** Everything. */
    ACTIVE,

    /** The token ended and could not be refreshed: sign in again, data stays. */
    SOFT_SIGNED_OUT,

    /** The account is locked: content is hidden, nothing is deleted. */
    LOCKED,

    /** Reading only. */
    SUSPENDED,

    /** The account's time is over. */
    EXPIRED,

    /** The server refuses the sign-in; hidden until a second question confirms it. */
    REFUSED_ONCE,
}

/** Whether the server answers, as a screen says it. */
public enum class Connection {
    /** Nobody asks it: the client is in the background. */
    IDLE,

    /** It was asked and has not answered yet. */
    CONNECTING,

    /** It answers. */
    ONLINE,

    /** It cannot be reached; asked again by itself. */
    OFFLINE,

    /** It refuses the sign-in: contents are hidden, [Client.status] says why. */
    HELD,

    /** The client was closed or signed out here. */
    CLOSED,

    /** The server ended the sign-in, or the profile was wiped: keys and data are gone. */
    SIGNED_OUT,

    /** The program or the storage has a fault: open the profile again. */
    FAILED,
}

/**
 * The account, as a status line shows it.
 *
 * @property userId `@name:server`.
 * @property deviceId the device of this sign-in.
 * @property homeserver base URL of the server.
 * @property state what the server lets the account do.
 * @property lastSync time of the last sync answer.
 * @property queued actions that wait to be sent, failed ones included.
 * @property verified whether the account's identity vouches for this device.
 * @property backup whether keys are backed up on the server.
 * @property dbBytes size of the database.
 * @property cacheFiles sealed files that are kept from the server.
 * @property cacheBytes their size.
 */
public data class Status(
    public val userId: String,
    public val deviceId: String,
    public val homeserver: String,
    public val state: AccountState,
    public val lastSync: Instant?,
    public val queued: Int,
    public val verified: Boolean,
    public val backup: Boolean,
    public val dbBytes: Long,
    public val cacheFiles: Long,
    public val cacheBytes: Long,
)

/**
 * A sign-in that worked.
 *
 * @property userId `@name:server`.
 * @property deviceId the device of this sign-in.
 * @property homeserver base URL of the server.
 */
public data class SignedIn(
    public val userId: String,
    public val deviceId: String,
    public val homeserver: String,
)

/** How far a device is trusted. */
public enum class DeviceTrust {
    /** It is this one. */
    THIS,

    /** The identity of its owner vouches for it, and that was compared. */
    VERIFIED,

    /** Nothing vouches for it. */
    UNVERIFIED,

    /** Its owner's identity is another than before, and nobody has looked at that. */
    CHANGED,
}

/**
 * A device of the account, or of somebody else.
 *
 * @property deviceId its id.
 * @property name as it was named.
 * @property trust how far it is trusted.
 * @property lastSeen when the server last heard of it.
 */
public data class Device(
    public val deviceId: String,
    public val name: String?,
    public val trust: DeviceTrust,
    public val lastSeen: Instant?,
)

/**
 * What one run of sync came to.
 *
 * @property rooms rooms joined or invited to.
 * @property events events that were not there before.
 * @property sent queued actions that the server took.
 * @property undecryptable events that cannot be read (yet).
 * @property took how long it took.
 */
public data class SyncSummary(
    public val rooms: Int,
    public val events: Int,
    public val sent: Int,
    public val undecryptable: Int,
    public val took: Duration,
)

/**
 * What signing out or wiping came to.
 *
 * @property destroyed files that are gone.
 * @property serverInformed whether the server knows that the device is gone.
 */
public data class Destroyed(
    public val destroyed: Int,
    public val serverInformed: Boolean,
)

private fun GeneratedAccountState.toBridge(): AccountState =
    when (this) {
        GeneratedAccountState.ACTIVE -> AccountState.ACTIVE
        GeneratedAccountState.SOFT_SIGNED_OUT -> AccountState.SOFT_SIGNED_OUT
        GeneratedAccountState.LOCKED -> AccountState.LOCKED
        GeneratedAccountState.SUSPENDED -> AccountState.SUSPENDED
        GeneratedAccountState.EXPIRED -> AccountState.EXPIRED
        GeneratedAccountState.REFUSED_ONCE -> AccountState.REFUSED_ONCE
    }

internal fun GeneratedConnection.toBridge(): Connection =
    when (this) {
        GeneratedConnection.IDLE -> Connection.IDLE
        GeneratedConnection.CONNECTING -> Connection.CONNECTING
        GeneratedConnection.ONLINE -> Connection.ONLINE
        GeneratedConnection.OFFLINE -> Connection.OFFLINE
        GeneratedConnection.HELD -> Connection.HELD
        GeneratedConnection.CLOSED -> Connection.CLOSED
        GeneratedConnection.SIGNED_OUT -> Connection.SIGNED_OUT
        GeneratedConnection.FAILED -> Connection.FAILED
    }

internal fun GeneratedStatus.toBridge(): Status =
    Status(
        userId = userId,
        deviceId = deviceId,
        homeserver = homeserver,
        state = state.toBridge(),
        lastSync = lastSync,
        queued = queued.toInt(),
        verified = verified,
        backup = backup,
        dbBytes = dbBytes.toLong(),
        cacheFiles = cacheFiles.toLong(),
        cacheBytes = cacheBytes.toLong(),
    )

internal fun GeneratedSignedIn.toBridge(): SignedIn =
    SignedIn(userId = userId, deviceId = deviceId, homeserver = homeserver)

internal fun GeneratedDevice.toBridge(): Device =
    Device(
        deviceId = deviceId,
        name = name,
        trust =
            when (trust) {
                GeneratedDeviceTrust.THIS -> DeviceTrust.THIS
                GeneratedDeviceTrust.VERIFIED -> DeviceTrust.VERIFIED
                GeneratedDeviceTrust.UNVERIFIED -> DeviceTrust.UNVERIFIED
                GeneratedDeviceTrust.CHANGED -> DeviceTrust.CHANGED
            },
        lastSeen = lastSeen,
    )

internal fun GeneratedSyncSummary.toBridge(): SyncSummary =
    SyncSummary(
        rooms = rooms.toInt(),
        events = events.toInt(),
        sent = sent.toInt(),
        undecryptable = undecryptable.toInt(),
        took = took.toKotlinDuration(),
    )

internal fun GeneratedDestroyed.toBridge(): Destroyed =
    Destroyed(destroyed = destroyed.toInt(), serverInformed = serverInformed)

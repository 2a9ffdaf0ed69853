package eu.qroc.bridge

import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.DeviceFacts as GeneratedDeviceFacts
import eu.qroc.bridge.generated.DeviceSystem as GeneratedDeviceSystem
import eu.qroc.bridge.generated.proposedSignIn as generatedProposedSignIn
import eu.qroc.bridge.generated.tellDevice as generatedTellDevice

/** An operating system that policy speaks of. */
public enum class DeviceSystem {
    /** Android. */
    ANDROID,

    /** iOS. */
    IOS,

    /** Any other. */
    OTHER,
}

/**
 * The device, as the platform knows it.
 *
 * @property system its operating system.
 * @property version the system's version, such as `14`.
 * @property tampered whether the platform found the system tampered with.
 */
public data class DeviceFacts(
    public val system: DeviceSystem,
    public val version: String,
    public val tampered: Boolean = false,
)

/**
 * What a screen fills in before somebody signs in.
 *
 * @property server address of the server.
 * @property user name of the user.
 * @property userIsFixed whether nobody else may sign in.
 */
public data class ProposedSignIn(
    public val server: String?,
    public val user: String?,
    public val userIsFixed: Boolean,
)

/** Says what the device is; to be called before a client is opened. */
public fun tellDevice(device: DeviceFacts) {
    Library.version
    val system =
        when (device.system) {
            DeviceSystem.ANDROID -> GeneratedDeviceSystem.ANDROID
            DeviceSystem.IOS -> GeneratedDeviceSystem.IOS
            DeviceSystem.OTHER -> GeneratedDeviceSystem.OTHER
        }
    generatedTellDevice(GeneratedDeviceFacts(system, device.version, device.tampered))
}

/** What the device's management proposes to whoever signs in. */
public fun proposedSignIn(): ProposedSignIn =
    translated { generatedProposedSignIn().let { ProposedSignIn(it.server, it.user, it.userIsFixed) } }

/** Says whether the connection costs by volume. */
public fun Client.setMetered(metered: Boolean): Unit = inner.now { it.setMetered(metered) }

/** Says whether the files of messages that arrive are fetched before anybody asks, where policy allows it. */
public fun Client.setFetching(on: Boolean): Unit = inner.now { it.setFetching(on) }

/** Whether policy wants the user to be warned that this device's system was tampered with. */
public fun Client.warnsOfDevice(): Boolean = inner.now { it.warnsOfDevice() }

/**
 * Guards the screen from now on: contents are hidden where nobody has used it for `lock.timeout_s`. It begins locked where
 * the profile was not used for so long.
 */
public suspend fun Client.guardScreen(): Unit = inner.call { it.guardScreen() }

/** Says that somebody uses the app: the times without use begin anew. A screen that is locked stays so. */
public suspend fun Client.touch(): Unit = inner.call { it.touch() }

/** Whether contents are hidden until the screen is unlocked. */
public fun Client.isScreenLocked(): Boolean = inner.now { it.isScreenLocked() }

/** After how long without use the screen locks; nothing where it is locked, not guarded, or never locks. */
public fun Client.screenLocksIn(): Duration? = inner.now { it.screenLocksIn()?.toKotlinDuration() }

/** Locks the screen at once. */
public fun Client.lockScreen(): Unit = inner.now { it.lockScreen() }

/** Unlocks the screen with the PIN; attempts count as for a sealed profile. Clear [pin] afterwards. */
public suspend fun Client.unlockScreen(
    vault: Vault,
    pin: ByteArray,
): Unit = inner.call { client -> vault.use { client.unlockScreen(it, pin) } }

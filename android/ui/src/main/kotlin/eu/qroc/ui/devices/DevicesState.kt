package eu.qroc.ui.devices

import androidx.compose.runtime.Immutable

/** The devices of this account. */
@Immutable
data class DevicesState(
    /** Nothing while they are read. */
    val devices: List<DeviceRow>? = null,
    /** Whether the account's other devices trust this one. */
    val verified: Boolean = true,
    val error: String? = null,
    /** The one that is being signed out. */
    val leaving: DeviceRow? = null,
    val password: String = "",
    val working: Boolean = false,
    val wrongPassword: Boolean = false,
)

@Immutable
data class DeviceRow(
    val id: String,
    val name: String,
    val trust: DeviceTrust,
    /** Milliseconds since 1970; 0 if not known. */
    val lastSeen: Long = 0,
)

enum class DeviceTrust { THIS, VERIFIED, UNVERIFIED }

/** What an officer does there. */
sealed interface DevicesEvent {
    data object Back : DevicesEvent

    data object Reload : DevicesEvent

    data class AskSignOut(
        val device: DeviceRow,
    ) : DevicesEvent

    data class Password(
        val text: String,
    ) : DevicesEvent

    data object SignOut : DevicesEvent

    data object Keep : DevicesEvent

    /** Compares signs with another device. */
    data class Compare(
        val device: DeviceRow,
    ) : DevicesEvent

    /** Compares signs with whichever other device answers. */
    data object CompareAny : DevicesEvent

    data object Recovery : DevicesEvent
}

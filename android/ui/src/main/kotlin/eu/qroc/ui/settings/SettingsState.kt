package eu.qroc.ui.settings

import androidx.compose.runtime.Immutable
import eu.qroc.ui.theme.Appearance

/** What the settings show. */
@Immutable
data class SettingsState(
    val userId: String = "",
    val deviceId: String = "",
    val server: String = "",
    val verified: Boolean = false,
    /** Milliseconds since 1970; 0 for never. */
    val lastSync: Long = 0,
    val waiting: Int = 0,
    val databaseBytes: Long = 0,
    val appearance: Appearance = Appearance.SYSTEM,
    /** Nothing for the system's. */
    val language: String? = null,
    val version: String = "",
    val asking: Farewell? = null,
    val working: Boolean = false,
    val error: String? = null,
)

/** Ways to go. */
enum class Farewell { SIGN_OUT, WIPE }

/** What an officer does there. */
sealed interface SettingsEvent {
    data object Back : SettingsEvent

    data object Devices : SettingsEvent

    data object Recovery : SettingsEvent

    data object Policy : SettingsEvent

    data object Queue : SettingsEvent

    data class Look(
        val appearance: Appearance,
    ) : SettingsEvent

    data class Language(
        val language: String?,
    ) : SettingsEvent

    data class Ask(
        val farewell: Farewell,
    ) : SettingsEvent

    data class Confirm(
        val farewell: Farewell,
    ) : SettingsEvent

    data object Stay : SettingsEvent
}

package eu.qroc.ui.settings

import eu.qroc.bridge.QrocException
import eu.qroc.ui.shell.Looks
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch

/** Shows the account, changes the looks, and says goodbye. */
class SettingsPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    private val looks: Looks,
    /** Ends the account here; nothing of it is left when this returns. */
    private val leave: suspend (Farewell) -> Unit,
) {
    private val shown =
        MutableStateFlow(
            SettingsState(
                userId = session.own,
                deviceId = session.client.signedIn.deviceId,
                server = session.client.signedIn.homeserver,
                version = session.surroundings.version,
            ),
        )

    val state: StateFlow<SettingsState> get() = shown

    /** Begins to read. */
    fun start() {
        scope.launch {
            looks.state.collect { now -> shown.update { it.copy(appearance = now.appearance, language = now.language) } }
        }
        scope.launch {
            session.queue.collect { queue -> shown.update { it.copy(waiting = queue.orEmpty().size) } }
        }
        scope.launch {
            try {
                while (isActive) {
                    val status = session.client.status()
                    shown.update {
                        it.copy(
                            verified = status.verified,
                            lastSync = status.lastSync?.toEpochMilli() ?: 0,
                            databaseBytes = status.dbBytes,
                        )
                    }
                    delay(REFRESH_MS)
                }
            } catch (error: QrocException) {
                if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
            }
        }
    }

    /** Does what the officer asks, but going elsewhere. */
    fun on(event: SettingsEvent) {
        when (event) {
            is SettingsEvent.Look -> looks.appearance(event.appearance)
            is SettingsEvent.Language -> looks.language(event.language)
            is SettingsEvent.Ask -> shown.update { it.copy(asking = event.farewell) }
            is SettingsEvent.Confirm -> confirm(event.farewell)
            SettingsEvent.Stay -> shown.update { it.copy(asking = null) }
            SettingsEvent.Back, SettingsEvent.Devices, SettingsEvent.Recovery, SettingsEvent.Policy, SettingsEvent.Queue -> Unit
        }
    }

    private fun confirm(farewell: Farewell) {
        if (shown.value.working) return
        shown.update { it.copy(asking = null, working = true, error = null) }
        scope.launch {
            try {
                leave(farewell)
            } catch (error: QrocException) {
                shown.update { it.copy(working = false, error = session.strings.of(error)) }
            }
        }
    }

    private companion object {
        const val REFRESH_MS = 5_000L
    }
}

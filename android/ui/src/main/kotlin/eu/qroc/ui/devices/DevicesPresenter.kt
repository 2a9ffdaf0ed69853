package eu.qroc.ui.devices

import eu.qroc.bridge.QrocException
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import eu.qroc.bridge.DeviceTrust as CoreTrust

/** Lists the account's devices and signs others out. */
class DevicesPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val shown = MutableStateFlow(DevicesState())

    val state: StateFlow<DevicesState> get() = shown

    /** Begins to read. */
    fun start() {
        // The first one is read at once.
        scope.launch { session.trust.collect { read() } }
    }

    private fun read() {
        scope.launch {
            shown.update { it.copy(error = null) }
            try {
                val devices =
                    session.client.devices().map { device ->
                        DeviceRow(
                            id = device.deviceId,
                            name = device.name ?: device.deviceId,
                            trust =
                                when (device.trust) {
                                    CoreTrust.THIS -> DeviceTrust.THIS
                                    CoreTrust.VERIFIED -> DeviceTrust.VERIFIED
                                    CoreTrust.UNVERIFIED, CoreTrust.CHANGED -> DeviceTrust.UNVERIFIED
                                },
                            lastSeen = device.lastSeen?.toEpochMilli() ?: 0,
                        )
                    }
                // This one first, then those that were used last.
                val sorted = devices.sortedWith(compareBy({ it.trust != DeviceTrust.THIS }, { -it.lastSeen }))
                val verified = session.client.status().verified
                shown.update { it.copy(devices = sorted, verified = verified) }
            } catch (error: QrocException) {
                shown.update { it.copy(error = session.strings.of(error)) }
            }
        }
    }

    /** Does what the officer asks, but going back. */
    fun on(event: DevicesEvent) {
        when (event) {
            DevicesEvent.Reload -> read()
            is DevicesEvent.AskSignOut ->
                shown.update { it.copy(leaving = event.device, password = "", wrongPassword = false) }
            is DevicesEvent.Password -> shown.update { it.copy(password = event.text, wrongPassword = false) }
            DevicesEvent.SignOut -> signOut()
            DevicesEvent.Keep -> shown.update { it.copy(leaving = null, password = "", wrongPassword = false) }
            is DevicesEvent.Compare, DevicesEvent.CompareAny, DevicesEvent.Recovery, DevicesEvent.Back -> Unit
        }
    }

    private fun signOut() {
        val now = shown.value
        val device = now.leaving ?: return
        if (now.working) return
        shown.update { it.copy(working = true) }
        scope.launch {
            try {
                session.client.signOutDevice(device.id, now.password)
                shown.update { it.copy(leaving = null, password = "", working = false) }
                read()
            } catch (error: QrocException) {
                shown.update {
                    if (error is QrocException.SignIn) {
                        it.copy(working = false, wrongPassword = true)
                    } else {
                        it.copy(working = false, leaving = null, password = "", error = session.strings.of(error))
                    }
                }
            }
        }
    }
}

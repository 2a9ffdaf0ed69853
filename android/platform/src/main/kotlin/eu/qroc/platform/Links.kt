package eu.qroc.platform

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import eu.qroc.bridge.QrocException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch

/** Hears from the system which network there is: the core tries again at once, instead of when its next try is due. */
class Links(
    private val context: Context,
    private val duty: Duty,
) {
    private val costly = MutableStateFlow(true)
    private val there = MutableStateFlow(false)

    /** Whether what is fetched costs by volume; true while it is not known. */
    val metered: StateFlow<Boolean> get() = costly

    /** Whether there is a network at all. */
    val connected: StateFlow<Boolean> get() = there

    private val callback =
        object : ConnectivityManager.NetworkCallback() {
            /** A default network is there, or another one than before. */
            override fun onAvailable(network: Network) {
                there.value = true
                duty.scope.launch {
                    try {
                        duty.client.value?.networkReturned()
                    } catch (_: QrocException) {
                        // Closed meanwhile.
                    }
                }
            }

            override fun onCapabilitiesChanged(
                network: Network,
                capabilities: NetworkCapabilities,
            ) {
                costly.value = !capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED)
            }

            override fun onLost(network: Network) {
                there.value = false
                costly.value = true
            }
        }

    /** Begins to listen; the process's end is the end. */
    fun start() = context.getSystemService(ConnectivityManager::class.java).registerDefaultNetworkCallback(callback)

    /** Ends it. */
    fun stop() = context.getSystemService(ConnectivityManager::class.java).unregisterNetworkCallback(callback)
}

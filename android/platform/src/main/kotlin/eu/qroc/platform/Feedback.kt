package eu.qroc.platform

import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.ServiceConnection
import android.os.Bundle
import android.os.IBinder
import android.os.Message
import android.os.Messenger
import android.os.RemoteException
import eu.qroc.bridge.PolicyLine
import eu.qroc.bridge.PolicyState
import eu.qroc.bridge.PolicyValue

/**
 * Tells the device's management, key by key, what became of what it said: keyed app states, in the form that consoles
 * know. They go to the administrators of this device and to nobody else; no user data is in them.
 */
class Feedback(
    private val context: Context,
) {
    private var last = emptyMap<String, Bundle>()

    /** Reports the keys that the management has set, where something has changed since the last time. */
    @Synchronized
    fun report(lines: List<PolicyLine>) {
        val states = lines.filter { it.concernsManagement }.associate { it.key to state(it) }
        val changed = states.filter { (key, state) -> !same(last[key], state) }.values.toList()
        last = states
        if (changed.isEmpty()) return
        for (service in receivers()) send(service, changed)
    }

    private val PolicyLine.concernsManagement
        get() = state != PolicyState.BUILT_IN && ("mdm" in source.split('+') || state != PolicyState.APPLIED)

    private fun state(line: PolicyLine) =
        Bundle().apply {
            putString(KEY, line.key.take(LONGEST_KEY))
            putInt(SEVERITY, if (line.state == PolicyState.FAULTY) ERROR else INFO)
            val word =
                when (line.state) {
                    PolicyState.BUILT_IN, PolicyState.APPLIED -> "applied"
                    PolicyState.IGNORED -> "ignored"
                    PolicyState.FAULTY -> "error"
                }
            putString(MESSAGE, listOfNotNull(word, line.reason).joinToString(": ").take(LONGEST))
            putString(DATA, line.value?.let(::plain)?.take(LONGEST))
        }

    private fun plain(value: PolicyValue): String =
        when (value) {
            is PolicyValue.Flag -> value.flag.toString()
            is PolicyValue.Number -> value.number.toString()
            is PolicyValue.Text -> value.text
            is PolicyValue.Items -> value.items.joinToString(",")
        }

    private fun same(
        one: Bundle?,
        other: Bundle,
    ) = one != null && one.getInt(SEVERITY) == other.getInt(SEVERITY) &&
        listOf(MESSAGE, DATA).all { one.getString(it) == other.getString(it) }

    /** Services of administrators that own this device or this work profile. */
    private fun receivers(): List<ComponentName> {
        val policy = context.getSystemService(DevicePolicyManager::class.java) ?: return emptyList()
        return context.packageManager
            .queryIntentServices(Intent(ACTION), 0)
            .map { ComponentName(it.serviceInfo.packageName, it.serviceInfo.name) }
            .filter { policy.isDeviceOwnerApp(it.packageName) || policy.isProfileOwnerApp(it.packageName) }
    }

    private fun send(
        service: ComponentName,
        states: List<Bundle>,
    ) {
        val connection =
            object : ServiceConnection {
                override fun onServiceConnected(
                    name: ComponentName,
                    binder: IBinder,
                ) {
                    val bundle = Bundle().apply { putParcelableArrayList(STATES, ArrayList(states)) }
                    try {
                        Messenger(binder).send(Message.obtain(null, WHAT_STATE, bundle))
                    } catch (_: RemoteException) {
                        // It died; it reads all states when it asks the next time.
                        synchronized(this@Feedback) { last = emptyMap() }
                    }
                    context.unbindService(this)
                }

                override fun onServiceDisconnected(name: ComponentName) = Unit
            }
        val bound = context.bindService(Intent().setComponent(service), connection, Context.BIND_AUTO_CREATE)
        if (!bound) context.unbindService(connection)
    }

    private companion object {
        const val ACTION = "androidx.enterprise.feedback.action.APP_STATES"
        const val STATES = "androidx.enterprise.feedback.APP_STATES"
        const val KEY = "androidx.enterprise.feedback.APP_STATE_KEY"
        const val SEVERITY = "androidx.enterprise.feedback.APP_STATE_SEVERITY"
        const val MESSAGE = "androidx.enterprise.feedback.APP_STATE_MESSAGE"
        const val DATA = "androidx.enterprise.feedback.APP_STATE_DATA"
        const val WHAT_STATE = 1
        const val INFO = 1
        const val ERROR = 2
        const val LONGEST_KEY = 100
        const val LONGEST = 1000
    }
}

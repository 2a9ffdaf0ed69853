package eu.qroc.platform

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.content.RestrictionsManager
import android.os.Build
import android.os.Bundle
import android.os.Parcelable
import eu.qroc.bridge.Client
import eu.qroc.bridge.ManagedConfig
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.filterNotNull

/**
 * What the organisation's management says about this app (`res/xml/app_restrictions.xml`). It only reads: what holds, the
 * core decides, which also merges what several administrators say.
 */
class ManagedSource(
    private val context: Context,
) {
    private val restrictions = context.getSystemService(RestrictionsManager::class.java)!!

    /** What each administrator says now; one that says nothing is in no list. */
    fun read(): List<ManagedConfig> {
        val bundles =
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
                restrictions.applicationRestrictionsPerAdmin.orEmpty()
            } else {
                emptyList()
            }
        // Before Android 13, and where no administrator is named, there is one bundle, merged by the system.
        val all = bundles.ifEmpty { listOfNotNull(restrictions.applicationRestrictions) }
        return all.map(::values).filter { it.isNotEmpty() }.mapIndexed { at, said -> ManagedConfig(said, name(at)) }
    }

    /** What is said now, then after each change. */
    fun changes(): Flow<List<ManagedConfig>> =
        callbackFlow {
            val receiver =
                object : BroadcastReceiver() {
                    override fun onReceive(
                        context: Context,
                        intent: Intent,
                    ) {
                        trySend(read())
                    }
                }
            val filter = IntentFilter(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED)
            context.registerReceiver(receiver, filter, Context.RECEIVER_NOT_EXPORTED)
            trySend(read())
            awaitClose { context.unregisterReceiver(receiver) }
        }.conflate()

    /** Hands every change to the account that is open, and tells the management what became of it. Goes on until cancelled. */
    suspend fun apply(
        duty: Duty,
        feedback: Feedback,
    ) {
        var told: Client? = null
        var known = 0
        combine(duty.client.filterNotNull(), changes()) { client, said -> client to said }.collect { (client, said) ->
            // What an earlier run of the app was told is kept in the profile, also of an administrator that is gone.
            if (client != told) known = MOST
            try {
                take(client, said, known)
                told = client
                known = said.size
                feedback.report(client.policy())
            } catch (_: QrocException.Closed) {
                // The next account takes it.
            }
        }
    }

    private suspend fun take(
        client: Client,
        said: List<ManagedConfig>,
        known: Int,
    ) {
        said.forEach { client.takeManaged(it) }
        // Who says nothing any more is forgotten.
        for (at in said.size until known) client.takeManaged(ManagedConfig(null, name(at)))
    }

    /** The order of the administrators is stable, their names are not told. */
    private fun name(at: Int) = if (at == 0) "" else "admin-$at"

    private fun values(bundle: Bundle): Map<String, PolicyValue> =
        bundle.keySet().mapNotNull { key -> value(bundle, key)?.let { key to it } }.toMap()

    /** Everything that a console can set; the core reads `"true"` and `1` as it reads true. What it set to nothing is unset. */
    @Suppress("DEPRECATION")
    private fun value(
        bundle: Bundle,
        key: String,
    ): PolicyValue? =
        when (val value = bundle.get(key)) {
            is Boolean -> PolicyValue.Flag(value)
            // No key has a negative value: one is told to be faulty, instead of being bent to 0.
            is Int -> if (value < 0) PolicyValue.Text(value.toString()) else PolicyValue.Number(value.toLong())
            is Long -> if (value < 0) PolicyValue.Text(value.toString()) else PolicyValue.Number(value)
            is String -> value.takeIf { it.isNotEmpty() }?.let { PolicyValue.Text(it) }
            is Array<*> -> PolicyValue.Items(value.filterNot { it is Parcelable }.map { it.toString() })
            null -> null
            // A structure: none of the keys has one, so the core calls it faulty.
            else -> PolicyValue.Text(value.toString())
        }

    private companion object {
        /** A device has an owner of its own and one of a work profile; some more do no harm. */
        const val MOST = 4
    }
}

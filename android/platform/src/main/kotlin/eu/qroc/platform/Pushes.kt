package eu.qroc.platform

import android.content.Context
import eu.qroc.bridge.Client
import eu.qroc.bridge.PushRegistration
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.clearPush
import eu.qroc.bridge.setPush

/**
 * What the receiver of a push service calls, whichever service a build has: none is part of this one. What a message says is
 * not looked at: it wakes, and what came is asked of the homeserver.
 */
object Pushes {
    /**
     * The service gave the app a token, or another one. Kept where somebody is signed in and nothing has to be typed to open
     * the account; the service says it again at the next start.
     */
    suspend fun registered(
        context: Context,
        appId: String,
        token: String,
    ): Boolean = tell(context) { it.setPush(PushRegistration(appId, token)) }

    /** The service took the token back, or the officer wants none any more. */
    suspend fun unregistered(context: Context): Boolean = tell(context) { it.clearPush() }

    /** A message came. Says whether what there is was fetched and told; else a job does it as soon as it may. */
    suspend fun arrived(context: Context): Boolean {
        val done = SyncJob.sync(context, Duty.of(context))
        if (!done) SyncJob.soon(context)
        return done
    }

    private suspend fun tell(
        context: Context,
        what: suspend (Client) -> Unit,
    ): Boolean {
        val woken = Duty.of(context).wake() as? Woken.Open ?: return false
        return try {
            what(woken.client)
            true
        } catch (_: QrocException) {
            // Closed meanwhile.
            false
        }
    }
}

package eu.qroc.platform

import android.content.Context
import eu.qroc.bridge.Client
import eu.qroc.bridge.LockState
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.nio.file.Path

/**
 * The one open account of this process. It outlives the screens: a job, a notification's answer and a sharing of the
 * position use the same client as they do.
 */
class Duty(
    /** Where the account is kept. */
    val profile: Path,
    /** What opens it. */
    val vault: Vault,
    /** Lives as long as the process. */
    val scope: CoroutineScope,
) {
    private val opened = MutableStateFlow<Client?>(null)
    private val gate = Mutex()

    /** The open account; nothing while it is locked or nobody is signed in. */
    val client: StateFlow<Client?> get() = opened

    /** Whether an officer looks at the screen: what comes meanwhile needs no notification. */
    val attended = MutableStateFlow(false)

    /** Runs [open] unless the account is open, one at a time; what it opens is shared from then on. */
    suspend fun open(open: suspend () -> Client): Client =
        gate.withLock { opened.value ?: open().also { opened.value = it } }

    /** The account was closed, or is about to be: nobody else begins anything with it. */
    fun closed(client: Client) {
        opened.compareAndSet(client, null)
    }

    /** Opens the account without a person, as a job does. */
    suspend fun wake(): Woken {
        opened.value?.let { return Woken.Open(it) }
        return try {
            when {
                !Client.exists(profile) -> Woken.Nobody
                Client.lockStatus(profile).state == LockState.SEALED -> Woken.Locked
                else -> Woken.Open(open { Client.open(profile, vault) })
            }
        } catch (_: QrocException.Locked) {
            Woken.Locked
        } catch (error: QrocException) {
            Woken.Failed(error)
        }
    }

    companion object {
        /** The account of the process that [context] belongs to. */
        fun of(context: Context): Duty = (context.applicationContext as Host).duty

        internal fun announcer(context: Context): Announcer = (context.applicationContext as Host).announcer
    }

    /** The application, which has it. */
    interface Host {
        val duty: Duty
        val announcer: Announcer
    }
}

/** What became of opening the account without a person. */
sealed interface Woken {
    data class Open(
        val client: Client,
    ) : Woken

    /** Nobody is signed in. */
    data object Nobody : Woken

    /** It takes a PIN, a finger, or the first unlock of the device. */
    data object Locked : Woken

    data class Failed(
        val error: QrocException,
    ) : Woken
}

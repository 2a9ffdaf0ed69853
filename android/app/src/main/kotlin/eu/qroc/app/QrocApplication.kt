package eu.qroc.app

import android.app.Application
import android.os.Build
import eu.qroc.bridge.Client
import eu.qroc.bridge.Connection
import eu.qroc.bridge.DeviceFacts
import eu.qroc.bridge.DeviceSystem
import eu.qroc.bridge.Platform
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import eu.qroc.bridge.setMetered
import eu.qroc.bridge.tellDevice
import eu.qroc.platform.Announcer
import eu.qroc.platform.BiometricPresence
import eu.qroc.platform.Channels
import eu.qroc.platform.Duty
import eu.qroc.platform.Feedback
import eu.qroc.platform.KeystoreVault
import eu.qroc.platform.Links
import eu.qroc.platform.ManagedSource
import eu.qroc.platform.MemoryFile
import eu.qroc.platform.SharingService
import eu.qroc.platform.SyncJob
import eu.qroc.ui.shell.AppPresenter
import eu.qroc.ui.shell.Looks
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.launch
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** The process: the open account, what follows it, and the screens' state, which outlives the activity. */
class QrocApplication :
    Application(),
    Duty.Host {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    private var leaving: Job? = null
    private lateinit var links: Links
    private var started = false

    override lateinit var duty: Duty
        private set
    override lateinit var announcer: Announcer
        private set
    internal lateinit var surroundings: PhoneSurroundings
        private set
    internal lateinit var presenter: AppPresenter
        private set

    override fun onCreate() {
        super.onCreate()
        val passing = passing()
        MemoryFile.clear(passing)
        Channels.make(this)
        val managed = ManagedSource(this)
        Client.init(Platform(managed = managed.read()))
        tellDevice(DeviceFacts(DeviceSystem.ANDROID, Build.VERSION.RELEASE))
        val settings = Settings(this)
        val presence = if (settings.fingerprint) BiometricPresence { surroundings.front } else null
        val vault = Vault.Platform(KeystoreVault(this, presence, BuildKind.SOFTWARE_KEYS))
        duty = Duty(filesDir.toPath().resolve("profile"), vault, scope)
        announcer = Announcer(this, duty)
        links = Links(this, duty)
        surroundings = PhoneSurroundings(this, duty, links, settings, passing)
        presenter = AppPresenter(scope, duty.profile, surroundings, Looks(surroundings), PhoneAccounts(this, duty))
        links.start()
        scope.launch { announcer.follow() }
        scope.launch { managed.apply(duty, Feedback(this@QrocApplication)) }
        scope.launch { duty.client.collectLatest { client -> if (client != null) accompany(client) } }
    }

    /** Where links to files in memory stand. */
    internal fun passing(): Path = cacheDir.toPath().resolve("passing")

    /** Begins the screens, once for the process; [saved] is where the officer was in the one before. */
    internal fun start(saved: ByteArray?) {
        if (started) return
        started = true
        presenter.start(saved?.let { SealedState.open(it) })
    }

    /** What goes with every open account: regular jobs as policy wants them, until the account is gone. */
    private suspend fun accompany(client: Client) {
        val following =
            scope.launch {
                client.connection.collect { if (it == Connection.SIGNED_OUT) duty.closed(client) }
            }
        val telling = scope.launch { links.metered.collect { quietly { client.setMetered(it) } } }
        try {
            schedule(client)
            client.policyChanges.collect { changes -> if (changes.isEmpty() || changes.any { it.key == METERED }) schedule(client) }
        } catch (_: QrocException) {
            // Closed.
        } finally {
            following.cancel()
            telling.cancel()
        }
    }

    private suspend fun schedule(client: Client) {
        val metered = client.policy().firstOrNull { it.key == METERED }?.value as? PolicyValue.Flag
        SyncJob.schedule(this, metered = metered?.flag ?: true)
    }

    /** The app is on the screen. */
    internal fun shown() {
        leaving?.cancel()
        leaving = null
        scope.launch { quietly { duty.client.value?.foreground() } }
    }

    /** The app left the screen: what waits is sent, then it rests; not while the position is shared. */
    internal fun hidden() {
        presenter.hidden()
        leaving =
            scope.launch {
                SharingService.sharings.collect { sharings ->
                    if (sharings.isNotEmpty()) return@collect
                    val client = duty.client.value ?: return@collect
                    quietly { if (!client.background(FLUSH)) SyncJob.soon(this@QrocApplication) }
                }
            }
    }

    private suspend fun quietly(work: suspend () -> Unit) {
        try {
            work()
        } catch (_: QrocException) {
            // Closed meanwhile.
        }
    }

    private companion object {
        const val METERED = "net.metered_sync"

        /** The system lets an app that left the screen run for about a minute. */
        val FLUSH = 30.seconds
    }
}

/** What differs between builds. */
internal object BuildKind {
    /** Whether a key in software will do: in an emulator, whose builds say so. */
    val SOFTWARE_KEYS: Boolean =
        Build.HARDWARE in setOf("ranchu", "goldfish") && Build.TYPE != "user"
}

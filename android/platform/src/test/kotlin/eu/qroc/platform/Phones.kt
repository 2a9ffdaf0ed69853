package eu.qroc.platform

import android.app.Application
import android.os.Looper
import eu.qroc.bridge.Client
import eu.qroc.bridge.Room
import eu.qroc.bridge.Vault
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Before
import org.junit.Rule
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** The application of the tests: an account that services find. */
internal class TestApp :
    Application(),
    Duty.Host {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    override lateinit var duty: Duty
    override val announcer by lazy { Announcer(this, duty) }
}

/** What most tests need: a phone with Android's classes on it and the real core in it, and a colleague. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApp::class)
internal abstract class Phones {
    @get:Rule val folder = TemporaryFolder()

    protected val app: TestApp = RuntimeEnvironment.getApplication() as TestApp
    private val clients = mutableListOf<Client>()
    private var count = 0

    protected val root: Path get() = folder.root.toPath()

    @Before
    fun begin() {
        Client.init()
        app.duty = Duty(root.resolve("profile"), Vault.KeyFile(root.resolve("phone.key")), app.scope)
    }

    @After
    fun end() {
        app.scope.cancel()
        runBlocking {
            app.duty.client.value?.shutDown()
            clients.forEach { runCatching { it.shutDown() } }
        }
    }

    /** Runs [story] beside Android's main thread, which goes on meanwhile. */
    protected fun <T> story(story: suspend CoroutineScope.() -> T): T {
        val scope = CoroutineScope(Dispatchers.Default)
        val done = scope.async { withTimeout(60.seconds, story) }
        while (!done.isCompleted) {
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(2)
        }
        return runBlocking { done.await() }
    }

    /** The officer of this phone, signed in and on the screen. */
    protected suspend fun signIn(): Client =
        app.duty
            .open { Client.login(app.duty.profile, app.duty.vault, Homeserver.url, "lisbon", Homeserver.PASSWORD, "phone") }
            .also { it.foreground() }

    /** A colleague elsewhere. */
    protected suspend fun colleague(): Client {
        val at = count++
        val vault = Vault.KeyFile(root.resolve("madrid$at.key"))
        val client = Client.login(root.resolve("madrid$at"), vault, Homeserver.url, "madrid", Homeserver.PASSWORD, "desk")
        clients += client
        client.foreground()
        return client
    }

    /** A room of both. */
    protected suspend fun together(
        own: Client,
        other: Client,
        name: String,
    ): Pair<Room, Room> {
        val here = own.createRoom(name, listOf(Homeserver.MADRID))
        other.rooms().first { rooms -> rooms.any { it.roomId == here.roomId } }
        val there = other.joinRoom(here.roomId)
        eventually { here.members().count { it.membership == eu.qroc.bridge.Membership.JOIN } == 2 }
        return here to there
    }
}

/** Waits for what can be asked for. */
internal suspend fun eventually(condition: suspend () -> Boolean) {
    while (!condition()) delay(5)
}

/** Android's main thread. */
internal val main get() = Dispatchers.Main

/** A file of the fixtures, which set-up has fetched. */
internal fun fixture(name: String): Path {
    val caches = System.getenv("XDG_CACHE_HOME") ?: (System.getProperty("user.home") + "/.cache")
    return Path.of(System.getenv("QROC_CACHE") ?: "$caches/qroc", "fixtures", name)
}

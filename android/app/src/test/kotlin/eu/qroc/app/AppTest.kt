package eu.qroc.app

import android.app.NotificationManager
import android.content.Intent
import android.os.Bundle
import android.os.Looper
import android.view.WindowManager
import eu.qroc.bridge.Client
import eu.qroc.bridge.Membership
import eu.qroc.bridge.Room
import eu.qroc.bridge.Vault
import eu.qroc.platform.FakeAndroidKeyStore
import eu.qroc.platform.Homeserver
import eu.qroc.platform.ShadowMemory
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.rooms.RoomsEvent
import eu.qroc.ui.shell.AppEvent
import eu.qroc.ui.shell.Pane
import eu.qroc.ui.shell.Stage
import eu.qroc.ui.signin.SignInEvent
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelineState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import kotlin.time.Duration.Companion.seconds

/** The app as Android runs it, but for the drawing: its application, its activity, its screens' presenters, the real core. */
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [ShadowMemory::class])
internal class AppTest {
    @get:Rule val keystore = FakeAndroidKeyStore()

    @get:Rule val folder = TemporaryFolder()

    private val app get() = RuntimeEnvironment.getApplication() as QrocApplication
    private val presenter get() = app.presenter
    private val others = mutableListOf<Client>()

    @After
    fun end() =
        runBlocking {
            runCatching { app.duty.client.value?.shutDown() }
            others.forEach { runCatching { it.shutDown() } }
        }

    /** Runs [story] beside Android's main thread, which goes on meanwhile. */
    private fun <T> story(story: suspend CoroutineScope.() -> T): T {
        val done = CoroutineScope(Dispatchers.Default).async { withTimeout(90.seconds, story) }
        while (!done.isCompleted) {
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(2)
        }
        return runBlocking { done.await() }
    }

    private fun launch(intent: Intent? = null) = Robolectric.buildActivity(MainActivity::class.java, intent).setup()

    private suspend fun eventually(condition: suspend () -> Boolean) {
        while (!condition()) delay(5)
    }

    private suspend inline fun <reified S : Stage> stage(crossinline fits: (S) -> Boolean = { true }): S =
        presenter.state.first { it is S && fits(it) } as S

    private suspend fun room(fits: (TimelineState) -> Boolean = { true }): TimelineState =
        (stage<Stage.Main> { (it.pane as? Pane.Room)?.state?.let(fits) == true }.pane as Pane.Room).state

    private suspend fun tell(event: AppEvent) = kotlinx.coroutines.withContext(Dispatchers.Main) { presenter.on(event) }

    private suspend fun signIn() {
        val form = stage<Stage.SignIn>().state
        assertFalse(form.needsPassphrase)
        tell(AppEvent.SignIn(SignInEvent.Server(Homeserver.url)))
        tell(AppEvent.SignIn(SignInEvent.User("lisbon")))
        tell(AppEvent.SignIn(SignInEvent.Password(Homeserver.PASSWORD)))
        tell(AppEvent.SignIn(SignInEvent.Submit))
        stage<Stage.Main>()
    }

    private suspend fun colleague(): Pair<Client, Room> {
        val at = folder.root.toPath()
        val other = Client.login(at.resolve("m"), Vault.KeyFile(at.resolve("m.key")), Homeserver.url, "madrid", Homeserver.PASSWORD, "desk")
        others += other
        other.foreground()
        val own = app.duty.client.value!!
        own.createRoom("Harbour", listOf(Homeserver.MADRID)).use { room ->
            other.rooms().first { rooms -> rooms.any { it.roomId == room.roomId } }
            val there = other.joinRoom(room.roomId)
            eventually { room.members().count { it.membership == Membership.JOIN } == 2 }
            return other to there
        }
    }

    private fun texts(state: TimelineState) = state.entries.orEmpty().filterIsInstance<Message>().mapNotNull { (it.body as? Body.Text)?.text }

    @Test
    fun `signs in with a key of the Keystore, talks, is told what comes, and goes there by a touch`() {
        val screen = launch()
        assertTrue(screen.get().window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0)
        story { signIn() }
        assertEquals(1, keystore.aliases.count { it != "qroc-state" })
        val (there, roomId) =
            story {
                val (_, there) = colleague()
                val rooms = stage<Stage.Main> { main -> main.rooms.rooms.orEmpty().any { it.id == there.roomId } }
                tell(AppEvent.Rooms(RoomsEvent.Open(rooms.rooms.rooms!!.single { it.id == there.roomId }.id)))
                room { it.entries != null }
                tell(AppEvent.Timeline(TimelineEvent.Compose(ComposerEvent.Text("White van"))))
                tell(AppEvent.Timeline(TimelineEvent.Compose(ComposerEvent.Send)))
                there.timeline().use { list -> list.items.first { items -> items.any { (it.content as? eu.qroc.bridge.ItemContent.Text)?.body == "White van" } } }
                there to there.roomId
            }
        screen.pause()
        assertFalse(app.duty.attended.value)
        val notes = shadowOf(app.getSystemService(NotificationManager::class.java))
        val note =
            story {
                there.send("Seen at pier four")
                eventually { notes.getNotification(roomId, 2) != null }
                notes.getNotification(roomId, 2)
            }
        story { tell(AppEvent.Timeline(TimelineEvent.Back)) }
        screen.resume()
        screen.newIntent(shadowOf(note.contentIntent).savedIntent)
        story {
            room { it.roomId == roomId && "Seen at pier four" in texts(it) }
            // Nothing is drawn here: what the screen tells once the newest message is on it.
            tell(AppEvent.Timeline(TimelineEvent.SeenNewest))
            eventually { notes.getNotification(roomId, 2) == null }
        }
        screen.pause().stop().destroy()
    }

    @Test
    fun `after its process was ended the officer is where they were, with what they had typed, and the system has read none of it`() {
        val screen = launch()
        story { signIn() }
        val roomId =
            story {
                val (_, there) = colleague()
                stage<Stage.Main> { main -> main.rooms.rooms.orEmpty().any { it.id == there.roomId } }
                tell(AppEvent.Rooms(RoomsEvent.Open(there.roomId)))
                room { it.entries != null }
                tell(AppEvent.Timeline(TimelineEvent.Compose(ComposerEvent.Text("White van at pier four"))))
                room { it.composer.text == "White van at pier four" }
                there.roomId
            }
        val kept = Bundle()
        screen.saveInstanceState(kept).pause().stop().destroy()
        val bytes = kept.getByteArray("eu.qroc.state")!!.decodeToString()
        assertFalse("pier" in bytes || roomId in bytes)

        // Another process: a new application over the same files and keys.
        story {
            val client = app.duty.client.value!!
            eventually { client.drafts().map { it.body } == listOf("White van at pier four") }
            client.shutDown()
        }
        val where = SealedState.open(kept.getByteArray("eu.qroc.state")!!)!!
        assertEquals(roomId, where.roomId)
        val again = QrocApplication()
        shadowOf(again as android.app.Application)
        org.robolectric.util.ReflectionHelpers.callInstanceMethod<Unit>(
            android.app.Application::class.java,
            again,
            "attach",
            org.robolectric.util.ReflectionHelpers.ClassParameter.from(android.content.Context::class.java, app.baseContext),
        )
        again.onCreate()
        again.start(kept.getByteArray("eu.qroc.state"))
        story {
            val main = again.presenter.state.first { stage -> ((stage as? Stage.Main)?.pane as? Pane.Room)?.state?.entries != null }
            val state = ((main as Stage.Main).pane as Pane.Room).state
            assertEquals(roomId, state.roomId)
            again.presenter.state.first { stage -> ((stage as? Stage.Main)?.pane as? Pane.Room)?.state?.composer?.text == "White van at pier four" }
            again.duty.client.value!!.shutDown()
        }
    }

    @Test
    fun `what another app shares waits for a room, and goes there`() {
        val screen = launch()
        story { signIn() }
        val roomId = story { colleague().second.roomId }
        screen.newIntent(Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, "Plate 12-AB-34"))
        story {
            stage<Stage.Main> { it.rooms.brought == "Plate 12-AB-34" && it.rooms.rooms.orEmpty().any { row -> row.id == roomId } }
            tell(AppEvent.Rooms(RoomsEvent.Open(roomId)))
            room { it.composer.text == "Plate 12-AB-34" }
            stage<Stage.Main> { it.rooms.brought == null }
        }
        screen.pause().stop().destroy()
    }

    @Test
    fun `signed out, nothing of the account is left, and no job`() {
        val screen = launch()
        story {
            signIn()
            val jobs = app.getSystemService(android.app.job.JobScheduler::class.java)
            eventually { jobs.allPendingJobs.isNotEmpty() }
            tell(AppEvent.Rooms(RoomsEvent.Settings))
            stage<Stage.Main> { it.pane is Pane.Settings }
            tell(AppEvent.Settings(eu.qroc.ui.settings.SettingsEvent.Confirm(eu.qroc.ui.settings.Farewell.SIGN_OUT)))
            stage<Stage.SignIn>()
            assertNull(app.duty.client.value)
            eventually { jobs.allPendingJobs.isEmpty() }
            assertFalse(Client.exists(app.duty.profile))
            eventually { keystore.aliases.isEmpty() }
        }
        screen.pause().stop().destroy()
    }
}

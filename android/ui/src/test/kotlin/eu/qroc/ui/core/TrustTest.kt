package eu.qroc.ui.core

import eu.qroc.bridge.Client
import eu.qroc.bridge.ManagedConfig
import eu.qroc.bridge.Membership
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.Vault
import eu.qroc.bridge.Verification
import eu.qroc.bridge.VerificationReason
import eu.qroc.bridge.VerificationStage
import eu.qroc.bridge.codeInPicture
import eu.qroc.ui.StringsEn
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.details.DetailsEvent
import eu.qroc.ui.details.DetailsState
import eu.qroc.ui.devices.DeviceTrust
import eu.qroc.ui.devices.DevicesEvent
import eu.qroc.ui.recovery.BackupStanding
import eu.qroc.ui.recovery.KeyStanding
import eu.qroc.ui.recovery.RecoveryDone
import eu.qroc.ui.recovery.RecoveryEvent
import eu.qroc.ui.recovery.RecoveryState
import eu.qroc.ui.recovery.RecoveryStep
import eu.qroc.ui.rooms.RoomsEvent
import eu.qroc.ui.settings.SettingsEvent
import eu.qroc.ui.shell.Accounts
import eu.qroc.ui.shell.AppEvent
import eu.qroc.ui.shell.AppPresenter
import eu.qroc.ui.shell.Looks
import eu.qroc.ui.shell.Pane
import eu.qroc.ui.shell.Stage
import eu.qroc.ui.signin.SignInEvent
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelineState
import eu.qroc.ui.verify.Ending
import eu.qroc.ui.verify.Modules
import eu.qroc.ui.verify.Trust
import eu.qroc.ui.verify.VerifyEvent
import eu.qroc.ui.verify.VerifyState
import eu.qroc.ui.verify.VerifyStep
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.file.Files
import java.nio.file.Path
import javax.imageio.ImageIO
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes

/** Whom an officer believes, and what comes back to a new device: presenters on the real core, with other clients. */
internal class TrustTest {
    @TempDir
    lateinit var folder: Path

    /** The application without its drawing. */
    @OptIn(ExperimentalCoroutinesApi::class)
    private inner class App(
        name: String,
    ) {
        private val thread = Dispatchers.Default.limitedParallelism(1)
        private val scope = CoroutineScope(SupervisorJob() + thread)
        val desk = Desk()
        private val accounts = Held()
        private val presenter = AppPresenter(scope, folder.resolve(name), desk, Looks(desk), accounts)
        val client: Client get() = accounts.open!!

        suspend fun signIn(server: String) {
            withContext(thread) { presenter.start() }
            presenter.state.first { it is Stage.SignIn }
            val form =
                listOf(
                    SignInEvent.Server(server),
                    SignInEvent.User("lisbon"),
                    SignInEvent.Password(Homeserver.PASSWORD),
                    SignInEvent.Passphrase(PASSPHRASE),
                    SignInEvent.PassphraseAgain(PASSPHRASE),
                    SignInEvent.Submit,
                )
            form.forEach { tell(AppEvent.SignIn(it)) }
            main { true }
        }

        suspend fun tell(event: AppEvent) = withContext(thread) { presenter.on(event) }

        suspend fun main(fits: (Stage.Main) -> Boolean): Stage.Main =
            presenter.state.first { it is Stage.Main && fits(it) } as Stage.Main

        suspend fun verifying(fits: (VerifyState) -> Boolean): VerifyState = main { it.verifying?.let(fits) == true }.verifying!!

        suspend fun scan(picture: Path) {
            desk.choice = picture
            tell(AppEvent.Verify(VerifyEvent.Scan))
        }

        suspend fun notVerifying() = main { it.verifying == null }

        suspend fun room(fits: (TimelineState) -> Boolean): TimelineState =
            (main { (it.pane as? Pane.Room)?.state?.let(fits) == true }.pane as Pane.Room).state

        suspend fun details(fits: (DetailsState) -> Boolean): DetailsState =
            (main { (it.pane as? Pane.Details)?.state?.let(fits) == true }.pane as Pane.Details).state

        suspend fun recovery(fits: (RecoveryState) -> Boolean): RecoveryState =
            (main { (it.pane as? Pane.Recovery)?.state?.let(fits) == true }.pane as Pane.Recovery).state

        suspend fun signs(): List<String> {
            val step = verifying { it.step is VerifyStep.Compare }.step as VerifyStep.Compare
            assertTrue(step.signs.size == 7 && step.signs.all { it.word.isNotBlank() && it.word != it.symbol }, "$step")
            return step.signs.map { it.symbol }
        }

        suspend fun end() {
            withContext(thread) { presenter.end() }
            scope.cancel()
        }
    }

    /** Hands the open account to the story, too. */
    private class Held : Accounts {
        override val vault: Vault? = null
        override var open: Client? = null

        override suspend fun open(open: suspend () -> Client): Client = open().also { this.open = it }

        override fun closed(client: Client) {
            open = null
        }

        override fun gone() = Unit
    }

    private fun story(story: suspend (server: String, app: App) -> Unit) {
        Homeserver(folder.resolve("server")).use { server ->
            val app = App("profile")
            runBlocking {
                withTimeout(3.minutes) {
                    try {
                        app.signIn(server.url)
                        story(server.url, app)
                    } finally {
                        app.end()
                    }
                }
            }
        }
    }

    private suspend fun client(
        server: String,
        name: String,
        work: suspend (Client) -> Unit,
    ) {
        val at = folder.resolve("$name-other")
        val client = Client.login(at, Vault.KeyFile(folder.resolve("$name.key")), server, name, Homeserver.PASSWORD, "Phone of $name")
        client.foreground()
        try {
            work(client)
        } finally {
            client.shutDown()
        }
    }

    /** A room of both, open in the application. */
    private suspend fun harbour(
        app: App,
        madrid: Client,
    ): String {
        val room = madrid.createRoom("Harbour", listOf("@lisbon:qroc.test"))
        app.main { main -> main.rooms.rooms.orEmpty().any { it.id == room.roomId && it.invitation } }
        app.tell(AppEvent.Rooms(RoomsEvent.Accept(room.roomId)))
        app.room { it.roomId == room.roomId && it.entries != null }
        while (room.members().count { it.membership == Membership.JOIN } < 2) delay(20)
        room.close()
        return room.roomId
    }

    private fun TimelineState.messages() = entries.orEmpty().filterIsInstance<Message>()

    private suspend fun Verification.signs(): List<String> =
        (stages.first { it is VerificationStage.Compare } as VerificationStage.Compare).emoji.map { it.symbol }

    private suspend fun Verification.ended(): VerificationStage.Cancelled =
        stages.first { it is VerificationStage.Cancelled } as VerificationStage.Cancelled

    @Test
    fun `two officers compare signs, and what differs verifies nobody`() =
        story { server, app ->
            client(server, "madrid") { madrid ->
                harbour(app, madrid)
                app.room { it.trust == Trust.UNVERIFIED }

                // Asked while reading: not now.
                madrid.verify("@lisbon:qroc.test").use { asking ->
                    val asked = app.verifying { it.step == VerifyStep.Asked }
                    assertTrue(asked.person)
                    app.tell(AppEvent.Verify(VerifyEvent.Close))
                    assertEquals(VerificationReason.CANCELLED, asking.ended().reason)
                    app.notVerifying()
                }
                // What was asked and taken back before anybody looked is gone; meanwhile the officer was called, once.
                app.desk.attended.value = false
                app.desk.calls.clear()
                madrid.verify("@lisbon:qroc.test").use { asking ->
                    app.verifying { it.step == VerifyStep.Asked }
                    while (app.desk.calls != listOf(true)) delay(10)
                    asking.cancel()
                    app.notVerifying()
                    while (app.desk.calls.lastOrNull() != false) delay(10)
                }
                app.desk.attended.value = true
                // They differ.
                madrid.verify("@lisbon:qroc.test").use { asking ->
                    app.verifying { it.step == VerifyStep.Asked }
                    app.tell(AppEvent.Verify(VerifyEvent.Begin))
                    app.signs()
                    app.tell(AppEvent.Verify(VerifyEvent.Differ))
                    assertEquals(VerificationReason.MISMATCH, asking.ended().reason)
                    app.verifying { it.step == VerifyStep.Ended(Ending.MISMATCH) }
                    app.tell(AppEvent.Verify(VerifyEvent.Close))
                    app.notVerifying()
                }
                app.room { it.trust == Trust.UNVERIFIED }

                compare(app, madrid)
            }
        }

    /** From the list of members, and back. */
    private suspend fun compare(
        app: App,
        madrid: Client,
    ) {
        app.tell(AppEvent.Timeline(TimelineEvent.Details))
        val member = app.details { it.members != null && !it.working }.members!!.single { !it.own }
        assertEquals(Trust.UNVERIFIED, member.trust)
        app.tell(AppEvent.Details(DetailsEvent.Compare(member)))
        app.verifying { it.step == VerifyStep.Waiting }
        madrid.verificationRequests.first().use { asked ->
            asked.accept()
            // The other program is told to show no code, so ours is of no use.
            app.verifying { it.step is VerifyStep.Code }
            app.tell(AppEvent.Verify(VerifyEvent.BySigns))
            assertEquals(asked.signs(), app.signs())
            app.tell(AppEvent.Verify(VerifyEvent.Same))
            app.verifying { it.step == VerifyStep.Confirmed }
            asked.confirm()
            app.verifying { it.step == VerifyStep.Done }
        }
        app.tell(AppEvent.Verify(VerifyEvent.Close))
        app.notVerifying()
        app.details { state -> state.members!!.single { !it.own }.trust == Trust.VERIFIED }
        app.tell(AppEvent.Details(DetailsEvent.Back))
        app.room { it.trust == Trust.VERIFIED }
    }

    @Test
    fun `a code on the screen is scanned by the other, and the other's from a picture`() =
        story { server, app ->
            client(server, "madrid") { madrid ->
                harbour(app, madrid)
                app.room { it.trust == Trust.UNVERIFIED }

                // A picture without a code, then none at all, then another's screen that says nothing.
                madrid.verify("@lisbon:qroc.test").use { asking ->
                    asking.byCode()
                    app.verifying { it.step == VerifyStep.Asked }
                    app.tell(AppEvent.Verify(VerifyEvent.Begin))
                    app.verifying { it.step is VerifyStep.Code && !it.working }
                    app.scan(folder.resolve("blank.png").also { Files.write(it, png(Modules(listOf(listOf(false))))) })
                    app.verifying { it.error == StringsEn.errorNoCode && it.step is VerifyStep.Code && !it.working }
                    app.scan(folder.resolve("nowhere.png"))
                    app.verifying { it.error == StringsEn.errorFileUnreadable && !it.working }
                    val code = (app.verifying { it.step is VerifyStep.Code }.step as VerifyStep.Code).shown!!
                    asking.scan(codeInPicture(png(code)))
                    app.verifying { it.step == VerifyStep.Scanned && it.error == null }
                    app.tell(AppEvent.Verify(VerifyEvent.Differ))
                    assertEquals(VerificationReason.KEY_MISMATCH, asking.ended().reason)
                    app.verifying { it.step == VerifyStep.Ended(Ending.KEY_MISMATCH) }
                    app.tell(AppEvent.Verify(VerifyEvent.Close))
                    app.notVerifying()
                }
                app.room { it.trust == Trust.UNVERIFIED }

                // The other way round, from a file.
                madrid.verify("@lisbon:qroc.test").use { asking ->
                    asking.byCode()
                    app.verifying { it.step == VerifyStep.Asked }
                    app.tell(AppEvent.Verify(VerifyEvent.Begin))
                    val code = (asking.stages.first { it is VerificationStage.Code } as VerificationStage.Code).shown!!
                    val modules = Modules(List(code.side) { row -> List(code.side) { column -> code.isDark(row, column) } })
                    app.verifying { it.step is VerifyStep.Code && !it.working }
                    app.scan(folder.resolve("theirs.png").also { Files.write(it, png(modules)) })
                    app.verifying { it.step == VerifyStep.Confirmed }
                    asking.stages.first { it == VerificationStage.Scanned }
                    asking.confirm()
                    app.verifying { it.step == VerifyStep.Done }
                }
                app.tell(AppEvent.Verify(VerifyEvent.Close))
                app.notVerifying()
                app.room { it.trust == Trust.VERIFIED }
            }
        }

    /** Four pixels a module and a margin of four modules. */
    private fun png(code: Modules): ByteArray {
        val width = (code.rows.size + 8) * 4
        val image = BufferedImage(width, width, BufferedImage.TYPE_INT_RGB)
        for (y in 0 until width) {
            for (x in 0 until width) {
                val dark = code.rows.getOrNull(y / 4 - 4)?.getOrNull(x / 4 - 4) ?: false
                image.setRGB(x, y, if (dark) 0 else 0xFFFFFF)
            }
        }
        return ByteArrayOutputStream().also { ImageIO.write(image, "png", it) }.toByteArray()
    }

    @Test
    fun `other keys of somebody are said above their messages and hold them up, until they are taken as they are`() =
        story { server, app ->
            client(server, "madrid") { madrid ->
                harbour(app, madrid)
                compare(app, madrid)
                val said = mapOf("e2ee.exclude_unverified" to PolicyValue.Flag(true), "lock.required" to PolicyValue.Flag(false))
                app.client.takeManaged(ManagedConfig(said))
                resetIdentity(server, "madrid")
                val changed = app.room { it.changed != null }
                assertEquals("@madrid:qroc.test" to Trust.CHANGED, changed.changed!!.id to changed.trust)
                app.tell(AppEvent.Timeline(TimelineEvent.Compose(ComposerEvent.Text("Held up"))))
                app.tell(AppEvent.Timeline(TimelineEvent.Compose(ComposerEvent.Send)))
                while (app.client.queued().none { it.reason == "identity_changed" }) delay(20)
                app.tell(AppEvent.Timeline(TimelineEvent.AskTake))
                app.room { it.taking }
                app.tell(AppEvent.Timeline(TimelineEvent.KeepUnknown))
                assertTrue(app.room { !it.taking }.changed != null)
                app.tell(AppEvent.Timeline(TimelineEvent.AskTake))
                app.tell(AppEvent.Timeline(TimelineEvent.Take))
                app.room { it.changed == null && it.trust == Trust.UNVERIFIED }
                app.room { state -> state.messages().any { it.body == Body.Text("Held up") && it.state == SendState.SENT } }
            }
        }

    @Test
    fun `a new device is led to the recovery key, and one that was written down brings everything back`() =
        story { server, app ->
            app.tell(AppEvent.Rooms(RoomsEvent.Settings))
            app.main { it.pane is Pane.Settings }
            app.tell(AppEvent.Settings(SettingsEvent.Recovery))
            app.recovery { it.standing?.key == KeyStanding.NONE }
            app.tell(AppEvent.Recovery(RecoveryEvent.Create))
            val key = (app.recovery { it.step is RecoveryStep.Show && !it.working }.step as RecoveryStep.Show).groups
            assertTrue(key.size == 12 && key.all { it.length == 4 }, "${key.size} groups")
            app.tell(AppEvent.Recovery(RecoveryEvent.Written))
            app.tell(AppEvent.Recovery(RecoveryEvent.LastGroup(key.last().reversed() + "x")))
            app.tell(AppEvent.Recovery(RecoveryEvent.Confirm))
            app.recovery { (it.step as? RecoveryStep.Check)?.wrong == true }
            app.tell(AppEvent.Recovery(RecoveryEvent.ShowAgain))
            assertEquals(RecoveryStep.Show(key), app.recovery { it.step is RecoveryStep.Show }.step)
            app.tell(AppEvent.Recovery(RecoveryEvent.Written))
            app.tell(AppEvent.Recovery(RecoveryEvent.LastGroup(key.last())))
            app.tell(AppEvent.Recovery(RecoveryEvent.Confirm))
            app.recovery { it.done == RecoveryDone.MADE && it.step == RecoveryStep.Overview }
            app.recovery { it.standing!!.run { this.key == KeyStanding.ON && backup == BackupStanding.ON } }
            // Another one is asked about first.
            app.tell(AppEvent.Recovery(RecoveryEvent.Create))
            app.recovery { it.asksReplace }
            app.tell(AppEvent.Recovery(RecoveryEvent.KeepOld))
            app.recovery { !it.asksReplace }

            val tablet = App("tablet")
            try {
                tablet.signIn(server)
                val led = tablet.recovery { it.standing?.restorable == true }
                assertTrue(!led.standing!!.verified)
                tablet.tell(AppEvent.Recovery(RecoveryEvent.Typed("EsTj 3rB7 not what was written down")))
                tablet.tell(AppEvent.Recovery(RecoveryEvent.Restore))
                assertEquals(StringsEn.errorWrongRecoveryKey, tablet.recovery { it.typedProblem != null }.typedProblem)
                tablet.tell(AppEvent.Recovery(RecoveryEvent.Typed(" " + key.joinToString(" "))))
                assertNull(tablet.recovery { it.typed.startsWith(" ") }.typedProblem)
                tablet.tell(AppEvent.Recovery(RecoveryEvent.Restore))
                val restored = tablet.recovery { it.done != null }
                assertEquals(RecoveryDone.RESTORED to "", restored.done to restored.typed)
                tablet.recovery { it.standing!!.run { verified && !restorable && backup == BackupStanding.ON } }
            } finally {
                tablet.end()
            }
        }

    @Test
    fun `a new device is verified by an old one`() {
        Homeserver(folder.resolve("server")).use { server ->
            runBlocking {
                withTimeout(3.minutes) {
                    client(server.url, "lisbon") { phone ->
                        val app = App("profile")
                        try {
                            app.signIn(server.url)
                            verifyBy(phone, app)
                        } finally {
                            app.end()
                        }
                    }
                }
            }
        }
    }

    private suspend fun verifyBy(
        phone: Client,
        app: App,
    ) {
        suspend fun devices(fits: (eu.qroc.ui.devices.DevicesState) -> Boolean) =
            (app.main { (it.pane as? Pane.Devices)?.state?.let(fits) == true }.pane as Pane.Devices).state
        app.tell(AppEvent.Rooms(RoomsEvent.Settings))
        app.main { it.pane is Pane.Settings }
        app.tell(AppEvent.Settings(SettingsEvent.Devices))
        assertEquals(2, devices { it.devices != null && !it.verified }.devices!!.size)
        app.tell(AppEvent.Devices(DevicesEvent.CompareAny))
        assertEquals(StringsEn.ownDevices, app.verifying { it.step == VerifyStep.Waiting && !it.person }.name)
        phone.verificationRequests.first().use { asked ->
            asked.accept()
            assertEquals(asked.signs(), app.signs())
            asked.confirm()
            app.tell(AppEvent.Verify(VerifyEvent.Same))
            assertIs<VerifyStep.Done>(app.verifying { it.over }.step)
        }
        app.tell(AppEvent.Verify(VerifyEvent.Close))
        app.notVerifying()
        val now = devices { state -> state.verified && state.devices!!.none { it.trust == DeviceTrust.UNVERIFIED } }
        assertEquals("Phone of lisbon", now.devices!!.single { it.trust == DeviceTrust.VERIFIED }.name)
    }

    private companion object {
        const val PASSPHRASE = "correct horse battery"

        @JvmStatic
        @BeforeAll
        fun load() = Client.init()
    }
}

/** A client that is not ours gives the account [name] another identity, as somebody does who has lost everything. */
private fun resetIdentity(
    server: String,
    name: String,
) {
    val cache = System.getenv("QROC_CACHE") ?: ((System.getenv("XDG_CACHE_HOME") ?: (System.getProperty("user.home") + "/.cache")) + "/qroc")
    val process =
        ProcessBuilder("$cache/python/peer/bin/python", "-I", "../../tests/peer/peer.py")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
    val store = Files.createTempDirectory("qroc-peer")
    val password = Homeserver.PASSWORD
    process.outputStream.bufferedWriter().use { input ->
        val output = process.inputStream.bufferedReader()
        for (request in listOf(
            """{"do": "login", "server": "$server", "user": "$name", "password": "$password", "store": "$store"}""",
            """{"do": "reset_identity", "password": "$password"}""",
        )) {
            input.write("$request\n")
            input.flush()
            val answer = output.readLine()
            check(answer != null && "\"ok\"" in answer) { "$request: $answer" }
        }
    }
    process.waitFor()
    store.toFile().deleteRecursively()
}

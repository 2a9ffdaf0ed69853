package eu.qroc.ui.core

import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasAnyDescendant
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.input.key.Key
import eu.qroc.bridge.Client
import eu.qroc.bridge.Vault
import eu.qroc.ui.Showing
import eu.qroc.ui.StringsEn
import eu.qroc.ui.shell.AppPresenter
import eu.qroc.ui.shell.AppView
import eu.qroc.ui.shell.Looks
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes

/** The whole application on the real core, against a real homeserver, with a colleague at a terminal. */
@OptIn(ExperimentalTestApi::class, ExperimentalCoroutinesApi::class)
class RealCoreTest {
    @TempDir
    lateinit var folder: Path
    private val s = StringsEn

    /** Shows the application; afterwards it is ended as closing the window would. */
    private fun window(
        desk: Desk,
        story: ComposeUiTest.() -> Unit,
    ) {
        val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default.limitedParallelism(1))
        val presenter = AppPresenter(scope, folder.resolve("profile"), desk, Looks(desk))
        try {
            // As wide as a phone: one pane, and a way back.
            runSkikoComposeUiTest(Size(412f, 860f)) {
                setContent {
                    val stage by presenter.state.collectAsState()
                    Showing.plain.Theme { AppView(stage, "QROC", { scope.launch { presenter.on(it) } }) }
                }
                presenter.start()
                story()
            }
        } finally {
            // After everything that was pressed and typed, as on a desktop's one thread.
            runBlocking { scope.launch { presenter.end() }.join() }
            scope.cancel()
        }
    }

    /** Files that begin as a JPEG does, wherever this test has anything. */
    private fun picturesOnDisk(): List<Path> =
        Files.walk(folder).use { all -> all.filter { Files.isRegularFile(it) && isJpeg(it) }.toList() }

    private fun isJpeg(file: Path): Boolean =
        Files.newInputStream(file).use { it.readNBytes(JPEG.size).contentEquals(JPEG) }

    private fun ComposeUiTest.see(what: SemanticsMatcher) = eventually(what.description) { onAllNodes(what).fetchSemanticsNodes().isNotEmpty() }

    /** Waits without taking the processor from the core and the server; only what never happens takes long. */
    private fun ComposeUiTest.eventually(
        what: String,
        condition: () -> Boolean,
    ) {
        val end = System.nanoTime() + PATIENCE.inWholeNanoseconds
        while (!condition()) {
            check(System.nanoTime() < end) { "not seen: $what; but ${texts()}" }
            Thread.sleep(PAUSE_MS)
            mainClock.advanceTimeByFrame()
        }
    }

    private fun ComposeUiTest.texts(): List<String> =
        onAllNodes(hasText("", substring = true)).fetchSemanticsNodes().flatMap { node ->
            node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
        }

    private fun ComposeUiTest.see(text: String) = see(hasText(text, substring = true))

    private fun ComposeUiTest.press(text: String) {
        val button = (hasText(text) or hasContentDescription(text)) and hasClickAction()
        see(button)
        onAllNodes(button).onFirst().performClick()
    }

    private fun ComposeUiTest.type(
        field: String,
        text: String,
    ) {
        see(hasContentDescription(field) and hasSetTextAction())
        val found = onNode(hasContentDescription(field) and hasSetTextAction())
        if (onAllNodes(hasScrollAction() and hasAnyDescendant(hasContentDescription(field))).fetchSemanticsNodes().isNotEmpty()) found.performScrollTo()
        found.performTextReplacement(text)
    }

    private fun ComposeUiTest.send(text: String) {
        onNodeWithTag("message").performTextInput(text)
        onNodeWithTag("message").performKeyInput { pressKey(Key.Enter) }
    }

    private fun ComposeUiTest.signIn(
        server: String,
        password: String = Homeserver.PASSWORD,
    ) {
        type(s.server, server)
        type(s.userName, "lisbon")
        type(s.password, password)
        type(s.newPassphrase, PASSPHRASE)
        type(s.passphraseAgain, PASSPHRASE)
        // What was typed goes through the presenter first.
        see(hasText(s.signIn) and hasClickAction() and isEnabled())
        waitForIdle()
        onNode(hasText(s.signIn) and hasClickAction()).performScrollTo().performClick()
    }

    private fun ComposeUiTest.makeRoom(name: String) {
        press(s.newRoom)
        type(s.roomName, name)
        type(s.people, "madrid")
        press(s.createRoom)
        see(hasText(s.memberCount(1), substring = true) or hasText(s.memberCount(2), substring = true))
    }

    @Test
    fun `who calls for help is heard at once, with the place where there is one, and shares the way from the map`() {
        Homeserver(folder.resolve("server")).use { server ->
            val madrid = Colleague(Files.createDirectories(folder.resolve("madrid")), server.url, "madrid")
            val receiver = Receiver()
            window(Desk(receiver)) {
                signIn(server.url)
                see(s.roomsEmptyTitle)
                makeRoom("Harbour")
                madrid.qroc("sync", "--once")
                madrid.qroc("room", "join", "Harbour")
                press(s.quickHelp)
                see(s.helpSentWithPosition)
                madrid.sees("Harbour", s.helpMessage)
                madrid.sees("Harbour", "38.7071")
                receiver.fix = null
                press(s.quickHelp)
                see(s.helpSentWithout)
                press(s.iAmSafe)
                madrid.sees("Harbour", s.safeMessage)
                press(s.quickPosition)
                see(s.positionUnknown)
                press(s.close)

                press(s.mapOpen)
                press(s.shareMine)
                press(s.forHours(4))
                see(s.youShareUntil("").trim())
                press(s.stopSharing)
                see(hasText(s.shareMine) and hasClickAction())
                receiver.allowed = false
                press(s.shareMine)
                press(s.forMinutes(15))
                see(s.positionNotAllowed)
            }
        }
    }

    @Test
    fun `a message is sent on to another room`() {
        Homeserver(folder.resolve("server")).use { server ->
            window(Desk()) {
                signIn(server.url)
                see(s.roomsEmptyTitle)
                makeRoom("Harbour")
                press(s.back)
                makeRoom("Night watch")
                send("White van at pier four")
                val bubble = hasText("White van at pier four", substring = true) and hasClickAction()
                see(hasContentDescription(s.stateSent))
                onAllNodes(bubble).onFirst().performClick()
                press(s.forward)
                see(s.broughtTitle)
                onAllNodes(hasText("Harbour", substring = true) and hasClickAction()).onFirst().performClick()
                see(hasText("White van at pier four", substring = true) and hasSetTextAction())
            }
        }
    }

    @Test
    fun `two officers talk, send photos and a position, and find a message again`() {
        Homeserver(folder.resolve("server")).use { server ->
            val madrid = Colleague(Files.createDirectories(folder.resolve("madrid")), server.url, "madrid")
            val desk = Desk()
            window(desk) {
                signIn(server.url, password = "wrong")
                see(s.signInRefused)
                signIn(server.url)
                see(s.roomsEmptyTitle)
                makeRoom("Harbour")
                madrid.qroc("sync", "--once")
                madrid.qroc("room", "join", "Harbour")

                send("White van at pier four")
                madrid.sees("Harbour", "White van at pier four")
                madrid.qroc("send", "Harbour", "On my way")
                see("On my way")

                madrid.qroc("send-file", "Harbour", "${fixture("hopper.jpg")}", "--caption", "North gate")
                see("North gate")
                see(hasContentDescription(s.photoFrom("madrid")))
                assertEquals(emptyList(), picturesOnDisk(), "a picture was left in a file")

                desk.choice = fixture("hopper.jpg")
                press(s.attach)
                press(s.attachPhoto)
                see(s.cleaned)
                press(s.send)
                see("place and camera data removed")
                madrid.sees("Harbour", "hopper.jpg\",\"mime\":\"image/jpeg")

                madrid.qroc("location", "send", "Harbour", "38.7071,-9.13549", "--accuracy", "12")
                see("38° 42.426′ N")
                press(s.mapOpen)
                val ride = thread { madrid.qroc("location", "share", "Harbour", "--track", "${fixture("car.gpx")}", "--speed", "5") }
                see(s.mapPeople(1))
                see(hasText("madrid") and hasClickAction())
                see(hasText(s.kmPerHour(0).substringAfter("0"), substring = true))
                madrid.qroc("location", "stop", "Harbour")
                ride.join()
                press(s.back)

                press(s.back)
                press(s.search)
                type(s.searchLabel, "van")
                press("White van at pier four")
                see(hasText("White van at pier four", substring = true) and hasClickAction())
            }
        }
    }

    @Test
    fun `messages are changed, answered, removed, and a member is invited`() {
        Homeserver(folder.resolve("server")).use { server ->
            val madrid = Colleague(Files.createDirectories(folder.resolve("madrid")), server.url, "madrid")
            val desk = Desk()
            window(desk) {
                signIn(server.url)
                makeRoom("Patrol")
                madrid.qroc("sync", "--once")
                madrid.qroc("room", "join", "Patrol")
                see(s.noticeNamed("lisbon", "Patrol"))
                see(s.noticeInvited("lisbon", "madrid"))
                see(s.noticeJoined("madrid"))
                send("Pier three")
                madrid.sees("Patrol", "Pier three")
                see(hasContentDescription(s.stateSent, substring = true))
                press("Pier three")
                press(s.copy)
                eventually("copied") { desk.copied == "Pier three" }
                press("Pier three")
                press(s.edit)
                onNodeWithTag("message").performTextReplacement("Pier four")
                waitForIdle()
                press(s.saveEdit)
                madrid.sees("Patrol", "Pier four")
                see(s.edited)

                press("Pier four")
                press(s.reply)
                send("I mean the north one")
                madrid.sees("Patrol", "I mean the north one").let { assertTrue("\"reply_to\":\"$" in it, it) }

                see("I mean the north one")
                press("I mean the north one")
                see(s.remove)
                onNode(hasText(s.remove) and hasClickAction()).performScrollTo().performClick()
                press(s.removeConfirm)
                madrid.sees("Patrol", "\"redacted\":true")
                see(s.removed)

                press(s.roomDetails)
                see("@madrid:qroc.test")
            }
        }
    }

    @Test
    fun `what was typed is there when the window is opened anew, until it is sent`() {
        Homeserver(folder.resolve("server")).use { server ->
            val desk = Desk()
            window(desk) {
                signIn(server.url)
                makeRoom("Harbour")
                send("First")
                see(hasContentDescription(s.stateSent))
                onAllNodes(hasText("First", substring = true) and hasClickAction()).onFirst().performClick()
                press(s.answerInThread)
                see(s.thread)
                onNodeWithTag("message").performTextInput("In the thread")
                press(s.back)
                see(hasText("") and hasSetTextAction())
                onNodeWithTag("message").performTextInput("White van")
            }
            window(desk) {
                type(s.passphrase, PASSPHRASE)
                press(s.unlock)
                see(s.draft)
                see("White van")
                press("Harbour")
                see(hasText("White van") and hasSetTextAction())
                press(s.send)
                see(hasText("White van", substring = true) and hasClickAction())
                see(hasText("") and hasSetTextAction())
            }
            runBlocking {
                Client.open(folder.resolve("profile"), Vault.Passphrase(PASSPHRASE.toByteArray())).use { client ->
                    assertEquals(listOf("In the thread"), client.drafts().map { it.body })
                }
            }
            window(desk) {
                type(s.passphrase, PASSPHRASE)
                press(s.unlock)
                press("Harbour")
                see(hasText("White van", substring = true) and hasClickAction())
                see(hasText("") and hasSetTextAction())
            }
        }
    }

    @Test
    fun `what is sent without a server waits on the disk, behind the passphrase, and is erased on request`() {
        val server = Homeserver(folder.resolve("server"))
        val desk = Desk()
        window(desk) {
            signIn(server.url)
            makeRoom("Night watch")
            server.close()
            send("Nobody hears this yet")
            see(s.stateWaiting)
            see(s.waitingCount(1))
        }
        window(desk) {
            type(s.passphrase, "not the passphrase")
            press(s.unlock)
            see(s.unlockWrong)
            type(s.passphrase, PASSPHRASE)
            press(s.unlock)
            press("Night watch")
            see("Nobody hears this yet")
            see(s.stateWaiting)
            press(s.back)
            press(s.settings)
            see(hasText(s.wipe))
            onNode(hasText(s.wipe) and hasClickAction()).performScrollTo().performClick()
            see(s.waitingIsLost(1))
            press(s.wipeConfirm)
            see(hasText(s.signIn) and hasClickAction())
        }
        assertFalse(runBlocking { Client.exists(folder.resolve("profile")) })
    }

    @Test
    fun `a sealed profile asks for the PIN, says how many attempts are left, and is gone after the last`() {
        Homeserver(folder.resolve("server")).use { server ->
            val desk = Desk()
            window(desk) {
                signIn(server.url)
                see(s.roomsEmptyTitle)
            }
            val profile = folder.resolve("profile")
            fun vault() = Vault.Passphrase(PASSPHRASE.toByteArray())
            val left =
                runBlocking {
                    val client = Client.open(profile, vault())
                    client.setPin(vault(), "738105".toByteArray())
                    client.seal()
                    client.close()
                    Client.lockStatus(profile).attemptsLeft!!
                }
            window(desk) {
                see(s.attemptsLeft(left))
                type(s.passphrase, PASSPHRASE)
                type(s.pin, "000000")
                press(s.unlock)
                see(s.unlockWrongPin)
                see(s.attemptsLeft(left - 1))
                type(s.pin, "738105")
                press(s.unlock)
                see(s.roomsEmptyTitle)
            }
        }
    }

    companion object {
        const val PASSPHRASE = "correct horse battery"
        const val PAUSE_MS = 30L
        private val JPEG = byteArrayOf(0xFF.toByte(), 0xD8.toByte(), 0xFF.toByte())
        val PATIENCE = 2.minutes

        @JvmStatic
        @BeforeAll
        fun load() = Client.init()
    }
}

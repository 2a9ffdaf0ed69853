package eu.qroc.desktop

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The real window on a display without a screen: keys and mouse as an officer uses them, a colleague at a terminal. */
class WindowTest {
    @TempDir
    lateinit var folder: Path
    private val running = mutableListOf<Process>()

    @AfterEach
    fun end() =
        running.reversed().forEach {
            it.outputStream.close()
            if (!it.waitFor(15, TimeUnit.SECONDS)) it.destroyForcibly().waitFor()
        }

    private fun start(
        vararg command: String,
        environment: Map<String, String> = emptyMap(),
    ): Process {
        val builder = ProcessBuilder(*command).redirectError(ProcessBuilder.Redirect.INHERIT)
        builder.environment() += environment
        return builder.start().also { running += it }
    }

    private fun run(
        environment: Map<String, String>,
        vararg command: String,
    ): String {
        val builder = ProcessBuilder(*command).redirectError(ProcessBuilder.Redirect.INHERIT)
        builder.environment() += environment
        val process = builder.start()
        val out = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "${command.joinToString(" ")}: ${process.exitValue()} $out" }
        return out.trim()
    }

    private fun qroc(vararg arguments: String) =
        run(emptyMap(), System.getProperty("qroc.cli"), "--profile", "${folder.resolve("madrid")}", "--json", *arguments)

    private fun eventually(
        what: String,
        condition: () -> Boolean,
    ) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60)
        while (!condition()) {
            check(System.nanoTime() < end) { "it did not happen in a minute: $what" }
            Thread.sleep(200)
        }
    }

    @Test
    fun `an officer signs in, joins, writes, and sees the answer`() {
        val screen = start("Xvfb", "-displayfd", "1", "-screen", "0", "1200x860x24", "-nolisten", "tcp")
        val display = mapOf("DISPLAY" to ":" + screen.inputStream.bufferedReader().readLine())
        val server =
            start(System.getProperty("qroc.server"), "--port", "0", "--attached", "--data", "${folder.resolve("server")}")
        val url =
            generateSequence(server.inputStream.bufferedReader()::readLine)
                .firstNotNullOf { Regex("ready at (http://\\S+)").find(it)?.groupValues?.get(1) }
        val password = Files.writeString(folder.resolve("password"), "golden-hour")
        qroc("--vault", "file=${folder.resolve("key")}", "login", url, "madrid", "--password-file", "$password")
        qroc("room", "create", "Harbour", "--invite", "@lisbon:qroc.test")

        val window =
            start(
                "${System.getProperty("java.home")}/bin/java",
                "-Duniffi.component.qroc.libraryOverride=${System.getProperty("uniffi.component.qroc.libraryOverride")}",
                "-Duser.language=en",
                "-cp",
                System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
                "eu.qroc.desktop.MainKt",
                "--profile",
                "${folder.resolve("lisbon")}",
                environment = display + mapOf("SKIKO_RENDER_API" to "SOFTWARE", "XDG_CONFIG_HOME" to "${folder.resolve("config")}"),
            )
        val hand = Hand(display, run(display, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^QROC$").lines().first())
        hand.takeKeyboard(hand.settled("signin"), SERVER)
        // The keyboard is in the first field; the eye of a secret is one step between two fields.
        hand.key("ctrl+a").write(url).key("Tab").write("lisbon").key("Tab").write("golden-hour")
        hand.key("Tab", "Tab").write(PASSPHRASE).key("Tab", "Tab").write(PASSPHRASE).key("Return")
        hand.changes("the invitation", hand.picture("signing-in"), LIST)
        val invited = hand.settled("invited")

        hand.click(342, 228)
        eventually("joined") {
            qroc("sync", "--once")
            qroc("room", "members", "Harbour").lines().any { "@lisbon" in it && "\"join\"" in it }
        }
        hand.changes("the room", invited, HEADER)
        hand.settled("joined")
        hand.click(760, 715).write("White van at pier four").key("Return")
        eventually("sent") {
            qroc("sync", "--once")
            "White van at pier four" in qroc("timeline", "Harbour", "--offline")
        }
        val before = hand.settled("written")
        qroc("send", "Harbour", "On my way")
        hand.changes("the answer", before, TIMELINE)
        hand.settled("answered")
        hand.key("ctrl+k").write("van").settled("search")
        hand.key("ctrl+q")
        assertTrue(window.waitFor(30, TimeUnit.SECONDS), "Ctrl+Q did not end it")
        assertEquals(0, window.exitValue())
    }

    /** Keys and mouse. */
    private inner class Hand(
        private val display: Map<String, String>,
        val window: String,
    ) {
        init {
            run(display, "xdotool", "windowmove", window, "0", "0")
        }

        /** Clicks until a letter arrives: without a window manager only a click gives the window the keyboard. */
        fun takeKeyboard(
            empty: File,
            field: IntArray,
        ) {
            val was = ImageIO.read(empty)
            eventually("the keyboard is in the window") {
                click(field[0] + field[2] / 2, field[1] + field[3] / 2).key("a")
                Thread.sleep(500)
                differing(was, ImageIO.read(picture("now")), field) > LETTER
            }
        }

        fun write(text: String) = also { run(display, "xdotool", "type", "--delay", "25", text) }

        fun key(vararg keys: String) = also { run(display, "xdotool", "key", "--delay", "60", *keys) }

        fun click(
            x: Int,
            y: Int,
        ) = also { run(display, "xdotool", "mousemove", "$x", "$y", "click", "1") }

        fun picture(name: String): File {
            val file = File("target/pictures/window-$name.png").apply { parentFile.mkdirs() }
            run(display, "import", "-window", window, "$file")
            return file
        }

        /** Waits until the window shows something and nothing moves but the cursor. */
        fun settled(name: String): File {
            var before = ImageIO.read(picture(name))
            eventually("$name stands still") {
                Thread.sleep(400)
                val now = ImageIO.read(picture(name))
                val still = differing(before, now, intArrayOf(0, 0, now.width, now.height)) < PIXELS / 4
                before = now
                still && (0 until now.width).map { now.getRGB(it, now.height / 2) }.distinct().size > 1
            }
            return File("target/pictures/window-$name.png")
        }

        private fun differing(
            was: BufferedImage,
            now: BufferedImage,
            part: IntArray,
        ): Int {
            val (x, y, width, height) = part
            return (x until minOf(x + width, was.width, now.width)).sumOf { column ->
                (y until minOf(y + height, was.height, now.height)).count { row ->
                    was.getRGB(column, row) != now.getRGB(column, row)
                }
            }
        }

        /** Waits until a part of the window is no longer what it was. */
        fun changes(
            what: String,
            before: File,
            part: IntArray,
        ) {
            val was = ImageIO.read(before)
            eventually(what) {
                val now = ImageIO.read(picture("now"))
                assertEquals(was.width, now.width)
                differing(was, now, part) > PIXELS
            }
        }
    }

    private companion object {
        const val PASSPHRASE = "correct horse battery"
        const val PIXELS = 400

        /** More than a cursor that blinks. */
        const val LETTER = 100
        val SERVER = intArrayOf(362, 195, 380, 50)
        val HEADER = intArrayOf(410, 0, 300, 60)
        val LIST = intArrayOf(0, 64, 300, 300)
        val TIMELINE = intArrayOf(410, 300, 300, 385)
    }
}

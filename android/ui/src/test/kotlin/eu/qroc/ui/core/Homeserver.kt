package eu.qroc.ui.core

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The real homeserver on loopback, with the accounts lisbon and madrid. It ends with this JVM, however that ends. */
internal class Homeserver(
    data: Path,
    port: Int = 0,
) : AutoCloseable {
    private val process =
        ProcessBuilder(System.getProperty("qroc.server"), "--port", "$port", "--attached", "--data", "$data")
            .redirectErrorStream(true)
            .start()

    val url: String =
        generateSequence(process.inputStream.bufferedReader()::readLine)
            .firstNotNullOf { Regex("ready at (http://\\S+)").find(it)?.groupValues?.get(1) }

    override fun close() {
        process.outputStream.close()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
    }

    companion object {
        const val PASSWORD = "golden-hour"
    }
}

/** A colleague at a terminal: every command is a process of `qroc` of its own. */
internal class Colleague(
    private val folder: Path,
    server: String,
    name: String,
) {
    init {
        val password = Files.writeString(folder.resolve("$name.password"), Homeserver.PASSWORD)
        Files.createDirectories(folder)
        qroc("--vault", "file=${folder.resolve("$name.key")}", "login", server, name, "--password-file", "$password")
    }

    /** Runs a command and returns what it prints, one line of JSON an item. */
    fun qroc(vararg arguments: String): String {
        val process =
            ProcessBuilder(listOf(System.getProperty("qroc.cli"), "--profile", "${folder.resolve("profile")}", "--json") + arguments)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        val out = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "qroc ${arguments.joinToString(" ")}: ${process.exitValue()} $out" }
        return out
    }

    /** Syncs and looks at a room until it holds [text]. */
    fun sees(
        room: String,
        text: String,
    ): String {
        repeat(TRIES) {
            qroc("sync", "--once")
            val lines = qroc("timeline", room, "--offline").lines()
            lines.firstOrNull { text in it }?.let { return it }
        }
        error("$text is not in $room")
    }

    private companion object {
        const val TRIES = 20
    }
}

/** A file of the fixtures, which set-up has fetched. */
internal fun fixture(name: String): Path {
    val caches = System.getenv("XDG_CACHE_HOME") ?: (System.getProperty("user.home") + "/.cache")
    val file = Path.of(System.getenv("QROC_CACHE") ?: "$caches/qroc", "fixtures", name)
    check(Files.exists(file)) { "$file is missing: run make setup" }
    return file
}

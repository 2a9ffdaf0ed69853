package eu.qroc.bridge

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** A client that is not ours, signed in as [user] on a device of its own: `tests/peer/peer.py` says what it can be asked. */
internal class Peer(
    server: String,
    user: String,
) : AutoCloseable {
    private val store = Files.createTempDirectory("qroc-peer")
    private val process =
        ProcessBuilder("${cache().resolve("python/peer/bin/python")}", "-I", "../../tests/peer/peer.py")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
    private val output = process.inputStream.bufferedReader()

    init {
        ask("""{"do": "login", "server": "$server", "user": "$user", "password": "${Homeserver.PASSWORD}", "store": "$store"}""")
    }

    /** Asks for something that must go well, a line of JSON. */
    fun ask(request: String) {
        process.outputStream.apply {
            write("$request\n".toByteArray())
            flush()
        }
        val answer = output.readLine()
        check(answer != null && answer.startsWith("{\"ok\"")) { "$request: $answer" }
    }

    override fun close() {
        process.outputStream.close()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
        store.toFile().deleteRecursively()
    }
}

internal fun cache(): Path =
    Path.of(System.getenv("QROC_CACHE") ?: ((System.getenv("XDG_CACHE_HOME") ?: (System.getProperty("user.home") + "/.cache")) + "/qroc"))

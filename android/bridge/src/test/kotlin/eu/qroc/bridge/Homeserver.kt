package eu.qroc.bridge

import java.io.File
import java.util.concurrent.TimeUnit

/** The real homeserver, one for all tests, on loopback. It ends with this JVM, however that ends. */
internal object Homeserver {
    const val PASSWORD: String = "golden-hour"
    const val LISBON: String = "@lisbon:qroc.test"
    const val MADRID: String = "@madrid:qroc.test"

    val url: String by lazy { Running().url }

    /** Another one, that a test may stop. */
    class Running : AutoCloseable {
        private val data = File.createTempFile("homeserver", "").apply { delete() }
        private val process =
            ProcessBuilder(System.getProperty("qroc.server"), "--port", "0", "--attached", "--data", data.path)
                .redirectErrorStream(true)
                .start()
        val url: String

        init {
            val lines = process.inputStream.bufferedReader()
            url = generateSequence { lines.readLine() }
                .onEach { println("homeserver: $it") }
                .firstNotNullOf { Regex("ready at (http://\\S+)").find(it)?.groupValues?.get(1) }
            Runtime.getRuntime().addShutdownHook(Thread { close() })
        }

        override fun close() {
            process.outputStream.close()
            if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
            data.deleteRecursively()
        }
    }
}

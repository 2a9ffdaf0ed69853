package eu.qroc.platform

import java.io.File
import java.util.concurrent.TimeUnit

/** The real homeserver, one for all tests, on loopback. It ends with this JVM, however that ends. */
internal object Homeserver {
    const val PASSWORD = "golden-hour"
    const val MADRID = "@madrid:qroc.test"

    val url: String by lazy {
        val data = File.createTempFile("homeserver", "").apply { delete() }
        val process =
            ProcessBuilder(System.getProperty("qroc.server"), "--port", "0", "--attached", "--data", data.path)
                .redirectErrorStream(true)
                .start()
        Runtime.getRuntime().addShutdownHook(
            Thread {
                process.outputStream.close()
                if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
                data.deleteRecursively()
            },
        )
        generateSequence(process.inputStream.bufferedReader()::readLine)
            .firstNotNullOf { Regex("ready at (http://\\S+)").find(it)?.groupValues?.get(1) }
    }
}

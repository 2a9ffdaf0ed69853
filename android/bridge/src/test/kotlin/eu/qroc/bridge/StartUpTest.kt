package eu.qroc.bridge

import com.sun.jna.NativeLibrary
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.TimeUnit

/** What a fresh JVM does until the first call can be made: with JNA alone, or with all of the bridge. */
internal object StartUp {
    @JvmStatic
    fun main(args: Array<String>) {
        val begun = System.nanoTime()
        when (args.single()) {
            "bare" -> NativeLibrary.getInstance("m").getFunction("cos")
            "bridge" -> Client.init()
        }
        println("took ${(System.nanoTime() - begun) / 1_000}")
    }
}

internal class StartUpTest {
    private fun tookUs(what: String): Long {
        val java = ProcessHandle.current().info().command().get()
        val library = "uniffi.component.qroc.libraryOverride"
        val command =
            listOf(java, "-cp", System.getProperty("java.class.path"), "-D$library=${System.getProperty(library)}") +
                listOf("-XX:+UseSerialGC", "-Xshare:auto", StartUp::class.java.name, what)
        val process = ProcessBuilder(command).redirectErrorStream(true).start()
        val text = process.inputStream.bufferedReader().readText()
        assertTrue(process.waitFor(60, TimeUnit.SECONDS))
        assertEquals(0, process.exitValue(), text)
        return text.lines().first { it.startsWith("took ") }.removePrefix("took ").toLong()
    }

    @Test
    fun `starting costs little over JNA alone`() {
        // The best of some, turn by turn: others use this machine too.
        val runs = List(7) { tookUs("bare") to tookUs("bridge") }
        val (bare, bridge) = runs.minOf { it.first } to runs.minOf { it.second }
        println("start-up: JNA alone $bare µs, bridge $bridge µs, ${bridge - bare} µs over it")
        // Against the other, since a slow machine is slow with both.
        assertTrue(bridge < 8 * bare, "$bridge µs, $bare µs with JNA alone")
    }
}

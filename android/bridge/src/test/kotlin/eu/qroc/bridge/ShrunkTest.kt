package eu.qroc.bridge

import com.sun.jna.Native
import eu.qroc.guide.Shrunk
import kotlinx.coroutines.Job
import org.jetbrains.annotations.NotNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.jar.JarEntry
import java.util.jar.JarOutputStream
import kotlin.io.path.isRegularFile

/** The bridge as an Android build leaves it. R8 takes the rules out of the JARs, as such a build does. */
internal class ShrunkTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `shrunk by the rules that go along, the guide's screens still show a room and a message`() {
        val r8 = Path.of(System.getProperty("qroc.r8"))
        assumeTrue(Files.exists(r8), "set-up could not fetch R8")
        val shrunk = folder.resolve("shrunk.jar")
        val rules = folder.resolve("program.pro")
        Files.writeString(rules, "-keep class ${Shrunk::class.java.name} { public static void main(java.lang.String[]); }")
        val program = listOf(packed("bridge", Client::class.java), packed("guide", Shrunk::class.java))
        val libraries = listOf(Unit::class.java, NotNull::class.java, Job::class.java, Native::class.java).map(::origin)
        run(
            listOf("-cp", "$r8", "com.android.tools.r8.R8", "--classfile", "--release", "--output", "$shrunk", "--pg-conf", "$rules") +
                listOf("--lib", System.getProperty("java.home")) + (program + libraries).map { "$it" },
        )
        val library = "uniffi.component.qroc.libraryOverride"
        val said =
            run(
                listOf("-cp", "$shrunk", "-D$library=${System.getProperty(library)}", Shrunk::class.java.name) +
                    listOf(Homeserver.url, "lisbon", Homeserver.PASSWORD, "$folder"),
            )
        assertEquals("shown", said.trim().lines().last())
        assertTrue(Files.size(shrunk) < (program + libraries).sumOf { Files.size(it) }, "nothing was left out")
    }

    private fun origin(of: Class<*>): Path = Path.of(of.protectionDomain.codeSource.location.toURI())

    /** A JAR of the folder that the class was compiled into; of tests only what is in its package. */
    private fun packed(name: String, of: Class<*>): Path {
        val classes = origin(of)
        val wanted = if (of == Shrunk::class.java) classes.resolve("eu/qroc/guide") else classes
        val jar = folder.resolve("$name.jar")
        JarOutputStream(Files.newOutputStream(jar)).use { out ->
            Files.walk(wanted).use { files ->
                files.filter { it.isRegularFile() }.forEach {
                    out.putNextEntry(JarEntry("${classes.relativize(it)}"))
                    Files.copy(it, out)
                    out.closeEntry()
                }
            }
        }
        return jar
    }

    private fun run(arguments: List<String>): String {
        val java = ProcessHandle.current().info().command().get()
        val output = folder.resolve("output").toFile()
        val process = ProcessBuilder(listOf(java, "-XX:+UseSerialGC") + arguments).redirectErrorStream(true).redirectOutput(output).start()
        val ended = process.waitFor(300, TimeUnit.SECONDS)
        if (!ended) process.destroyForcibly()
        val text = output.readText()
        assertTrue(ended, text)
        assertEquals(0, process.exitValue(), text)
        return text
    }
}

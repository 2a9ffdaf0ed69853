package eu.qroc.bridge

import eu.qroc.guide.Screens
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.ConcurrentLinkedQueue

internal class GuideTest : Officers() {
    @Test
    fun `the guide's screens show a room list and a timeline`() =
        story {
            val shown = ConcurrentLinkedQueue<String>()
            val screens = Screens(folder.resolve("guide"), Vault.KeyFile(folder.resolve("guide.key"))) { shown += it }
            assertNull(screens.enter(Homeserver.url, "lisbon", "wrong"))
            assertEquals("error_wrong_password", shown.remove())
            repeat(2) {
                val client = screens.enter(Homeserver.url, "lisbon", Homeserver.PASSWORD)!!
                val room = if (it == 0) client.createRoom("Guide") else client.room("Guide")
                val screen =
                    listOf(
                        launch(Dispatchers.Default) { screens.roomList(client) },
                        launch(Dispatchers.Default) { screens.timeline(room) },
                    )
                room.send("round $it")
                eventually { shown.any { text -> text.lines().any { line -> line == "lisbon: round $it" } } }
                eventually { shown.any { text -> text.lines().any { line -> line == "Guide (0): round $it" } } }
                screen.forEach { it.cancelAndJoin() }
                room.close()
                client.shutDown()
                client.close()
            }
        }

    @Test
    fun `the guide prints what was compiled`() {
        val root = Path.of(System.getProperty("root"))
        val guide = Files.readString(root.resolve("docs/build-a-screen.md"))
        val source = Files.readString(root.resolve("android/bridge/src/test/kotlin/eu/qroc/guide/Screens.kt"))
        assertTrue("```kotlin\n$source```" in guide, "docs/build-a-screen.md and Screens.kt differ")
        assertTrue(source.lines().dropWhile { !it.startsWith("class") }.size <= 42, "too long for a guide")
    }
}

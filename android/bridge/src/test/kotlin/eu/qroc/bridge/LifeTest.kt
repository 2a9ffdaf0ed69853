package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class LifeTest : Officers() {
    @Test
    fun `an app comes and goes`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Coming and going")
            val states = async(Dispatchers.Default) { lisbon.client.connection.toList() }
            lisbon.client.connection.first { it == Connection.ONLINE }
            room.send("last words")
            assertTrue(lisbon.client.background(20.seconds))
            assertEquals(Connection.IDLE, lisbon.client.connection.first())
            assertEquals(0, lisbon.client.status().queued)
            room.send("while away")
            assertEquals(1, lisbon.client.status().queued)
            lisbon.client.networkReturned()
            assertEquals(1, lisbon.client.syncOnce().sent)
            lisbon.client.foreground()
            lisbon.client.foreground()
            lisbon.client.connection.first { it == Connection.ONLINE }
            lisbon.client.shutDown()
            assertEquals(Connection.CLOSED, states.await().last())
            room.close()
        }

    @Test
    fun `without the server it says so, keeps what is said, and goes on when it is back`() =
        story {
            val server = Homeserver.Running()
            val lisbon = signIn("lisbon", server.url)
            val room = lisbon.client.createRoom("Tunnel")
            val timeline = room.timeline()
            room.send("before the tunnel")
            timeline.items.shows("before the tunnel")
            server.close()
            lisbon.client.connection.first { it == Connection.OFFLINE }
            room.send("in the tunnel")
            val items = timeline.items.first { "in the tunnel" in it.texts() }
            assertEquals(SendState.SENT, items.first { it.content == ItemContent.Text("before the tunnel", TextKind.PLAIN) }.state)
            eventually { lisbon.client.queued().any { it.reason == "network" } }
            assertFalse(lisbon.client.background(300.milliseconds))
            lisbon.client.shutDown()
            Client.open(lisbon.profile, lisbon.vault).use { again ->
                assertEquals(1, again.queued().size)
                again.room("Tunnel").use { assertTrue("in the tunnel" in it.page(offline = true).texts()) }
                again.shutDown()
            }
            timeline.close()
            room.close()
        }

    @Test
    fun `after closing every call says closed`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Closed")
            val timeline = room.timeline()
            val flow = async(Dispatchers.Default) { timeline.changes.toList() }
            eventually { Client.liveObjects().pulls == 1 }
            lisbon.client.shutDown()
            assertTrue(flow.await().isNotEmpty(), "a flow that waits ends with its client")
            lisbon.client.shutDown()
            val calls: List<suspend () -> Any?> =
                listOf(
                    { lisbon.client.status() },
                    { lisbon.client.foreground() },
                    { lisbon.client.background(1.seconds) },
                    { lisbon.client.roomList() },
                    { lisbon.client.logout() },
                    { room.send("too late") },
                    { room.members() },
                    { room.timeline() },
                    { timeline.loadOlder() },
                    { room.positions() },
                    { room.stopSharing() },
                    { lisbon.client.policy() },
                    { lisbon.client.explain(PolicyAction.Save) },
                    { lisbon.client.takeManaged(ManagedConfig(emptyMap())) },
                )
            for (call in calls) assertEquals("closed", refused<QrocException.Closed> { call() }.code)
            lisbon.client.close()
            lisbon.client.close()
            assertEquals("closed", refused<QrocException.Closed> { lisbon.client.status() }.code)
            timeline.close()
            room.close()
        }

    @Test
    fun `freeing a client without a word lets go of the profile`() =
        story {
            val lisbon = signIn("lisbon")
            lisbon.client.background(20.seconds)
            lisbon.client.close()
            Client.open(lisbon.profile, lisbon.vault).use { it.shutDown() }
            val other = signIn("madrid")
            // Syncing: what runs holds it no longer than the client lives.
            other.client.connection.first { it == Connection.ONLINE }
            other.client.close()
            Client.open(other.profile, other.vault).use { it.shutDown() }
        }

    @Test
    fun `what was begun is finished when the caller stops waiting`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Cancelled")
            lisbon.client.background(20.seconds)
            repeat(100) { number ->
                val job = launch(Dispatchers.Default) { room.send("$number", txnId = "t$number") }
                if (number % 3 == 0) yield()
                job.cancelAndJoin()
            }
            // A call that never reached the library says nothing; one that did is whole, and once.
            val texts = room.page(limit = 200, offline = true).texts()
            assertEquals(texts.distinct(), texts)
            repeat(100) { room.send("$it", txnId = "t$it") }
            eventually { room.page(limit = 200, offline = true).texts().size == 100 }
            assertEquals((0 until 100).map { "$it" }.toSet(), room.page(limit = 200, offline = true).texts().toSet())
            room.close()
        }

    @Test
    fun `a sign-in that nobody waits for can be opened`() =
        story {
            val profile = folder.resolve("impatient")
            val vault = Vault.KeyFile(folder.resolve("impatient.key"))
            val job =
                launch(Dispatchers.Default) {
                    Client.login(profile, vault, Homeserver.url, "lisbon", Homeserver.PASSWORD).close()
                }
            eventually { Files.exists(profile) || job.isCompleted }
            job.cancelAndJoin()
            eventually { runCatching { Client.open(profile, vault).use { it.shutDown() } }.isSuccess }
        }

    @Test
    fun `a fault of the library is an error once`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Fault")
            val faults = Path.of(System.getenv("QROC_FAULTS"))
            Files.createDirectories(faults)
            Files.createFile(faults.resolve("send"))
            assertEquals("panic", refused<QrocException.Internal> { room.send("into the fault") }.code)
            room.send("after the fault")
            val texts = room.page(offline = true).texts()
            assertEquals(listOf("after the fault"), texts)
            lisbon.client.shutDown()
            Client.open(lisbon.profile, lisbon.vault).use { again ->
                again.room("Fault").use { assertEquals(texts, it.page(offline = true).texts()) }
                again.shutDown()
            }
            room.close()
        }

    @Test
    fun `a wiped profile ends what has it open`() =
        story {
            val lisbon = signIn("lisbon")
            val rooms = async(Dispatchers.Default) { runCatching { lisbon.client.rooms().collect { } } }
            lisbon.client.connection.first { it == Connection.ONLINE }
            assertTrue(Client.wipe(lisbon.profile).destroyed > 0)
            lisbon.client.connection.first { it == Connection.SIGNED_OUT }
            rooms.await()
            refused<QrocException.SignIn> { lisbon.client.room("anything") }
            assertFalse(Client.exists(lisbon.profile))
        }
}

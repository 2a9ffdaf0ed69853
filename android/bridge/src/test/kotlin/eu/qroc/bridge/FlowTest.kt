package eu.qroc.bridge

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.seconds

internal class FlowTest : Officers() {
    @Test
    fun `a collection begins with everything, and ends with its object`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Flow")
            val timeline = room.timeline()
            val collected = async(Dispatchers.Default) { timeline.changes.toList() }
            eventually { Client.liveObjects().pulls == 1 }
            room.send("one")
            timeline.close()
            val batches = collected.await()
            assertTrue(batches.first().single() is Diff.Reset)
            assertTrue(batches.drop(1).flatten().none { it is Diff.Reset })
            assertEquals("closed", refused<QrocException.Closed> { timeline.loadOlder() }.code)
            room.close()
        }

    @Test
    fun `what happens while the screen is busy comes at once`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Busy")
            lisbon.client.background(10.seconds)
            val timeline = room.timeline()
            val go = CompletableDeferred<Unit>()
            val sizes = mutableListOf<Int>()
            val job =
                launch(Dispatchers.Default) {
                    timeline.items.first { items ->
                        go.await()
                        sizes += items.texts().size
                        items.texts().size == 40
                    }
                }
            repeat(40) { room.send("$it") }
            go.complete(Unit)
            job.join()
            // The first, perhaps one that was on its way, and all the rest.
            assertTrue(sizes.size <= 3, "$sizes")
            timeline.close()
            room.close()
        }

    @Test
    fun `one collector at a time, and each begins anew`() =
        story {
            val lisbon = signIn("lisbon")
            val list = lisbon.client.roomList()
            val first = launch(Dispatchers.Default) { list.rooms.collect { } }
            eventually { Client.liveObjects().pulls == 1 }
            val second = runCatching { list.rooms.collect { } }.exceptionOrNull()
            assertTrue(second is IllegalStateException && "shareIn" in second.message!!, "$second")
            first.cancelAndJoin()
            repeat(3) { assertTrue(list.changes.first().single() is Diff.Reset) }
            list.close()
        }

    @Test
    fun `cancelling a collector frees the library's side at once`() =
        story {
            val lisbon = signIn("lisbon")
            val before = Client.liveObjects()
            val job = launch(Dispatchers.Default) { lisbon.client.rooms().collect { } }
            eventually { Client.liveObjects().run { lists == before.lists + 1 && pulls == before.pulls + 1 } }
            job.cancelAndJoin()
            eventually { Client.liveObjects() == before }
            lisbon.client.rooms().take(1).toList()
            eventually { Client.liveObjects() == before }
        }

    @Test
    fun `two thousand races between a message and a cancellation lose nothing`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Races")
            lisbon.client.background(10.seconds)
            val timeline = room.timeline()
            repeat(2_000) { round ->
                val job = launch(Dispatchers.Default) { timeline.changes.collect { } }
                if (round % 2 == 0) yield()
                if (round % 100 == 0) room.send("$round")
                job.cancelAndJoin()
            }
            eventually { Client.liveObjects().pulls == 0 }
            assertEquals((0 until 2_000 step 100).map { "$it" }, timeline.items.first().texts())
            timeline.close()
            room.close()
        }

    @Test
    fun `older messages come when they are asked for`() =
        story {
            val talk = talk("Older")
            repeat(130) { talk.here.send("$it") }
            assertTrue(talk.lisbon.client.background(50.seconds))
            // A new device knows nothing of them yet: their keys came later, but the events are there.
            val timeline = talk.there.timeline()
            timeline.items.first { "129" in it.texts() }
            var rounds = 0
            while (timeline.loadOlder(50)) check(++rounds < 20)
            val texts = timeline.items.first { "0" in it.texts() }.texts()
            assertEquals((0 until 130).map { "$it" }, texts)
            assertFalse(timeline.loadOlder(50))
            val page = talk.there.page(limit = 10)
            assertEquals((120 until 130).map { "$it" }, page.texts())
            assertEquals((110 until 120).map { "$it" }, talk.there.page(before = page.first().cursor, limit = 10).texts())
            timeline.close()
        }

    @Test
    fun `a list is filtered and grows`() =
        story {
            val lisbon = signIn("lisbon")
            val name = "Filter ${System.nanoTime()}"
            repeat(3) { lisbon.client.createRoom("$name $it").close() }
            lisbon.client.roomList(filter = name).use { list ->
                assertEquals(3, list.rooms.first { it.size == 3 }.size)
                list.setFilter("$name 1")
                assertEquals("$name 1", list.rooms.first { it.size == 1 }.single().name)
                list.setFilter(null)
                list.loadMore(500)
                assertTrue(list.rooms.first().size >= 3)
            }
        }
}

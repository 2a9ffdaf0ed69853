package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

internal class LoadTest : Officers() {
    private fun residentKib(): Long =
        Files.readAllLines(Path.of("/proc/self/status")).first { it.startsWith("VmRSS") }.filter { it.isDigit() }.toLong()

    @Test
    fun `a hundred thousand calls leave nothing behind`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Many")
            lisbon.client.background(20.seconds)
            val round: suspend () -> Unit = {
                repeat(20_000) {
                    room.roomId
                    lisbon.client.roomList().close()
                    Client.errorTextKeys()
                    Client.liveObjects()
                }
                repeat(2_500) {
                    lisbon.client.status()
                    room.timeline().close()
                }
            }
            round()
            System.gc()
            val before = residentKib()
            repeat(4) { round() }
            System.gc()
            val grown = residentKib() - before
            assertTrue(grown < 48 * 1024, "$grown KiB more")
            assertEquals(1, Client.liveObjects().rooms)
            assertEquals(0, Client.liveObjects().lists)
            room.close()
        }

    @Test
    fun `two threads hammer one client, and a third closes it`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Hammer")
            val faults = java.util.concurrent.ConcurrentLinkedQueue<Throwable>()
            val threads =
                List(2) { number ->
                    thread {
                        story {
                            try {
                                while (true) {
                                    room.send("$number", txnId = null)
                                    lisbon.client.queued()
                                    room.timeline().close()
                                    lisbon.client.roomList().use { list -> list.loadMore(1) }
                                }
                            } catch (error: QrocException.Closed) {
                                // The end of the story.
                            } catch (error: Throwable) {
                                faults += error
                            }
                        }
                    }
                }
            launch(Dispatchers.IO) {
                Thread.sleep(2_000)
                lisbon.client.shutDown()
            }.join()
            threads.forEach { it.join() }
            assertEquals(emptyList<Throwable>(), faults.toList())
            Client.open(lisbon.profile, lisbon.vault).use { again ->
                assertTrue(again.room("Hammer").use { it.page(limit = 10, offline = true) }.size == 10)
                again.shutDown()
            }
            room.close()
        }

    @Test
    fun `no call that does not wait takes a millisecond`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Quick")
            val timeline = room.timeline()
            val list = lisbon.client.roomList()
            val queue = lisbon.client.sendQueue()
            val transfer = room.uploadOf("nothing")
            val calls: Map<String, () -> Unit> =
                mapOf(
                    "init" to { Client.init() },
                    "libraryVersion" to { Client.libraryVersion },
                    "errorTextKeys" to { Client.errorTextKeys() },
                    "liveObjects" to { Client.liveObjects() },
                    "signedIn" to { lisbon.client.signedIn },
                    "roomList" to { lisbon.client.roomList().close() },
                    "sendQueue" to { lisbon.client.sendQueue().close() },
                    "roomId" to { room.roomId },
                    "explain" to { lisbon.client.explain(PolicyAction.SendFile("image/jpeg", 1_000_000)) },
                    "loadMore" to { list.loadMore(0) },
                    "setFilter" to { list.setFilter(null) },
                    "tellDevice" to { tellDevice(DeviceFacts(DeviceSystem.OTHER, "1")) },
                    "proposedSignIn" to { proposedSignIn() },
                    "setMetered" to { lisbon.client.setMetered(false) },
                    "setFetching" to { lisbon.client.setFetching(false) },
                    "warnsOfDevice" to { lisbon.client.warnsOfDevice() },
                    "isScreenLocked" to { lisbon.client.isScreenLocked() },
                    "screenLocksIn" to { lisbon.client.screenLocksIn() },
                    "uploadOf" to { room.uploadOf("nothing").close() },
                    "fetch" to { room.fetch("\$nothing").close() },
                    "sentFile" to { transfer.sentFile },
                    "contents" to { transfer.contents() },
                )
            for ((name, call) in calls) {
                // Two of them begin work on the library's threads: by itself, as a screen does it.
                val begins = name in setOf("uploadOf", "fetch")
                repeat(if (begins) 100 else 2_000) { call() }
                val times = List(200) { measureTime { call() }.also { if (begins) delay(5) } }.sorted()
                val median: Duration = times[times.size / 2]
                println("call cost: $name ${median.inWholeNanoseconds / 1_000.0} µs, p95 ${times[190].inWholeNanoseconds / 1_000.0} µs")
                val taken = if (begins) median else times[190]
                assertTrue(taken < 1.milliseconds, "$name takes $taken")
            }
            listOf(timeline, list, queue, transfer, room).forEach { (it as AutoCloseable).close() }
        }

    @Test
    fun `a library that does not fit its bindings is named with both`() {
        val error = runCatching { Library.check("0.2.0+ffffffffffffffff", Client.libraryVersion) }.exceptionOrNull()
        assertTrue(error is LibraryException)
        assertTrue("0.2.0+ffffffffffffffff" in error!!.message!! && Client.libraryVersion in error.message!!, error.message)
        val missing = runCatching { Library.load("no_such_library") }.exceptionOrNull()
        assertTrue(missing is LibraryException && "no_such_library" in missing.message!!)
        val other = runCatching { Library.load("m") }.exceptionOrNull()
        assertTrue(other is LibraryException && "not a library of QROC" in other.message!!, "${other?.message}")
    }
}

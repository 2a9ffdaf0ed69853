package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTimedValue

/** Files on their way. */
internal class TransferTest : Officers() {
    private fun noise(
        name: String,
        length: Int,
    ): Path = folder.resolve(name).also { Files.write(it, Random(7).nextBytes(length)) }

    private fun progress(state: TransferState): TransferProgress? =
        when (state) {
            is TransferState.Preparing -> state.progress
            is TransferState.Moving -> state.progress
            else -> null
        }

    @Test
    fun `a large file tells how far it is, there and back`() =
        story {
            val talk = talk("Large")
            val file = noise("plan.bin", 24 shl 20)
            val up = talk.here.upload(file, treatAs = TreatAs.FILE)
            val (told, took) = measureTimedValue { up.states.toList() }
            val steps = told.map { it::class.simpleName!! }
            assertEquals(listOf("Preparing", "Moving", "Done"), steps.distinct().filter { it != "Waiting" }, "$steps")
            // In order: nothing is prepared again once it moves.
            assertTrue(steps.lastIndexOf("Preparing") < steps.indexOf("Moving"), "$steps")
            for (kind in listOf("Preparing", "Moving")) {
                val reports = told.filter { it::class.simpleName == kind }.mapNotNull(::progress)
                assertEquals(reports.sortedBy { it.done }, reports)
                assertTrue(reports.all { it.done <= it.total } && reports.last().total >= 24 shl 20, "$reports")
            }
            assertTrue(told.size <= took.inWholeMilliseconds / 100 * 2 + 8, "${told.size} in $took")
            assertEquals(24L shl 20, up.sentFile!!.sourceBytes)
            refused<QrocException.NotFound> { up.cancel() }
            assertEquals(listOf<TransferState>(TransferState.Done), up.states.toList())

            val message = talk.there.timeline().use { it.items.first { items -> items.any { it.content is ItemContent.Media } } }.last()
            assertEquals(up.txnId, talk.here.page(offline = true).single { it.eventId == message.eventId }.txnId)
            up.close()
            val down = talk.there.fetch(message.eventId!!)
            assertNull(down.txnId)
            val fetched = down.states.toList()
            assertEquals(TransferState.Done, fetched.last())
            assertTrue(fetched.mapNotNull(::progress).run { isNotEmpty() && this == sortedBy { it.done } }, "$fetched")
            down.contents()!!.use { assertArrayEquals(Files.readAllBytes(file), it.bytes()) }
            down.close()
        }

    @Test
    fun `one that is taken back is gone, at whatever stage it is`() =
        story {
            val talk = talk("Taken back")
            // While it is prepared.
            talk.here.upload(fixture("sample1080.mp4")).use { clip ->
                clip.states.first { it is TransferState.Preparing }
                clip.cancel()
                assertEquals(TransferState.Cancelled, clip.states.last())
                assertNull(clip.sentFile)
            }
            // While it waits.
            talk.lisbon.client.background(20.seconds)
            talk.here.upload(noise("plan.bin", 100_000)).use { file ->
                file.states.first { it is TransferState.Waiting }
                assertEquals(listOf(file.txnId), talk.lisbon.client.queued().map { it.txnId })
                file.cancel()
                assertEquals(TransferState.Cancelled, file.states.last())
                file.cancel()
            }
            assertEquals(emptyList<QueueItem>(), talk.lisbon.client.queued())
            assertTrue(talk.here.page(offline = true).none { it.content is ItemContent.Media })
        }

    @Test
    fun `what fails says why, and is tried again`() =
        story {
            val talk = talk("Fails")
            val path = folder.resolve("late.txt")
            talk.here.upload(path).use { file ->
                val failed = file.states.first { it is TransferState.Failed }
                assertEquals(TransferState.Failed("file_unreadable", "error_file_unreadable"), failed)
                Files.write(path, "It is here now".toByteArray())
                val end = async(Dispatchers.Default) { file.states.last() }
                file.retry()
                assertEquals(TransferState.Done, end.await())
            }
            talk.there.fetch("\$nowhere").use { file ->
                assertEquals("message_not_found", (file.states.first { it is TransferState.Failed } as TransferState.Failed).code)
                file.cancel()
                assertEquals(TransferState.Cancelled, file.states.last())
                assertNull(file.contents())
            }
        }

    @Test
    fun `a file that waits outlives the app, and is taken up by the next run`() =
        story {
            val lisbon = signIn("lisbon")
            val txnId =
                lisbon.client.createRoom("Next run").use { room ->
                    lisbon.client.background(20.seconds)
                    // Nobody keeps the transfer, nobody looks.
                    val file = room.upload(noise("plan.bin", 100_000))
                    file.states.onEach { }.first { it is TransferState.Waiting }
                    file.close()
                    file.txnId!!
                }
            lisbon.client.shutDown()
            Client.open(lisbon.profile, lisbon.vault).use { client ->
                client.room("Next run").use { room ->
                    room.uploadOf(txnId).use { file ->
                        file.states.first { it is TransferState.Waiting }
                        val end = async(Dispatchers.Default) { file.states.last() }
                        client.foreground()
                        assertEquals(TransferState.Done, end.await())
                    }
                    assertEquals(TransferState.Cancelled, room.uploadOf("nothing of the kind").use { it.states.last() })
                }
                client.shutDown()
            }
        }
}

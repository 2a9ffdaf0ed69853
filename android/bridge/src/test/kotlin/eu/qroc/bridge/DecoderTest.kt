package eu.qroc.bridge

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.last
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

/** What the core cannot read and the platform can. */
internal class DecoderTest : Officers() {
    private val asked = mutableListOf<Pair<ByteArray, String>>()
    private var answer: suspend (maxPx: Int) -> DecodedImage? = { picture(400, 300) }

    private fun picture(
        width: Int,
        height: Int,
        bytes: Int = width * height * 4,
    ) = DecodedImage(width, height, ByteArray(bytes) { if (it % 4 == 3) -1 else (it / 4 % 251).toByte() })

    /** What the core knows as JPEG XL, and cannot read. */
    private fun photo(): Path =
        folder.resolve("gate.jxl").also { Files.write(it, byteArrayOf(-1, 0x0A) + ByteArray(50_000) { at -> (at % 97).toByte() }) }

    @AfterEach
    fun quiet() = Client.init()

    @Test
    fun `the platform reads what the core cannot, and only that`() =
        story {
            Client.init(
                Platform(
                    imageDecoder = { bytes, mime, maxPx ->
                        asked += bytes to mime
                        answer(maxPx)
                    },
                ),
            )
            val talk = talk("Decoder")
            val sent = talk.here.sendFile(photo(), caption = "North gate")
            assertEquals(400 to 300, sent.width to sent.height)
            assertEquals(50_002L, sent.sourceBytes)
            assertTrue(sent.mime in setOf("image/jpeg", "image/png"), sent.mime)
            assertEquals("image/jxl", asked.single().second)
            assertArrayEquals(Files.readAllBytes(photo()), asked.single().first)
            val items = talk.there.timeline().use { it.items.first { items -> items.any { it.content is ItemContent.Media } } }
            val picture = items.last().content as ItemContent.Media
            assertEquals(MediaKind.IMAGE to "North gate", picture.kind to picture.caption)
            talk.there.contents(items.last().eventId!!).use { assertEquals(sent.mime, it.mime) }
            // These it reads itself.
            for (own in listOf("hopper.jpg", "exif.heic", "exif.avif")) talk.here.sendFile(fixture(own))
            // What is damaged is shown to no other decoder.
            val half = folder.resolve("half.heic").also { Files.write(it, Files.readAllBytes(fixture("exif.heic")).let { all -> all.copyOf(all.size / 2) }) }
            refused<QrocException.BadInput> { talk.here.sendFile(half) }
            assertEquals(1, asked.size)
        }

    @Test
    fun `a decoder that fails, lies or hangs costs that file alone`() =
        story {
            signIn("lisbon").client.createRoom("Without").use { room ->
                assertEquals("file_unsupported", refused<QrocException.BadInput> { room.sendFile(photo()) }.code)
            }
            val entered = CompletableDeferred<Unit>()
            val released = CompletableDeferred<Unit>()
            Client.init(Platform(imageDecoder = { _, _, maxPx -> answer(maxPx) }))
            val lisbon = signIn("lisbon").client
            lisbon.createRoom("With").use { room ->
                val conducts: Map<String, suspend (Int) -> DecodedImage?> =
                    mapOf(
                        "throws" to { error("a decoder that throws") },
                        "overflows the stack" to { throw StackOverflowError() },
                        "too few bytes" to { picture(400, 300, 479_999) },
                        "too many" to { picture(400, 300, 480_001) },
                        "nothing" to { picture(0, 0) },
                        "negative" to { DecodedImage(-1, -4, ByteArray(4)) },
                        "too large" to { maxPx -> picture(maxPx + 1, 1) },
                        "far too large" to { DecodedImage(Int.MAX_VALUE, Int.MAX_VALUE, ByteArray(4)) },
                    )
                for ((name, conduct) in conducts) {
                    answer = conduct
                    assertEquals("port_failed", refused<QrocException.Internal> { room.sendFile(photo()) }.code, name)
                }
                answer = { null }
                assertEquals("file_unsupported", refused<QrocException.BadInput> { room.sendFile(photo()) }.code)
                // One that hangs holds up nobody else, and is let go.
                answer = {
                    entered.complete(Unit)
                    try {
                        awaitCancellation()
                    } finally {
                        released.complete(Unit)
                    }
                }
                room.upload(photo()).use { stuck ->
                    entered.await()
                    room.sendFile(fixture("hopper.jpg"))
                    stuck.cancel()
                    assertEquals(TransferState.Cancelled, stuck.states.last())
                }
                released.await()
                // It may call the core.
                answer = { picture(lisbon.queued().size + 1, lisbon.status().userId.length) }
                assertEquals(Homeserver.LISBON.length, room.sendFile(photo()).height)
                assertEquals(2, room.page(offline = true).count { it.content is ItemContent.Media })
            }
        }
}

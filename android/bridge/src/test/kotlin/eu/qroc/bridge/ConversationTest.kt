package eu.qroc.bridge

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import kotlin.time.Duration.Companion.seconds

/** What people do with messages besides sending them. */
internal class ConversationTest : Officers() {
    private suspend fun Room.hasSent(text: String): String {
        send(text)
        return timeline().use { it.items.shows(text) }.eventId!!
    }

    @Test
    fun `a text keeps its formatting, names people, and remembers how it changed`() =
        story {
            val talk = talk("Formatted")
            talk.here.send("**Van** at `AB-12`, ${Homeserver.MADRID} look\n\n- one\n- two\n\n> seen [here](https://example.org)")
            val seen = talk.there.timeline()
            val items = seen.items.first { items -> items.any { it.formatted.isNotEmpty() } }
            val item = items.single { it.formatted.isNotEmpty() }
            val runs = item.formatted.first().runs
            assertTrue(runs[0].bold && runs[0].text == "Van", "$runs")
            assertTrue(runs[2].code && runs[2].text == "AB-12", "$runs")
            assertEquals(Homeserver.MADRID, runs.single { it.mention != null }.mention)
            assertEquals(listOf("•", "•"), item.formatted.mapNotNull { it.marker })
            assertEquals(listOf("one", "two"), item.formatted.filter { it.marker != null }.map { it.runs.single().text })
            val quote = item.formatted.last()
            assertEquals(1, quote.quote)
            assertEquals("https://example.org", quote.runs.single { it.link != null }.link)
            assertEquals(listOf(Homeserver.MADRID), item.mentions)
            assertEquals(1, talk.there.summary().highlights)

            val answer = talk.there.hasSent("Which one?").let { talk.here.send("The **grey** one", replyTo = item.eventId) }
            val quoted = seen.items.first { items -> items.any { it.quoted != null && it.eventId != null } }.last { it.quoted != null }
            assertEquals(answer.txnId, talk.here.page(offline = true).single { it.eventId == quoted.eventId }.txnId)
            assertTrue(quoted.quoted!!.run { known && !removed && sender == Homeserver.LISBON }, "${quoted.quoted}")

            talk.here.edit(item.eventId!!, "Van *left*")
            seen.items.first { items -> items.any { it.eventId == item.eventId && it.edited } }
            val versions = talk.there.history(item.eventId!!)
            assertEquals(listOf(false, true), versions.map { it.current })
            assertTrue(versions.last().formatted.single().runs.last().italic, "$versions")

            // As it is typed.
            talk.here.send("2 * 3 * 4", plain = true)
            assertTrue(seen.items.shows("2 * 3 * 4").formatted.isEmpty())
            seen.close()
        }

    @Test
    fun `a draft outlives the app, and goes with what is sent`() =
        story {
            val lisbon = signIn("lisbon")
            val root =
                lisbon.client.createRoom("Drafts").use { room ->
                    val root = room.hasSent("Who is at the gate?")
                    room.keepDraft("Two cars at")
                    room.keepDraft("In the thread", thread = root)
                    root
                }
            lisbon.client.shutDown()
            Client.open(lisbon.profile, lisbon.vault).use { client ->
                client.room("Drafts").use { room ->
                    assertEquals("Two cars at", room.summary().draft)
                    assertEquals("Two cars at", room.draft())
                    val kept = client.drafts().filter { it.roomId == room.roomId }
                    assertEquals(setOf(null to "Two cars at", root to "In the thread"), kept.map { it.thread to it.body }.toSet())
                    room.send("Two cars at pier four", clearsDraft = true)
                    assertNull(room.draft())
                    assertEquals("In the thread", room.draft(root))
                    room.keepDraft("", thread = root)
                    assertTrue(client.drafts().none { it.roomId == room.roomId })
                }
                client.shutDown()
            }
        }

    @Test
    fun `what is pinned is pinned for everybody`() =
        story {
            val talk = talk("Pins")
            val gate = talk.here.hasSent("Meet at the north gate")
            val plate = talk.here.hasSent("AB-12 is the plate")
            talk.here.pin(gate, true)
            talk.here.pin(plate, true)
            // At once, without the server.
            assertEquals(listOf("Meet at the north gate", "AB-12 is the plate"), talk.here.pins(offline = true).texts())
            eventually { talk.there.pins().texts() == listOf("Meet at the north gate", "AB-12 is the plate") }
            talk.here.pin(gate, false)
            eventually { talk.there.pins().map { it.eventId } == listOf(plate) }
            refused<QrocException.NotFound> { talk.here.pin("\$nowhere", true) }
        }

    @Test
    fun `a share is withdrawn at every recipient, and what is withdrawn is not sent on`() =
        story {
            val talk = talk("Marks")
            val wrong = talk.here.hasSent("He wears a red coat")
            val right = talk.here.hasSent("He wears a blue coat")
            val seen = talk.there.timeline()
            seen.items.shows("He wears a blue coat")

            val other = talk.madrid.client.createRoom("Team two")
            val forwarded = other.forward(talk.there.roomId, right)
            val copy = other.timeline().use { it.items.shows("He wears a blue coat") }
            assertEquals(forwarded.txnId, copy.txnId)
            assertEquals(Homeserver.MADRID, copy.sender)
            assertEquals(Homeserver.LISBON, copy.forwarded!!.sender)

            talk.here.mark(wrong, MarkAs.SUPERSEDED, replacedBy = right, reason = "Wrong man")
            val marked = seen.items.first { items -> items.any { it.mark != null } }.single { it.mark != null }
            assertEquals(wrong, marked.eventId)
            val mark = marked.mark!!
            assertEquals(MarkAs.SUPERSEDED, mark.state)
            assertEquals(right to "Wrong man", mark.replacedBy to mark.reason)
            assertEquals(Homeserver.LISBON, mark.sender)
            refused<QrocException.Forbidden> { talk.there.mark(right, MarkAs.WITHDRAWN) }
            refused<QrocException.BadInput> { other.forward(talk.there.roomId, wrong) }

            talk.here.mark(wrong, MarkAs.VALID)
            seen.items.first { items -> items.single { it.eventId == wrong }.mark == null }
            other.forward(talk.there.roomId, wrong)
            talk.here.mark(right, MarkAs.WITHDRAWN)
            seen.items.first { items -> items.single { it.eventId == right }.mark?.state == MarkAs.WITHDRAWN }
            seen.close()
            other.close()
        }

    @Test
    fun `a thread, who has read it, and how a room is kept`() =
        story {
            val talk = talk("Thread")
            val root = talk.here.hasSent("Who is at the gate?")
            talk.there.timeline().use { it.items.shows("Who is at the gate?") }
            talk.there.send("Ana", thread = root)
            talk.there.send("And Rui", thread = root)
            eventually { talk.here.thread(root).texts() == listOf("Who is at the gate?", "Ana", "And Rui") }
            assertEquals(2, talk.here.threads().single().replies!!.count)
            assertEquals("Who is at the gate?", talk.there.message(root).let { (it.content as ItemContent.Text).body })
            talk.here.send("Thanks")
            talk.there.timeline().use { it.items.shows("Thanks") }
            talk.there.markRead()
            eventually { talk.here.seenBy(root).map { it.userId } == listOf(Homeserver.MADRID) }

            talk.here.setFavourite(true)
            talk.here.setLoudness(Loudness.MENTIONS)
            assertTrue(talk.here.summary().run { favourite && !lowPriority && loudness == Loudness.MENTIONS })
            talk.there.setTyping(true)
            assertEquals(listOf(Homeserver.MADRID), talk.here.typingChanges(emptyList()))
            assertEquals(listOf(Homeserver.MADRID), talk.here.membersPage(filter = "madr").map { it.userId })
        }

    @Test
    fun `a file is looked at without being saved, also without the network`() =
        story {
            val talk = talk("Looked at")
            val document = folder.resolve("orders.txt")
            val bytes = ByteArray(300_000) { (it % 251).toByte() }
            Files.write(document, bytes)
            talk.lisbon.client.background(20.seconds)
            val ticket = talk.here.sendFile(document, treatAs = TreatAs.FILE).sent
            Files.delete(document)
            // One that waits is looked at from what was sealed.
            assertTrue(talk.here.hasContents(ticket.txnId))
            talk.here.contents(ticket.txnId).use { assertArrayEquals(bytes, it.bytes()) }
            talk.lisbon.client.foreground()
            talk.here.sendFile(fixture("hopper.jpg"), caption = "North gate")

            val timeline = talk.there.timeline()
            val items = timeline.items.first { items -> items.count { it.content is ItemContent.Media } == 2 }
            val (file, photo) = items.filter { it.content is ItemContent.Media }.map { it.eventId!! }
            timeline.close()
            assertFalse(talk.there.hasContents(file))
            talk.there.contents(file).use { contents ->
                assertEquals(bytes.size.toLong(), contents.length)
                assertEquals("orders.txt" to "application/octet-stream", contents.name to contents.mime)
                assertArrayEquals(bytes.copyOfRange(200_000, 200_100), contents.readAt(200_000, 100))
                assertEquals(10, contents.readAt(299_990, 100).size)
                assertEquals(ContentsRights(null, null), contents.rights())
                assertArrayEquals(bytes, Files.readAllBytes(contents.save(folder).path))
                refused<QrocException.BadInput> { contents.save(folder) }
                assertEquals(1, Client.liveObjects().contents)
            }
            talk.there.contents(photo, Part.PREVIEW).use { preview ->
                assertEquals("image/jpeg", preview.mime)
                assertEquals(0xFFD8, preview.readAt(0, 2).let { (it[0].toInt() and 0xFF shl 8) or (it[1].toInt() and 0xFF) })
            }
            talk.madrid.client.background(20.seconds)
            assertTrue(talk.there.hasContents(file))
            talk.there.contents(file).use { assertArrayEquals(bytes, it.bytes()) }
            refused<QrocException.NotFound> { talk.there.contents("\$nowhere") }
            assertEquals(0, Client.liveObjects().contents)
        }

    @Test
    fun `the unchanged file follows, and says who signed it`() =
        story {
            val talk = talk("Originals")
            val sent = talk.here.sendFile(fixture("hopper.jpg"), original = true)
            assertFalse(sent.metadataLeft)
            val items = talk.there.timeline().use { it.items.first { items -> items.any { it.content is ItemContent.Media } } }
            val event = items.last { it.content is ItemContent.Media }.eventId!!
            // The prepared one comes first.
            eventually { talk.there.download(event, folder, overwrite = true).original }
            val original = talk.there.download(event, folder, overwrite = true)
            assertEquals(SignatureCheck.VALID, original.signature)
            assertEquals("${Homeserver.LISBON} ${talk.lisbon.client.signedIn.deviceId}", original.signedBy)
            assertArrayEquals(Files.readAllBytes(fixture("hopper.jpg")), Files.readAllBytes(original.path))
        }
}

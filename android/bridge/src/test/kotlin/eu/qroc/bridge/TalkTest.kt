package eu.qroc.bridge

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.time.Duration
import java.time.Instant
import kotlin.time.Duration.Companion.seconds

internal class TalkTest : Officers() {
    @Test
    fun `two officers talk, answer, react, change and take back`() =
        story {
            val talk = talk("Harbour")
            val sent = talk.here.timeline()
            val seen = talk.there.timeline()

            val ticket = talk.here.send("White van at pier four")
            assertEquals(SendState.QUEUED, ticket.state)
            val mine = sent.items.shows("White van at pier four")
            assertEquals(ticket.txnId, mine.txnId)
            val van = seen.items.shows("White van at pier four")
            assertEquals(Homeserver.LISBON, van.sender)
            assertEquals("lisbon", van.senderName)
            assertEquals(SendState.SENT, van.state)
            assertTrue(van.encrypted)
            assertTrue(Duration.between(van.time, Instant.now()).abs() < Duration.ofMinutes(1))
            assertEquals(mine.eventId, van.eventId)

            talk.there.send("Which colour?", replyTo = van.eventId)
            val question = sent.items.shows("Which colour?")
            assertEquals(van.eventId, question.replyTo)
            talk.there.send("In a thread", thread = van.eventId)
            assertEquals(van.eventId, sent.items.shows("In a thread").thread)

            talk.there.react(van.eventId!!, "👍")
            val reacted = sent.items.first { items -> items.any { it.reactions.isNotEmpty() } }
            assertEquals(mapOf("👍" to listOf(Homeserver.MADRID)), reacted.first { it.eventId == van.eventId }.reactions)

            talk.here.edit(van.eventId!!, "Grey van at pier four")
            assertTrue(seen.items.shows("Grey van at pier four").edited)

            talk.here.redact(van.eventId!!)
            seen.items.first { items -> items.any { it.eventId == van.eventId && it.content == ItemContent.Removed } }

            // What came before an own message is read.
            talk.there.send("Copied")
            val before = talk.lisbon.client.rooms().first { it.first().unread > 0 }.first()
            assertEquals("Copied", before.lastBody)
            assertEquals(1, before.unread)
            talk.here.markRead()
            talk.lisbon.client.rooms().first { it.first().unread == 0 }
            sent.close()
            seen.close()
        }

    @Test
    fun `rooms, members and invitations`() =
        story {
            val talk = talk("Customs")
            assertEquals("Customs", talk.there.summary().name)
            assertEquals(Membership.JOIN, talk.there.summary().membership)
            assertTrue(talk.there.summary().encrypted)
            eventually { talk.here.members().count { it.membership == Membership.JOIN } == 2 }
            assertEquals(100, talk.here.members().first { it.userId == Homeserver.LISBON }.power)
            assertEquals(emptyList<String>(), talk.here.typing())
            assertEquals(talk.here.roomId, talk.lisbon.client.room("Customs").roomId)

            talk.here.kick(Homeserver.MADRID)
            talk.madrid.client.rooms().first { rooms -> rooms.none { it.roomId == talk.here.roomId } }
            talk.here.invite(Homeserver.MADRID)
            talk.madrid.client.rooms().first { rooms ->
                rooms.any { it.roomId == talk.here.roomId && it.membership == Membership.INVITE }
            }
            talk.madrid.client.joinRoom("Customs").use { it.leave() }
            talk.madrid.client.rooms().first { rooms -> rooms.none { it.roomId == talk.here.roomId } }
        }

    private fun List<TimelineItem>.changes() = mapNotNull { item -> (item.content as? ItemContent.Change)?.let { item.sender to it.change } }

    @Test
    fun `what happens to a room says who did what to whom`() =
        story {
            val talk = talk("Pier")
            val timeline = talk.here.timeline()

            suspend fun sees(
                sender: String,
                fits: (RoomChange) -> Boolean,
            ) = timeline.items.first { items -> items.changes().any { it.first == sender && fits(it.second) } }

            fun madrid(
                change: MemberChange,
                reason: String? = null,
            ) = { seen: RoomChange ->
                seen is RoomChange.Member && seen.change == change && seen.userId == Homeserver.MADRID && seen.reason == reason
            }
            val items = sees(Homeserver.MADRID, madrid(MemberChange.JOINED))
            val begun = items.changes().map { it.second }
            assertTrue(begun.containsAll(listOf(RoomChange.Created, RoomChange.Encrypted, RoomChange.Named("Pier"))), "$begun")
            val invited = items.single { item -> (item.content as? ItemContent.Change)?.change?.let(madrid(MemberChange.INVITED)) == true }
            assertEquals(Homeserver.LISBON to "lisbon", invited.sender to invited.senderName)
            assertEquals("madrid", ((invited.content as ItemContent.Change).change as RoomChange.Member).userName)

            // What another program sets.
            val room = talk.here.roomId
            Peer(Homeserver.url, "lisbon").use { peer ->
                peer.ask("""{"do": "state", "room": "$room", "kind": "m.room.name", "key": "", "content": {"name": "Pier five"}}""")
                sees(Homeserver.LISBON) { it == RoomChange.Named("Pier five") }
                peer.ask("""{"do": "state", "room": "$room", "kind": "m.room.topic", "key": "", "content": {"topic": "Containers"}}""")
                sees(Homeserver.LISBON) { it == RoomChange.Topic("Containers") }
                val away = """{"membership": "leave", "reason": "Wrong room"}"""
                peer.ask("""{"do": "state", "room": "$room", "kind": "m.room.member", "key": "${Homeserver.MADRID}", "content": $away}""")
                sees(Homeserver.LISBON, madrid(MemberChange.REMOVED, "Wrong room"))
            }
            talk.here.invite(Homeserver.MADRID)
            talk.madrid.client.rooms().first { rooms -> rooms.any { it.roomId == room && it.membership == Membership.INVITE } }
            talk.there.leave()
            sees(Homeserver.MADRID, madrid(MemberChange.LEFT))
            timeline.close()
        }

    @Test
    fun `a photo and a document arrive as they were`() =
        story {
            val talk = talk("Photos")
            val photo = talk.here.sendFile(fixture("hopper.jpg"), caption = "North gate")
            assertEquals("image/jpeg", photo.mime)
            assertNotNull(photo.blurhash)
            val document = folder.resolve("orders.txt")
            Files.write(document, ByteArray(300_000) { (it % 251).toByte() })
            talk.here.sendFile(document, treatAs = TreatAs.FILE)

            val timeline = talk.there.timeline()
            val items = timeline.items.first { items -> items.count { it.content is ItemContent.Media } == 2 }
            val (first, second) = items.filter { it.content is ItemContent.Media }
            val picture = first.content as ItemContent.Media
            assertEquals(MediaKind.IMAGE, picture.kind)
            assertEquals("North gate", picture.caption)
            assertEquals(photo.width, picture.attachment.width)
            val file = talk.there.download(second.eventId!!, folder.resolve("received.txt"))
            assertArrayEquals(Files.readAllBytes(document), Files.readAllBytes(file.path))
            timeline.close()
        }

    @Test
    fun `a position, a search and what waits`() =
        story {
            val talk = talk("Patrol")
            talk.here.sendPlace(38.7071, -9.13549, accuracyM = 12.0)
            talk.here.send("Checkpoint Alcântara is manned")
            val timeline = talk.there.timeline()
            timeline.items.shows("Checkpoint Alcântara is manned")
            val place = timeline.items.first().firstNotNullOf { it.content as? ItemContent.Place }
            assertEquals(Location(38.7071, -9.13549, 12.0, place.location.time), place.location)

            val hit = talk.madrid.client.search("alcant").single()
            assertEquals(talk.here.roomId, hit.roomId)
            assertTrue("[Alcântara]" in hit.snippet)
            assertEquals(emptyList<SearchHit>(), talk.madrid.client.search("nothing like it", talk.here.roomId))

            assertTrue(talk.lisbon.client.background(20.seconds))
            val ticket = talk.here.send("Not now")
            val queue = talk.lisbon.client.sendQueue()
            val waiting = queue.items.first { it.isNotEmpty() }.single()
            assertEquals(ticket.txnId, waiting.txnId)
            assertEquals(QueuedKind.MESSAGE, waiting.kind)
            assertEquals(listOf(waiting), talk.lisbon.client.queued())
            queue.retry(waiting.id)
            queue.cancel(waiting.id)
            queue.items.first { it.isEmpty() }
            queue.close()
            timeline.close()
        }

    @Test
    fun `devices, status and the way out`() =
        story {
            val first = signIn("lisbon")
            val second = signIn("lisbon")
            val devices = first.client.devices()
            assertEquals(DeviceTrust.THIS, devices.single { it.deviceId == first.client.signedIn.deviceId }.trust)
            assertTrue(devices.any { it.deviceId == second.client.signedIn.deviceId })
            first.client.signOutDevice(second.client.signedIn.deviceId, Homeserver.PASSWORD)
            assertTrue(first.client.devices().none { it.deviceId == second.client.signedIn.deviceId })

            val status = first.client.status()
            assertEquals(Homeserver.LISBON, status.userId)
            assertEquals(AccountState.ACTIVE, status.state)
            assertTrue(status.dbBytes > 0)
            assertTrue(first.client.logout().serverInformed)
            assertTrue(!Client.exists(first.profile))
            assertTrue(Client.wipe(second.profile).destroyed > 0)
            assertTrue(!Client.exists(second.profile))
        }
}

package eu.qroc.ui

import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.MemberChange
import eu.qroc.bridge.RoomChange
import eu.qroc.bridge.SendState
import eu.qroc.bridge.TimelineItem
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.Notice
import eu.qroc.ui.timeline.Reading
import eu.qroc.ui.timeline.words
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs

/** Who did what to whom, from what the core says to the sentence on the screen. */
class NoticeTest {
    private val names = mapOf("@madrid:s" to "Madrid")

    private fun item(content: ItemContent) =
        TimelineItem("1", "\$1", null, "@lisbon:s", "Lisbon", Instant.EPOCH, content, SendState.SENT, false, null, null, emptyMap(), emptyList(), false, false)

    private fun read(
        content: ItemContent,
        strings: Strings,
    ) = Reading("@own:s", names, emptyMap(), emptyMap(), null, emptyList(), strings).entries(listOf(item(content)), null).single()

    private fun said(
        change: RoomChange,
        strings: Strings = StringsEn,
    ) = strings.words(assertIs<Notice>(read(ItemContent.Change(change), strings)))

    private fun member(
        change: MemberChange,
        reason: String? = null,
    ) = RoomChange.Member(change, "@madrid:s", null, reason)

    @Test
    fun `each change is a sentence`() {
        assertEquals("Lisbon made this room", said(RoomChange.Created))
        assertEquals("Lisbon turned encryption on", said(RoomChange.Encrypted))
        assertEquals("Lisbon named the room “Harbour”", said(RoomChange.Named("Harbour")))
        assertEquals("Lisbon took the name from the room", said(RoomChange.Named(null)))
        assertEquals("Lisbon set the topic: Piers", said(RoomChange.Topic("Piers")))
        assertEquals("Lisbon removed the topic", said(RoomChange.Topic(null)))
        assertEquals("Lisbon changed the picture", said(RoomChange.Picture))
        assertEquals("Lisbon closed the room: Moved", said(RoomChange.Closed("Moved")))
        assertEquals("Lisbon asks to be let in", said(member(MemberChange.ASKED)))
        assertEquals("Lisbon invited Madrid", said(member(MemberChange.INVITED)))
        assertEquals("Lisbon joined", said(member(MemberChange.JOINED)))
        assertEquals("Lisbon left: End of shift", said(member(MemberChange.LEFT, "End of shift")))
        assertEquals("Lisbon removed Madrid: Wrong room", said(member(MemberChange.REMOVED, "Wrong room")))
        assertEquals("Lisbon removed Madrid for good", said(member(MemberChange.BANNED)))
    }

    @Test
    fun `in each language, by the best name there is`() {
        val removed = member(MemberChange.REMOVED, "x")
        assertEquals("Lisbon hat Madrid entfernt: x", said(removed, StringsDe))
        assertEquals("Lisbon a retiré Madrid du salon : x", said(removed, StringsFr))
        assertEquals("Lisbon αφαίρεσε: Madrid — x", said(removed, StringsEl))
        assertEquals("Lisbon invited Porto", said(RoomChange.Member(MemberChange.INVITED, "@p:s", "Porto", null)))
        assertEquals("Lisbon invited p", said(RoomChange.Member(MemberChange.INVITED, "@p:s", null, null)))
    }

    @Test
    fun `what is not known is a change of the room, or a message`() {
        val other = { type: String -> read(ItemContent.Other(type, null), StringsEn) }
        assertEquals("Lisbon changed the room", StringsEn.words(assertIs<Notice>(other("m.room.power_levels"))))
        assertIs<Message>(other("m.poll.start"))
        assertIs<Message>(other("m.room.message"))
    }
}

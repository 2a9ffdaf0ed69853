package eu.qroc.ui

import eu.qroc.ui.format.Times
import eu.qroc.ui.format.coordinates
import eu.qroc.ui.format.degrees
import eu.qroc.ui.format.size
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.initial
import eu.qroc.ui.search.marked
import eu.qroc.ui.timeline.Day
import eu.qroc.ui.timeline.Entry
import eu.qroc.ui.timeline.Gap
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.UnreadMarker
import java.time.ZoneOffset
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull

class FormatTest {
    private val english = times(StringsEn)

    @Test
    fun `times are short and in the officer's language`() {
        assertEquals("14:30", english.short(NOW))
        assertEquals("Yesterday", english.short(NOW - DAY))
        assertEquals("Thu", english.short(NOW - 3 * DAY))
        assertEquals("", english.short(0))
        assertEquals("Donnerstag 19 November", times(StringsDe).day(english.dayOf(NOW - 3 * DAY)))
        assertEquals("vor 2 Minuten", times(StringsDe).ago(NOW - 2 * MINUTE))
        assertEquals("just now", english.ago(NOW + DAY))
    }

    @Test
    fun `a day ends where the officer is`() {
        val late = NOW + 10 * 60 * MINUTE
        val there = Times(StringsEn, ZoneOffset.ofHours(2)) { late }
        assertEquals(22, english.dayOf(late - 60 * MINUTE).dayOfMonth)
        assertEquals(23, there.dayOf(late).dayOfMonth)
    }

    @Test
    fun `sizes have three figures at most`() {
        assertEquals("999 B", size(999, StringsEn))
        assertEquals("1.2 kB", size(1_240, StringsEn))
        assertEquals("412 kB", size(412_000, StringsEn))
        assertEquals("3,4 Mo", size(3_400_000, StringsFr))
    }

    @Test
    fun `a place is read in the notations people use, and nothing else is`() {
        assertEquals(38.7071 to -9.1355, coordinates(" 38.7071, -9.1355 "))
        assertEquals(38.7 to -9.1, coordinates("38.7;-9.1"))
        assertEquals(38.7 to -9.1, coordinates("geo:38.7 -9.1"))
        for (wrong in listOf("", "38.7", "91, 0", "0, 181", "a, b", "1,2,3", "NaN, 1")) assertNull(coordinates(wrong), wrong)
        assertEquals("38° 42.426′ N  9° 08.129′ W", degrees(38.7071, -9.13549))
        assertEquals("1° 00.000′ N  0° 00.000′ E", degrees(0.999999999, 0.0))
    }

    @Test
    fun `a snippet loses its brackets and keeps its matches`() {
        assertEquals("White van at" to listOf(6..8), marked("White [van] at"))
        assertEquals("open [ bracket".replace("[", "") to emptyList(), marked("open [ bracket"))
    }

    @Test
    fun `a round sign shows a whole letter`() {
        assertEquals("Σ", initial("σχέδιο"))
        assertEquals("4", initial("(4) north"))
        assertEquals("•", initial("🚓"))
        assertEquals("𝔸", initial("𝔸thens"))
    }

    @Test
    fun `messages are grouped, days and unread ones separated, newest first`() {
        val shown: List<Entry> =
            entries(
                message("a", ago = 2 * DAY, key = "a"),
                message("b", ago = 7 * MINUTE, key = "b"),
                message("c", ago = 3 * MINUTE, key = "c"),
                message("d", ago = 2 * MINUTE, key = "d"),
                message("e", lisbon, ago = MINUTE, key = "e"),
                unread = "d",
            )
        assertEquals(
            listOf("e*", "d*", "unread", "c", "b*", "day", "a*", "day"),
            shown.map {
                when (it) {
                    is Message -> it.key + if (it.first) "*" else ""
                    is Day -> "day"
                    UnreadMarker -> "unread"
                    else -> "?"
                }
            },
        )
    }

    @Test
    fun `a clock that went back makes no second heading, and a gap ends a group`() {
        val shown =
            entries(
                message("a", ago = 0, key = "a"),
                message("b", ago = DAY, key = "b"),
                Gap("g"),
                message("c", ago = DAY, key = "c"),
            )
        assertEquals(1, shown.count { it is Day })
        assertEquals(true, (shown.first() as Message).first)
    }

    @Test
    fun `ten thousand messages have ten thousand keys`() {
        val many = (1..10_000).map { message("x", ago = it * 1000L, key = "m$it") }.reversed().toTypedArray()
        val shown = entries(*many)
        assertEquals(shown.size, shown.map { it.key }.toSet().size)
    }

    @Test
    fun `every icon can be drawn`() {
        assertEquals(Icons.All.size, Icons.All.map { it.name }.toSet().size)
        Icons.All.forEach { assertNotNull(it.root) }
    }
}

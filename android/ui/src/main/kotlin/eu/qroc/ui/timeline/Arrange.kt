package eu.qroc.ui.timeline

import java.time.LocalDate

/**
 * Puts day separators and the unread marker between messages, and groups what one sender says within five minutes.
 * [entries] are oldest first, the answer is newest first, as a list that grows upwards wants it.
 */
fun arrange(
    entries: List<Entry>,
    unreadFrom: String?,
    dayOf: (Long) -> LocalDate,
): List<Entry> {
    val out = ArrayList<Entry>(entries.size + entries.size / 16 + 1)
    var day: LocalDate? = null
    var before: Message? = null
    for (entry in entries) {
        val ts =
            when (entry) {
                is Message -> entry.ts
                is Notice -> entry.ts
                is Gap -> {
                    out += entry
                    before = null
                    continue
                }
                is Day, UnreadMarker -> continue
            }
        val today = dayOf(ts)
        // A clock that went back makes no second heading of a day that was.
        if (day == null || today > day) {
            out += Day(today)
            day = today
            before = null
        }
        if (entry.key == unreadFrom) {
            out += UnreadMarker
            before = null
        }
        if (entry is Message) {
            val last = before
            val first = last == null || last.sender != entry.sender || entry.ts - last.ts > GROUP_MS
            out += if (entry.first == first) entry else entry.copy(first = first)
            before = entry
        } else {
            out += entry
            before = null
        }
    }
    out.reverse()
    return out
}

private const val GROUP_MS = 5 * 60 * 1000L

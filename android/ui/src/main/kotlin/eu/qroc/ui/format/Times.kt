package eu.qroc.ui.format

import androidx.compose.runtime.Immutable
import eu.qroc.ui.Strings
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import java.time.temporal.ChronoUnit
import java.util.Locale

/** Turns times into words of one language and place. Times are milliseconds since 1970. */
@Immutable
class Times(
    private val strings: Strings,
    private val zone: ZoneId,
    private val now: () -> Long,
) {
    private val locale: Locale =
        if (strings.language == "qps") Locale.ENGLISH else Locale.forLanguageTag(strings.language)
    private val clock = DateTimeFormatter.ofPattern("HH:mm", locale)
    private val weekday = DateTimeFormatter.ofPattern("EEE", locale)
    private val shortDate = DateTimeFormatter.ofPattern("d MMM", locale)
    private val dayAndMonth = DateTimeFormatter.ofPattern("EEEE d MMMM", locale)
    private val fullDate = DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).withLocale(locale)

    /** The day that a time falls on here. */
    fun dayOf(ts: Long): LocalDate = Instant.ofEpochMilli(ts).atZone(zone).toLocalDate()

    /** Hours and minutes. */
    fun clock(ts: Long): String = clock.format(Instant.ofEpochMilli(ts).atZone(zone))

    /** Short, for the end of a row: the time today, the weekday this week, else the date. */
    fun short(ts: Long): String {
        val day = dayOf(ts)
        val age = ChronoUnit.DAYS.between(day, dayOf(now()))
        return when {
            ts <= 0 -> ""
            age <= 0L -> clock(ts)
            age == 1L -> strings.yesterday
            age < 7L -> weekday.format(day)
            else -> shortDate.format(day)
        }
    }

    /** A day as a heading. */
    fun day(day: LocalDate): String {
        val today = dayOf(now())
        return when {
            day == today -> strings.today
            day == today.minusDays(1) -> strings.yesterday
            day.year == today.year -> dayAndMonth.format(day)
            else -> fullDate.format(day)
        }
    }

    /** How long ago, in the largest unit that says enough. */
    fun ago(ts: Long): String {
        val seconds = (now() - ts).coerceAtLeast(0) / MILLIS
        return when {
            seconds < MINUTE -> strings.agoNow
            seconds < HOUR -> strings.agoMinutes((seconds / MINUTE).toInt())
            seconds < DAY -> strings.agoHours((seconds / HOUR).toInt())
            else -> strings.agoDays((seconds / DAY).toInt())
        }
    }

    /** Whole minutes since then. */
    fun minutesSince(ts: Long): Long = (now() - ts).coerceAtLeast(0) / MILLIS / MINUTE

    private companion object {
        const val MILLIS = 1000L
        const val MINUTE = 60L
        const val HOUR = 3600L
        const val DAY = 86_400L
    }
}

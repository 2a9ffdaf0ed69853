public import Foundation
public import QrocStrings

/// Turns times into words of one language and place.
public struct Times: Sendable {
    private let strings: Strings
    private let calendar: Calendar
    private let locale: Locale
    private let now: @Sendable () -> Date

    /// For a language, at a place, at a time.
    public init(_ strings: Strings, zone: TimeZone = .current, now: @escaping @Sendable () -> Date) {
        self.strings = strings
        self.now = now
        locale = Locale(identifier: strings.language)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        calendar.locale = locale
        self.calendar = calendar
    }

    /// Hours and minutes.
    public func clock(_ time: Date) -> String {
        write(
            time, "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)")
    }

    /// Short, for the end of a row: the time today, the weekday this week, else the date.
    public func short(_ time: Date) -> String {
        let age = days(from: time, to: now())
        return switch age {
        case ...0: clock(time)
        case 1: strings.yesterday
        case 2..<7: write(time, "\(weekday: .abbreviated)")
        default: write(time, "\(day: .defaultDigits) \(month: .abbreviated)")
        }
    }

    /// A day as a heading.
    public func day(_ time: Date) -> String {
        let today = now()
        let age = days(from: time, to: today)
        if age == 0 { return strings.today }
        if age == 1 { return strings.yesterday }
        if calendar.component(.year, from: time) == calendar.component(.year, from: today) {
            return write(time, "\(weekday: .wide) \(day: .defaultDigits) \(month: .wide)")
        }
        let style = Date.FormatStyle(
            date: .long, time: .omitted, locale: locale, calendar: calendar, timeZone: calendar.timeZone)
        return time.formatted(style)
    }

    /// How long ago, in the largest unit that says enough.
    public func ago(_ time: Date) -> String {
        let seconds = Int(max(0, now().timeIntervalSince(time)))
        return switch seconds {
        case ..<60: strings.agoNow
        case ..<3600: strings.agoMinutes(seconds / 60)
        case ..<86_400: strings.agoHours(seconds / 3600)
        default: strings.agoDays(seconds / 86_400)
        }
    }

    private func write(_ time: Date, _ format: Date.FormatString) -> String {
        time.formatted(
            Date.VerbatimFormatStyle(format: format, locale: locale, timeZone: calendar.timeZone, calendar: calendar))
    }

    private func days(from: Date, to: Date) -> Int {
        let parts = calendar.dateComponents(
            [.day], from: calendar.startOfDay(for: from), to: calendar.startOfDay(for: to))
        return parts.day ?? 0
    }
}

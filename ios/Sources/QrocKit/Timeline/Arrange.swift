import Foundation

/// Puts day separators and the unread marker between messages, and groups what one sender says within five minutes.
/// Oldest first.
func arrange(_ entries: [Entry], unreadFrom: String?, _ calendar: Calendar) -> [Entry] {
    let group: TimeInterval = 5 * 60
    var out: [Entry] = []
    out.reserveCapacity(entries.count + entries.count / 16 + 1)
    var day: Date?
    var before: Message?
    for entry in entries {
        let time: Date
        switch entry {
        case .message(let message): time = message.time
        case .notice(let notice): time = notice.time
        case .gap:
            out.append(entry)
            before = nil
            continue
        case .day, .unread: continue
        }
        let today = calendar.startOfDay(for: time)
        // A clock that went back makes no second heading of a day that was.
        if day.map({ today > $0 }) ?? true {
            out.append(.day(today))
            day = today
            before = nil
        }
        if entry.id == unreadFrom {
            out.append(.unread)
            before = nil
        }
        if case .message(var message) = entry {
            let follows = before.map { last in
                last.sender == message.sender && message.time.timeIntervalSince(last.time) <= group
            }
            message.first = !(follows ?? false)
            out.append(.message(message))
            before = message
        } else {
            out.append(entry)
            before = nil
        }
    }
    return out
}

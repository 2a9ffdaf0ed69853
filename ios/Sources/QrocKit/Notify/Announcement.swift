public import Foundation
public import Qroc
import QrocStrings

/// What a push message names: ids and nothing else, for the servers in between can read it.
public struct Push: Hashable, Sendable {
    /// Matrix id of the room.
    public var roomId: String
    /// Matrix id of the event.
    public var eventId: String

    /// Describes a message.
    public init(roomId: String, eventId: String) {
        self.roomId = roomId
        self.eventId = eventId
    }

    /// Reads what came; nothing where it names no event.
    public init?(_ userInfo: [AnyHashable: Any]) {
        guard let roomId = userInfo[Self.room] as? String, roomId.hasPrefix("!"), roomId.count <= 255,
            let eventId = userInfo[Self.event] as? String, eventId.hasPrefix("$"), eventId.count <= 255
        else { return nil }
        self.init(roomId: roomId, eventId: eventId)
    }

    /// The same, to be kept with a notification.
    public var userInfo: [String: String] { [Self.room: roomId, Self.event: eventId] }

    // As a push gateway of Matrix sends them (`event_id_only`).
    private static let room = "room_id"
    private static let event = "event_id"
}

/// How much a notification shows: the words of `push.preview`.
public enum Preview: String, Hashable, Sendable {
    /// All of it.
    case full
    /// Who wrote, and where.
    case sender
    /// That something has come.
    case none
}

/// What policy says about notifications.
public struct AnnouncingRules: Hashable, Sendable {
    /// How much they show; nothing where nobody could be asked.
    public var preview: Preview = .none
    /// Minutes of the day from which and until which they make no sound.
    public var quiet: (from: Int, until: Int)? { quietHours.map { ($0.lowerBound, $0.upperBound) } }
    private var quietHours: Span?

    private struct Span: Hashable, Sendable {
        let lowerBound: Int
        let upperBound: Int
    }

    /// Nothing is shown, and nothing is quiet.
    public init() {}

    /// Reads what holds.
    public init(_ lines: [PolicyLine]) {
        for line in lines {
            guard line.state != .faulty, case .text(let text) = line.value else { continue }
            switch line.key {
            case "push.preview": preview = Preview(rawValue: text) ?? .none
            case "push.quiet_hours": quietHours = Self.span(text)
            default: break
            }
        }
    }

    /// Whether a message that comes now makes no sound.
    public func isQuiet(at time: Date, _ calendar: Calendar) -> Bool {
        guard let quietHours else { return false }
        let parts = calendar.dateComponents([.hour, .minute], from: time)
        let now = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        let (from, until) = (quietHours.lowerBound, quietHours.upperBound)
        return from <= until ? (from..<until).contains(now) : now >= from || now < until
    }

    /// `HH:MM-HH:MM`
    private static func span(_ text: String) -> Span? {
        let minutes = text.split(separator: "-").map { time -> Int? in
            let parts = time.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else { return nil }
            return parts[0] * 60 + parts[1]
        }
        guard minutes.count == 2, let from = minutes[0], let until = minutes[1] else { return nil }
        return Span(lowerBound: from, upperBound: until)
    }
}

/// What a notification says.
public struct Announcement: Hashable, Sendable {
    /// Who wrote; empty where that is not said.
    public var title = ""
    /// Where; empty where that is not said.
    public var subtitle = ""
    /// What, or that something has come.
    public var body: String
    /// Whether it makes no sound.
    public var isSilent = false
    /// Whether it can be answered from there.
    public var isAnswerable = false

    /// Names the category of those that can be answered.
    public static let category = "message"

    /// Says in a language that something has come, and nothing of it: neither room nor person.
    public init(hidden language: String) {
        self.init(hidden: Strings(language))
    }

    init(hidden strings: Strings) {
        body = strings.noteNew
    }

    /// Says as much of an event as `preview` allows.
    init(_ event: NotifiedEvent, _ preview: Preview, _ strings: Strings) {
        self.init(hidden: strings)
        isSilent = event.attention == .nothing
        guard preview != .none else { return }
        title = event.senderName.flatMap { $0.isBlank ? nil : $0 } ?? localName(event.sender)
        subtitle = event.roomName == title ? "" : event.roomName
        isAnswerable = true
        if preview == .full, let text = event.body, !text.isBlank { body = String(text.prefix(Self.longest)) }
    }

    /// Letters of a message that a notification has room for.
    private static let longest = 500
}

public import Foundation

/// A screen above the list of rooms: where somebody is, as data.
public enum Route: Hashable, Sendable {
    /// A room; at the message with this id, where one was searched for.
    case room(String, eventId: String?)
    /// Where everybody of a room is; at a place, where one was asked for.
    case map(String, Place?)
    /// Who is in a room.
    case details(String)
    /// Makes a room.
    case newRoom
    /// What waits to be sent.
    case queue
    /// Finds rooms and messages.
    case search
    /// Asks where a call for help or the position goes.
    case quick(QuickAsk)
    /// The devices of the account.
    case devices
    /// The recovery key.
    case recovery
    /// The rules of the organisation.
    case policy
    /// The settings.
    case settings

    /// The room that it is about.
    public var roomId: String? {
        switch self {
        case .room(let id, _), .map(let id, _), .details(let id): id
        case .newRoom, .queue, .search, .quick, .devices, .recovery, .policy, .settings: nil
        }
    }
}

/// One screen of the stack. The same route twice is two steps.
public struct Step: Hashable, Identifiable, Sendable {
    /// Unlike that of all other steps.
    public let id: Int
    /// Where it leads.
    public let route: Route
}

extension Route {
    /// Reads a link that leads into the application: `qroc:room/!id`, `qroc:room/!id/$event`, `qroc:queue`, `qroc:search`,
    /// `qroc:settings`, `qroc:quick/help`, `qroc:quick/position`; and the links of Matrix to rooms and messages. Nothing for any other: a link comes from anybody,
    /// and does no more than show a screen.
    public init?(link: URL) {
        let text = link.absoluteString
        let path: Substring
        if text.hasPrefix("qroc:") {
            path = text.dropFirst(5)
        } else if text.hasPrefix("matrix:roomid/") {
            let parts = text.dropFirst(14).prefix { $0 != "?" }.split(separator: "/")
            path = Substring(Self.matrixPath(parts))
        } else if text.hasPrefix("https://matrix.to/#/") {
            let parts = text.dropFirst(20).prefix { $0 != "?" }
            path = "room/" + parts
        } else {
            return nil
        }
        let parts = path.split(separator: "/").map { $0.removingPercentEncoding ?? "" }
        switch (parts.first, parts.count) {
        case ("room", 2...3):
            guard Self.isRoom(parts[1]), parts.count == 2 || parts[2].hasPrefix("$") else { return nil }
            self = .room(parts[1], eventId: parts.count == 3 ? parts[2] : nil)
        case ("queue", 1): self = .queue
        case ("search", 1): self = .search
        case ("settings", 1): self = .settings
        case ("quick", 2):
            guard let ask = QuickAsk(rawValue: parts[1]) else { return nil }
            self = .quick(ask)
        default: return nil
        }
    }

    /// The link of this application that leads there; nothing where none does.
    public var link: URL? {
        switch self {
        case .room(let id, let eventId):
            let parts = [id, eventId].compactMap { $0?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
            return URL(string: "qroc:room/" + parts.joined(separator: "/"))
        case .queue: return URL(string: "qroc:queue")
        case .search: return URL(string: "qroc:search")
        case .settings: return URL(string: "qroc:settings")
        case .quick(let ask): return URL(string: "qroc:quick/\(ask.rawValue)")
        case .map, .details, .newRoom, .devices, .recovery, .policy: return nil
        }
    }

    private static func isRoom(_ id: String) -> Bool { id.hasPrefix("!") && id.count > 1 && id.count <= 255 }

    /// `roomid/ID/e/EVENT` without the signs that ids begin with.
    private static func matrixPath(_ parts: [Substring]) -> String {
        switch parts.count {
        case 1: "room/!\(parts[0])"
        case 3 where parts[1] == "e": "room/!\(parts[0])/$\(parts[2])"
        default: ""
        }
    }
}

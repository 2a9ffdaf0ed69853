public import Foundation

/// Rooms and messages that have the words.
public struct SearchState: Hashable, Sendable {
    /// As typed.
    public var query = ""
    /// Rooms.
    public var rooms: [RoomHit] = []
    /// Messages.
    public var messages: [MessageHit] = []
    /// Whether what is shown belongs to the query, and not to the one before.
    public var settled = true
    /// What could not be done.
    public var error: String?

    /// Describes a search that was not begun.
    public init() {}
}

/// A room that was found.
public struct RoomHit: Hashable, Identifiable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String

    /// Describes a room.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// A message that was found.
public struct MessageHit: Hashable, Identifiable, Sendable {
    /// Unique among the hits.
    public var id: String
    /// The message; none while it waits to be sent.
    public var eventId: String?
    /// Matrix id of its room.
    public var roomId: String
    /// As shown.
    public var roomName: String
    /// When it was sent.
    public var time: Date
    /// The words around the first match.
    public var snippet: Snippet

    /// Describes a message.
    public init(id: String, eventId: String?, roomId: String, roomName: String, time: Date, snippet: Snippet) {
        self.id = id
        self.eventId = eventId
        self.roomId = roomId
        self.roomName = roomName
        self.time = time
        self.snippet = snippet
    }
}

/// Words of which some were looked for.
public struct Snippet: Hashable, Sendable {
    /// One part of it.
    public struct Part: Hashable, Sendable {
        /// The words.
        public var text: String
        /// Whether they were looked for.
        public var match: Bool
    }

    /// Its parts, in order.
    public var parts: [Part] = []

    /// Without marks.
    public var text: String { parts.map(\.text).joined() }

    /// Takes the brackets around matches out of what the core gives.
    public init(_ bracketed: String) {
        var part = Part(text: "", match: false)
        for letter in bracketed {
            switch letter {
            case "[" where !part.match: begin(&part, match: true)
            case "]" where part.match: begin(&part, match: false)
            default: part.text.append(letter)
            }
        }
        begin(&part, match: false)
    }

    private mutating func begin(_ part: inout Part, match: Bool) {
        if !part.text.isEmpty { parts.append(part) }
        part = Part(text: "", match: match)
    }
}

/// What an officer does there.
public enum SearchEvent: Hashable, Sendable {
    /// Types.
    case query(String)
    /// Goes into a room.
    case openRoom(String)
    /// Goes to a message.
    case openMessage(MessageHit)
    /// Opens what stands first.
    case first
    /// Goes back.
    case back
}

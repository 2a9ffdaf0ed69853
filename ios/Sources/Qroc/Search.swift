public import Foundation
internal import QrocCore

/// Kinds of message that a search asks for.
public enum MessageKind: Hashable, Sendable {
    /// Words alone.
    case text
    /// A picture.
    case image
    /// A clip.
    case video
    /// A recording.
    case audio
    /// Any other file.
    case file
    /// A position.
    case place
}

/// What is searched for. What is not said does not matter.
public struct SearchQuery: Hashable, Sendable {
    /// Words, beginnings of words (`pat*`) and phrases (`"white van"`), in texts, captions, names of files and of
    /// senders. Case and accents do not matter. May be empty where something else is asked for.
    public var text: String
    /// Only in this room.
    public var roomId: String?
    /// Only from this user.
    public var sender: String?
    /// Only of this kind.
    public var kind: MessageKind?
    /// Only from this time on.
    public var since: Date?
    /// Only before this time.
    public var until: Date?

    /// Asks for words, and for whatever is set after.
    public init(_ text: String = "", in roomId: String? = nil) {
        self.text = text
        self.roomId = roomId
    }
}

/// A piece of the words around what was found.
public struct SnippetPart: Hashable, Sendable {
    /// As it was written.
    public let text: String
    /// Whether it is what was searched for.
    public let hit: Bool
}

/// A hit of a search.
public struct SearchHit: Hashable, Sendable {
    /// Matrix id of the room.
    public let roomId: String
    /// The event; none while it waits to be sent.
    public let eventId: String?
    /// Its cursor in the timeline.
    public let cursor: String
    /// When it was sent.
    public let time: Date
    /// User id of who sent it.
    public let sender: String
    /// What the sender is called in the room.
    public let senderName: String?
    /// What kind of message it is.
    public let kind: MessageKind
    /// The words around the first match, in pieces.
    public let parts: [SnippetPart]
    /// The same as one line, matches in brackets.
    public let snippet: String
    /// Larger fits better.
    public let score: Double
}

extension MessageKind {
    init(_ core: QrocCore.MessageKind) {
        switch core {
        case .text: self = .text
        case .image: self = .image
        case .video: self = .video
        case .audio: self = .audio
        case .file: self = .file
        case .place: self = .place
        }
    }

    var core: QrocCore.MessageKind {
        switch self {
        case .text: .text
        case .image: .image
        case .video: .video
        case .audio: .audio
        case .file: .file
        case .place: .place
        }
    }
}

extension SearchQuery {
    var core: QrocCore.SearchQuery {
        QrocCore.SearchQuery(
            text: text, roomId: roomId, sender: sender, kind: kind?.core, since: since, until: until)
    }
}

extension SearchHit {
    init(_ core: QrocCore.SearchHit) {
        roomId = core.roomId
        eventId = core.eventId
        cursor = core.cursor
        time = core.time
        sender = core.sender
        senderName = core.senderName
        kind = MessageKind(core.kind)
        parts = core.parts.map { SnippetPart(text: $0.text, hit: $0.hit) }
        snippet = core.snippet
        score = core.score
    }
}

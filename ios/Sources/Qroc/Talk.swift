public import Foundation
internal import QrocCore

/// A piece of a formatted text that stands by itself: a paragraph, an entry of a list, code.
public struct TextBlock: Hashable, Sendable {
    /// What it is.
    public let kind: BlockKind
    /// How many quotations it stands in.
    public let quote: Int
    /// How many lists it stands in.
    public let indent: Int
    /// What stands before an entry of a list: `•`, or a number with a point.
    public let marker: String?
    /// The words.
    public let runs: [TextRun]
}

/// What a block of a formatted text is.
public enum BlockKind: Hashable, Sendable {
    /// Words.
    case paragraph
    /// A heading.
    case heading
    /// Code: each line stands as it is.
    case code
    /// A line across.
    case rule
}

/// Words of one look.
public struct TextRun: Hashable, Sendable {
    /// The words; line breaks are `\n`.
    public let text: String
    /// Bold.
    public let bold: Bool
    /// Italic.
    public let italic: Bool
    /// Underlined.
    public let underline: Bool
    /// Struck out.
    public let strike: Bool
    /// Code within a line.
    public let code: Bool
    /// Hidden until it is asked for.
    public let spoiler: Bool
    /// Where it leads, which the words need not say: show this before it is opened. Never fetched by itself.
    public let link: String?
    /// User id of the person that it names.
    public let mention: String?
}

/// What a message answers.
public struct QuotedMessage: Hashable, Sendable {
    /// Event id of it.
    public let eventId: String
    /// Whether it is known here; ``Room/message(_:offline:)`` asks for it.
    public let known: Bool
    /// User id of who sent it.
    public let sender: String?
    /// What they are called in the room.
    public let senderName: String?
    /// Its text, or the name of what is attached.
    public let body: String?
    /// Whether its content was removed.
    public let removed: Bool
}

/// The thread under a message.
public struct ThreadSummary: Hashable, Sendable {
    /// Messages in it that are known here.
    public let count: Int
    /// When the newest was sent.
    public let lastTime: Date
}

/// What is said of a message later.
public enum MarkAs: Hashable, Sendable {
    /// Something else takes its place.
    case superseded
    /// It holds no more.
    case withdrawn
    /// It holds, whatever was said before.
    case valid
}

/// What was said about a message later.
public struct MessageMark: Hashable, Sendable {
    /// Superseded or withdrawn.
    public let state: MarkAs
    /// Event id of what takes its place.
    public let replacedBy: String?
    /// Why, in words.
    public let reason: String?
    /// User id of who says so: the sender, or a moderator.
    public let sender: String
    /// When.
    public let time: Date
}

/// Where a message that was sent on comes from, as whoever sent it on says.
public struct ForwardedFrom: Hashable, Sendable {
    /// User id of who wrote it.
    public let sender: String
    /// When.
    public let time: Date
}

/// One version of a message.
public struct MessageVersion: Hashable, Sendable {
    /// Event id of the message or edit; none while it waits to be sent.
    public let eventId: String?
    /// When it was sent.
    public let time: Date
    /// Its text.
    public let body: String?
    /// The same with its formatting; empty where it has none.
    public let formatted: [TextBlock]
    /// Whether it is the one that is shown.
    public let current: Bool
}

/// Somebody who has read a message.
public struct SeenBy: Hashable, Sendable {
    /// User id.
    public let userId: String
    /// What they are called in the room.
    public let displayName: String?
    /// When they told so.
    public let time: Date
}

/// A text that is not sent.
public struct Draft: Hashable, Sendable {
    /// Matrix id of the room.
    public let roomId: String
    /// Event id of the thread's root.
    public let thread: String?
    /// The text.
    public let body: String
    /// When it was last changed.
    public let time: Date
}

/// What of a room asks for attention.
public enum Loudness: Hashable, Sendable {
    /// Everything.
    case all
    /// What names the user.
    case mentions
    /// Nothing.
    case nothing
}

extension TextBlock {
    init(_ core: QrocCore.TextBlock) {
        switch core.kind {
        case .paragraph: kind = .paragraph
        case .heading: kind = .heading
        case .code: kind = .code
        case .rule: kind = .rule
        }
        quote = Int(core.quote)
        indent = Int(core.indent)
        marker = core.marker
        runs = core.runs.map { run in
            TextRun(
                text: run.text, bold: run.bold, italic: run.italic, underline: run.underline, strike: run.strike,
                code: run.code, spoiler: run.spoiler, link: run.link, mention: run.mention)
        }
    }
}

extension QuotedMessage {
    init(_ core: QrocCore.QuotedMessage) {
        eventId = core.eventId
        known = core.known
        sender = core.sender
        senderName = core.senderName
        body = core.body
        removed = core.removed
    }
}

extension ThreadSummary {
    init(_ core: QrocCore.ThreadSummary) {
        count = Int(core.count)
        lastTime = core.lastTime
    }
}

extension MarkAs {
    init(_ core: QrocCore.MarkAs) {
        switch core {
        case .superseded: self = .superseded
        case .withdrawn: self = .withdrawn
        case .valid: self = .valid
        }
    }

    var core: QrocCore.MarkAs {
        switch self {
        case .superseded: .superseded
        case .withdrawn: .withdrawn
        case .valid: .valid
        }
    }
}

extension MessageMark {
    init(_ core: QrocCore.MessageMark) {
        state = MarkAs(core.state)
        replacedBy = core.replacedBy
        reason = core.reason
        sender = core.sender
        time = core.time
    }
}

extension ForwardedFrom {
    init(_ core: QrocCore.ForwardedFrom) {
        sender = core.sender
        time = core.time
    }
}

extension MessageVersion {
    init(_ core: QrocCore.MessageVersion) {
        eventId = core.eventId
        time = core.time
        body = core.body
        formatted = core.formatted.map(TextBlock.init)
        current = core.current
    }
}

extension SeenBy {
    init(_ core: QrocCore.SeenBy) {
        userId = core.userId
        displayName = core.displayName
        time = core.time
    }
}

extension Draft {
    init(_ core: QrocCore.Draft) {
        roomId = core.roomId
        thread = core.thread
        body = core.body
        time = core.time
    }
}

extension Loudness {
    init(_ core: QrocCore.Loudness) {
        switch core {
        case .all: self = .all
        case .mentions: self = .mentions
        case .nothing: self = .nothing
        }
    }

    var core: QrocCore.Loudness {
        switch self {
        case .all: .all
        case .mentions: .mentions
        case .nothing: .nothing
        }
    }
}

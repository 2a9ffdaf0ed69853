public import Foundation
internal import QrocCore

/// Where an own message or action is on its way.
public enum SendState: Hashable, Sendable {
    /// The server has it; so do all messages of others.
    case sent
    /// Waits for its turn, the network, or a limit.
    case queued
    /// Under way.
    case sending
    /// Refused; waits for the user.
    case failed
}

/// One item of a timeline.
public struct TimelineItem: Identifiable, Hashable, Sendable {
    /// Names the item; stays the same from local echo to sent event.
    public let cursor: String
    /// The server's id, once it has one.
    public let eventId: String?
    /// Ours, where this device sent it.
    public let txnId: String?
    /// User id of who sent it.
    public let sender: String
    /// What the sender is called in this room.
    public let senderName: String?
    /// When it was sent.
    public let time: Date
    /// What it says.
    public let content: ItemContent
    /// Where it is on its way.
    public let state: SendState
    /// Whether its text was replaced.
    public let edited: Bool
    /// Event id of what it answers.
    public let replyTo: String?
    /// Event id of its thread's root.
    public let thread: String?
    /// Who reacted with what: user ids by reaction.
    public let reactions: [String: [String]]
    /// User ids of those who read up to here.
    public let readBy: [String]
    /// Whether it came end-to-end encrypted.
    public let encrypted: Bool
    /// Whether older items may be missing right before this one.
    public let gapBefore: Bool
    /// The text with its formatting; empty where it has none.
    public let formatted: [TextBlock]
    /// User ids of those who are named so that they notice.
    public let mentions: [String]
    /// Whether everybody in the room is.
    public let mentionsRoom: Bool
    /// What it answers.
    public let quoted: QuotedMessage?
    /// The thread under it.
    public let replies: ThreadSummary?
    /// What was said about it later: a screen shows it with the message.
    public let mark: MessageMark?
    /// Where it comes from, where it was sent on.
    public let forwarded: ForwardedFrom?

    /// The cursor.
    public var id: String { cursor }
}

/// What an item says.
public enum ItemContent: Hashable, Sendable {
    /// A text, and how it is meant.
    case text(String, kind: TextKind)
    /// A file, to be fetched with ``Room/download(_:to:overwrite:)``, and the text beside it.
    case media(MediaKind, Attachment, caption: String?)
    /// A position; the words are for those who see no map.
    case place(Location, body: String)
    /// The content was removed.
    case removed
    /// It cannot be read, or not yet.
    case locked(Unreadable)
    /// No message: something happened to the room.
    case change(RoomChange)
    /// Anything else: the event's type, and its text where it has one.
    case other(eventType: String, body: String?)
}

/// How a text is meant.
public enum TextKind: Hashable, Sendable {
    /// Somebody says it.
    case plain
    /// A program says it.
    case notice
    /// Somebody does it: shown after the name.
    case emote
}

/// How a file is shown.
public enum MediaKind: Hashable, Sendable {
    /// A picture.
    case image
    /// A film.
    case video
    /// Sound.
    case audio
    /// Anything else.
    case file
}

/// Why an item cannot be read.
public enum Unreadable: Hashable, Sendable {
    /// The key has not come; it may yet.
    case missingKey
    /// The sender does not share the key with this device.
    case withheld
    /// What came is damaged or forged.
    case damaged
    /// The way it is encrypted is not known.
    case unsupported
}

/// A file that is attached to a message.
public struct Attachment: Hashable, Sendable {
    /// As the sender called it; not safe as a path.
    public let name: String
    /// As the sender said.
    public let mime: String?
    /// Length in bytes, as the sender said.
    public let bytes: UInt64?
    /// SHA-256 of the sealed bytes, in hexadecimal.
    public let sha256: String?
    /// Pixels, as the sender said.
    public let width: Int?
    /// Pixels, as the sender said.
    public let height: Int?
    /// How long it plays.
    public let duration: Duration?
    /// Whether it is a voice message.
    public let voice: Bool
    /// How loud a voice message is, in order, as the sender said: 0 to 1024, at most 200 of them.
    public let waveform: [UInt16]
}

/// A position that somebody shared.
public struct Location: Hashable, Sendable {
    /// Degrees, WGS 84.
    public let latitude: Double
    /// Degrees, WGS 84.
    public let longitude: Double
    /// Metres around it that hold the truth.
    public let accuracy: Double?
    /// When it was measured.
    public let time: Date?
    /// Whether a person chose it on a map: nobody was measured there.
    public let isPicked: Bool
}

extension SendState {
    init(_ core: QrocCore.SendState) {
        switch core {
        case .sent: self = .sent
        case .queued: self = .queued
        case .sending: self = .sending
        case .failed: self = .failed
        }
    }
}

extension TimelineItem {
    init(_ core: QrocCore.TimelineItem) {
        cursor = core.cursor
        eventId = core.eventId
        txnId = core.txnId
        sender = core.sender
        senderName = core.senderName
        time = core.time
        content = ItemContent(core.content)
        state = SendState(core.state)
        edited = core.edited
        replyTo = core.replyTo
        thread = core.thread
        reactions = Dictionary(core.reactions.map { ($0.key, $0.senders) }) { first, _ in first }
        readBy = core.readBy
        encrypted = core.encrypted
        gapBefore = core.gapBefore
        formatted = core.formatted.map(TextBlock.init)
        mentions = core.mentions
        mentionsRoom = core.mentionsRoom
        quoted = core.quoted.map(QuotedMessage.init)
        replies = core.replies.map(ThreadSummary.init)
        mark = core.mark.map(MessageMark.init)
        forwarded = core.forwarded.map(ForwardedFrom.init)
    }
}

extension ItemContent {
    init(_ core: QrocCore.ItemContent) {
        switch core {
        case .text(let body, let kind): self = .text(body, kind: TextKind(kind))
        case .media(let kind, let attachment, let caption):
            self = .media(MediaKind(kind), Attachment(attachment), caption: caption)
        case .place(let location, let body): self = .place(Location(location), body: body)
        case .removed: self = .removed
        case .locked(let reason): self = .locked(Unreadable(reason))
        case .change(let change): self = .change(RoomChange(change))
        case .other(let eventType, let body): self = .other(eventType: eventType, body: body)
        }
    }
}

extension TextKind {
    init(_ core: QrocCore.TextKind) {
        switch core {
        case .plain: self = .plain
        case .notice: self = .notice
        case .emote: self = .emote
        }
    }
}

extension MediaKind {
    init(_ core: QrocCore.MediaKind) {
        switch core {
        case .image: self = .image
        case .video: self = .video
        case .audio: self = .audio
        case .file: self = .file
        }
    }
}

extension Unreadable {
    init(_ core: QrocCore.Unreadable) {
        switch core {
        case .missingKey: self = .missingKey
        case .withheld: self = .withheld
        case .damaged: self = .damaged
        case .unsupported: self = .unsupported
        }
    }
}

extension Attachment {
    init(_ core: QrocCore.Attachment) {
        name = core.name
        mime = core.mime
        bytes = core.bytes
        sha256 = core.sha256
        width = core.width.map(Int.init(clamping:))
        height = core.height.map(Int.init(clamping:))
        duration = core.duration.map(Duration.init(seconds:))
        voice = core.voice
        waveform = core.waveform
    }
}

extension Location {
    init(_ core: QrocCore.Location) {
        latitude = core.lat
        longitude = core.lon
        accuracy = core.accuracyM
        time = core.time
        isPicked = core.picked
    }
}

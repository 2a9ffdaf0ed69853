public import Foundation
public import Qroc

/// One line of a timeline.
public enum Entry: Hashable, Identifiable, Sendable {
    /// A new day begins; the time is that of what follows.
    case day(Date)
    /// What follows was not read before the room was opened.
    case unread
    /// Older messages may be missing here.
    case gap(String)
    /// Something happened to the room.
    case notice(Notice)
    /// Somebody said, sent or showed something.
    case message(Message)

    /// Unique in a timeline.
    public var id: String {
        switch self {
        case .day(let day): "day-\(Int(day.timeIntervalSince1970))"
        case .unread: "unread"
        case .gap(let key): key
        case .notice(let notice): notice.id
        case .message(let message): message.id
        }
    }
}

/// Something happened to the room.
public struct Notice: Hashable, Identifiable, Sendable {
    /// What.
    public enum Kind: Hashable, Sendable {
        /// It was made.
        case created
        /// It is encrypted now.
        case encrypted
        /// Its name is another.
        case named
        /// Its topic is another.
        case topic
        /// Its picture is another.
        case picture
        /// It was closed.
        case closed
        /// Somebody asks to be let in.
        case asked
        /// Somebody is invited.
        case invited
        /// Somebody came.
        case joined
        /// Somebody went.
        case left
        /// Somebody was sent away.
        case removed
        /// Somebody was sent away for good.
        case banned
        /// Something else is otherwise.
        case changed
    }

    /// Unique in a timeline.
    public var id: String
    /// What.
    public var kind: Kind
    /// By whom.
    public var who: String
    /// When.
    public var time: Date
    /// To whom, where it was done to somebody else.
    public var whom = ""
    /// The new name or topic, or why.
    public var detail: String?

    /// Describes what happened.
    public init(id: String, kind: Kind, who: String, time: Date) {
        self.id = id
        self.kind = kind
        self.who = who
        self.time = time
    }
}

/// Somebody said, sent or showed something.
public struct Message: Hashable, Identifiable, Sendable {
    /// Stays the same from the first moment until the server has it.
    public var id: String
    /// The server's id, once it has one.
    public var eventId: String?
    /// User id.
    public var sender: String
    /// As shown.
    public var senderName: String
    /// Whether this officer sent it.
    public var own = false
    /// When.
    public var time: Date
    /// What it holds.
    public var body: MessageBody
    /// Where it is on its way.
    public var state: SendState = .sent
    /// Why it was not sent.
    public var failure: String?
    /// Whether it was changed.
    public var edited = false
    /// What it answers.
    public var reply: Quote?
    /// The root of its thread.
    public var thread: String?
    /// Answers in the thread that begins here, as far as they are loaded.
    public var answers = 0
    /// By symbol.
    public var reactions: [Reaction] = []
    /// Names of those who have seen it.
    public var seenBy: [String] = []
    /// Whether it came encrypted.
    public var encrypted = true
    /// Whether it begins a group, and so carries the sender's name.
    public var first = true

    /// Describes a message that the server has.
    public init(id: String, sender: String, senderName: String, time: Date, body: MessageBody) {
        self.id = id
        self.sender = sender
        self.senderName = senderName
        self.time = time
        self.body = body
    }
}

/// What is being answered.
public struct Quote: Hashable, Sendable {
    /// The message; nothing where it is not on this device.
    public var key: String?
    /// Who said it.
    public var sender: String?
    /// Nothing where it is not on this device.
    public var text: String?

    /// Describes what is answered.
    public init(key: String?, sender: String?, text: String?) {
        self.key = key
        self.sender = sender
        self.text = text
    }
}

/// A sign that others put to a message.
public struct Reaction: Hashable, Sendable {
    /// The sign.
    public var symbol: String
    /// Names.
    public var who: [String]
    /// Whether this officer is among them.
    public var mine: Bool

    /// Describes a reaction.
    public init(symbol: String, who: [String], mine: Bool) {
        self.symbol = symbol
        self.who = who
        self.mine = mine
    }
}

/// What a message holds.
public enum MessageBody: Hashable, Sendable {
    /// Words.
    case text(String)
    /// A picture.
    case picture(PictureFile)
    /// Any other file.
    case file(SentFileRow)
    /// A position.
    case position(SharedPlace)
    /// It cannot be read, or not yet.
    case unreadable(Unreadable)
    /// It was removed.
    case removed
    /// Something that this version does not know.
    case unknown(type: String)
}

/// A picture that was sent.
public struct PictureFile: Hashable, Sendable {
    /// As the sender called it.
    public var name: String
    /// Its length.
    public var bytes: UInt64?
    /// Pixels; 0 where the sender did not say.
    public var width = 0
    /// Pixels; 0 where the sender did not say.
    public var height = 0
    /// Whether it is on its way here.
    public var transfer: FileTransfer = .none
    /// The picture, once it is here.
    public var picture: Picture?
    /// A text beside it.
    public var caption: String?

    /// Describes a picture that is not here yet.
    public init(name: String) {
        self.name = name
    }
}

/// A file that was sent.
public struct SentFileRow: Hashable, Sendable {
    /// As the sender called it.
    public var name: String
    /// What it is, as the sender said.
    public var mime: String?
    /// Its length.
    public var bytes: UInt64?
    /// Whether it is on its way here.
    public var transfer: FileTransfer = .none
    /// A text beside it.
    public var caption: String?

    /// Describes a file that is not here yet.
    public init(name: String) {
        self.name = name
    }
}

/// A position that was sent.
public struct SharedPlace: Hashable, Sendable {
    /// Where.
    public var place: Place
    /// Metres around it that hold the truth.
    public var accuracy: Double?
    /// When it was measured.
    public var measured: Date

    /// Describes a position.
    public init(place: Place, accuracy: Double?, measured: Date) {
        self.place = place
        self.accuracy = accuracy
        self.measured = measured
    }
}

/// A file on its way here.
public enum FileTransfer: Hashable, Sendable {
    /// It is not.
    case none
    /// From 0 to 1, or nothing where the length is not known.
    case running(Double?)
    /// Why it did not come.
    case failed(String)
}

/// What the bar below a timeline shows.
public struct ComposerState: Hashable, Sendable {
    /// As typed.
    public var text = ""
    /// What sending will do.
    public var mode: ComposerMode = .new
    /// Whether the choice of what to attach is open.
    public var menu = false
    /// A file that was chosen and not sent yet.
    public var attachment: AttachmentDraft?
    /// A place that is being typed.
    public var position: PositionDraft?
    /// Whether this officer is no longer in the room.
    public var left = false

    /// Describes an empty bar.
    public init() {}

    /// Whether there is something to send.
    public var canSend: Bool { !text.isBlank && !left }
}

/// What sending will do.
public enum ComposerMode: Hashable, Sendable {
    /// Says something.
    case new
    /// Answers.
    case reply(sender: String, text: String)
    /// Changes what was said.
    case edit(text: String)
}

/// A file that was chosen and not sent yet.
public struct AttachmentDraft: Hashable, Sendable {
    /// As it is called here.
    public var name: String
    /// Whether it goes as a photo.
    public var photo: Bool
    /// Its length.
    public var sourceBytes: UInt64
    /// What is shown of it.
    public var picture: Picture?
    /// Whether place and camera data are taken out.
    public var cleaned = false
    /// A text beside it.
    public var caption = ""
    /// Whether it is being prepared.
    public var working = false
    /// Why it cannot be sent.
    public var problem: String?

    /// Describes a file.
    public init(name: String, photo: Bool, sourceBytes: UInt64) {
        self.name = name
        self.photo = photo
        self.sourceBytes = sourceBytes
    }
}

/// A place that is being typed.
public struct PositionDraft: Hashable, Sendable {
    /// As typed.
    public var text: String

    /// Describes what was typed.
    public init(text: String = "") {
        self.text = text
    }

    /// The place; nothing where it is none.
    public var place: Place? { coordinates(text) }
}

/// What an officer does there.
public enum ComposerEvent: Hashable, Sendable {
    /// Types.
    case text(String)
    /// Sends.
    case send
    /// Does not answer or change.
    case cancelMode
    /// Wants to attach something.
    case menu
    /// Does not.
    case closeMenu
    /// Chooses a photo.
    case pickPhoto
    /// Chooses a file.
    case pickFile
    /// Types a text beside it.
    case caption(String)
    /// Sends the file.
    case sendAttachment
    /// Does not.
    case dropAttachment
    /// Wants to send a position.
    case position
    /// Types it.
    case positionText(String)
    /// Sends it.
    case sendPosition
    /// Does not.
    case closePosition
}

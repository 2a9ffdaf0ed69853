public import Foundation

/// What another app shares.
public struct Brought: Hashable, Sendable {
    /// A text, or an address.
    public var text: String?
    /// Copies that this process alone reads; they are removed when it is over.
    public var files: [URL]

    /// Describes what is shared.
    public init(text: String? = nil, files: [URL] = []) {
        self.text = text
        self.files = files
    }
}

/// What the sheet shows in which another app's things are sent.
public struct ShareState: Hashable, Sendable {
    /// What is shared, in a word; nothing while it is looked at.
    public var what: String?
    /// Where it can go, newest first; nothing while they are read.
    public var rooms: [ShareRoom]?
    /// Where it goes.
    public var chosen: String?
    /// Why it cannot be sent at all.
    public var refused: String?
    /// What went wrong while it was sent; the same again may work.
    public var error: String?
    /// Whether it is being sent.
    public var working = false

    /// Describes a sheet that is being prepared.
    public init() {}

    /// Whether it can be sent.
    public var canSend: Bool { chosen != nil && refused == nil && !working && what != nil }
}

/// A room that something can be sent to.
public struct ShareRoom: Hashable, Identifiable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String
    /// Whether what is sent there is encrypted.
    public var encrypted = true

    /// Describes a room.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// What an officer does there.
public enum ShareEvent: Hashable, Sendable {
    /// Chooses where it goes.
    case choose(String)
    /// Sends it.
    case send
    /// Does not, or has read why not.
    case cancel
}

public import Foundation
public import Qroc

/// What waits to be sent.
public struct QueueState: Hashable, Sendable {
    /// Oldest first; nothing while they are read.
    public var items: [QueueRow]?
    /// What could not be done.
    public var error: String?
    /// The one whose cancelling is asked about.
    public var cancelling: QueueRow?

    /// Describes a queue that is being read.
    public init() {}
}

/// Something that waits.
public struct QueueRow: Hashable, Identifiable, Sendable {
    /// Names it.
    public var id: Int64
    /// Where it goes.
    public var roomName: String
    /// What it is.
    public var kind: QueuedKind
    /// Waits, under way, or refused.
    public var state: SendState
    /// Tries so far.
    public var attempts = 0
    /// Not before; nothing for at once.
    public var next: Date?
    /// Why the last try did not work.
    public var why: String?

    /// Describes what was not tried yet.
    public init(id: Int64, roomName: String, kind: QueuedKind, state: SendState) {
        self.id = id
        self.roomName = roomName
        self.kind = kind
        self.state = state
    }
}

/// What an officer does there.
public enum QueueEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Tries again.
    case retry(QueueRow)
    /// Wants to take it back: asked once more.
    case askCancel(QueueRow)
    /// Takes it back.
    case cancel(QueueRow)
    /// Does not.
    case keep
}

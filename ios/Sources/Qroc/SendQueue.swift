public import Foundation
internal import QrocCore

/// What waits to be sent, in all rooms, oldest first, kept up to date.
public final class SendQueue: Sendable {
    private let core: QrocCore.SendQueue
    private let readers: ListReaders<QueueItem>

    init(_ core: QrocCore.SendQueue) {
        self.core = core
        readers = ListReaders(restart: { core.restart() }) {
            try await core.next()?.map(ListDiff.init)
        }
    }

    /// Follows the queue by what changes: first a reset, and again where the loop fell far behind.
    public var changes: Updates<[ListDiff<QueueItem>]> { readers.changes }

    /// Follows the queue as a whole.
    public var items: Updates<[QueueItem]> { readers.lists }

    /// Lets an action that failed or waits try again now. A change: it runs to its end.
    ///
    /// - Throws: `notFound` where the server has it by now, `closed`, `storage`.
    public func retry(_ id: QueueItem.ID) async throws(QrocError) {
        try await translated { [core] in try await core.retry(id: id) }
    }

    /// Takes an action back that the server does not have. A change: it runs to its end.
    ///
    /// - Throws: `notFound` where the server has it by now, `badInput` while it is being sent, `closed`, `storage`.
    public func cancel(_ id: QueueItem.ID) async throws(QrocError) {
        try await translated { [core] in try await core.cancel(id: id) }
    }

    /// Ends it: loops end. From memory.
    public func close() {
        core.end()
    }
}

/// What a queued action is.
public enum QueuedKind: Hashable, Sendable {
    /// A message, or anything else for the room.
    case message
    /// The removal of a message.
    case redaction
    /// A read receipt.
    case read
    /// A change of membership.
    case membership
    /// How the account has a room, or what is pinned there.
    case setting
}

/// Something that waits to be sent.
public struct QueueItem: Identifiable, Hashable, Sendable {
    /// Names it to retry or cancel.
    public let id: Int64
    /// Matrix id of the room.
    public let roomId: String
    /// What it is.
    public let kind: QueuedKind
    /// Queued, sending or failed.
    public let state: SendState
    /// Tries so far.
    public let attempts: Int
    /// Not tried before.
    public let nextTry: Date?
    /// Why the last try failed: a word such as `network` or `forbidden`.
    public let reason: String?
    /// Ours; names it in the timeline.
    public let txnId: String

    init(_ core: QrocCore.QueueItem) {
        id = core.id
        roomId = core.roomId
        kind = QueuedKind(core.kind)
        state = SendState(core.state)
        attempts = Int(core.attempts)
        nextTry = core.nextTry
        reason = core.reason
        txnId = core.txnId
    }
}

extension QueuedKind {
    init(_ core: QrocCore.QueuedKind) {
        switch core {
        case .message: self = .message
        case .redaction: self = .redaction
        case .read: self = .read
        case .membership: self = .membership
        case .setting: self = .setting
        }
    }
}

extension ListDiff<QueueItem> {
    init(_ core: QueueDiff) {
        switch core {
        case .reset(let items): self = .reset(items.map(QueueItem.init))
        case .insert(let index, let item): self = .insert(QueueItem(item), at: Int(index))
        case .set(let index, let item): self = .set(QueueItem(item), at: Int(index))
        case .remove(let index): self = .remove(at: Int(index))
        }
    }
}

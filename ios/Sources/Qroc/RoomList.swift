internal import QrocCore

/// The rooms of an account, newest first, kept up to date.
///
/// ```swift
/// for try await rooms in try client.rooms() {
///     self.rooms = rooms
/// }
/// ```
public final class RoomList: Sendable {
    private let core: QrocCore.RoomList
    private let readers: ListReaders<RoomSummary>

    init(_ core: QrocCore.RoomList) {
        self.core = core
        readers = ListReaders(restart: { core.restart() }) {
            try await core.next()?.map(ListDiff.init)
        }
    }

    /// Follows the list by what changes: first a reset, and again where the loop fell far behind.
    public var changes: Updates<[ListDiff<RoomSummary>]> { readers.changes }

    /// Follows the list as a whole.
    public var rooms: Updates<[RoomSummary]> { readers.lists }

    /// Makes the list longer by up to `count` rooms; it begins with 50. From memory.
    public func loadMore(_ count: Int = 50) {
        core.loadMore(count: UInt32(clamping: count))
    }

    /// Shows only rooms with this as part of their name; `nil`: all. From memory.
    public func setFilter(_ filter: String?) {
        core.setFilter(filter: filter)
    }

    /// Ends it: loops end. From memory.
    public func close() {
        core.end()
    }
}

extension ListDiff<RoomSummary> {
    init(_ core: RoomListDiff) {
        switch core {
        case .reset(let items): self = .reset(items.map(RoomSummary.init))
        case .insert(let index, let item): self = .insert(RoomSummary(item), at: Int(index))
        case .set(let index, let item): self = .set(RoomSummary(item), at: Int(index))
        case .remove(let index): self = .remove(at: Int(index))
        }
    }
}

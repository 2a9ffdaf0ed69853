internal import QrocCore

/// The newest messages of a room, oldest first, kept up to date.
public final class Timeline: Sendable {
    private let core: QrocCore.Timeline
    private let readers: ListReaders<TimelineItem>

    init(_ core: QrocCore.Timeline) {
        self.core = core
        readers = ListReaders(restart: { core.restart() }) {
            try await core.next()?.map(ListDiff.init)
        }
    }

    /// Follows the timeline by what changes: first a reset, and again where the loop fell far behind.
    public var changes: Updates<[ListDiff<TimelineItem>]> { readers.changes }

    /// Follows the timeline as a whole.
    public var items: Updates<[TimelineItem]> { readers.lists }

    /// Makes the timeline longer by up to `count` older messages, fetched from the server where they are not stored;
    /// it begins with 50. They come to the loop that follows it. A read: it ends with its task; what was fetched stays.
    ///
    /// - Returns: Whether there may be more behind them.
    /// - Throws: `network` where they cannot be fetched: what is stored comes all the same. `locked`, `signIn`,
    ///   `storage`.
    @discardableResult
    public func loadOlder(_ count: Int = 50) async throws(QrocError) -> Bool {
        try await translated { [core] in try await core.loadOlder(count: UInt32(clamping: count)) }
    }

    /// Ends it: loops end. From memory.
    public func close() {
        core.end()
    }
}

extension ListDiff<TimelineItem> {
    init(_ core: TimelineDiff) {
        switch core {
        case .reset(let items): self = .reset(items.map(TimelineItem.init))
        case .insert(let index, let item): self = .insert(TimelineItem(item), at: Int(index))
        case .set(let index, let item): self = .set(TimelineItem(item), at: Int(index))
        case .remove(let index): self = .remove(at: Int(index))
        }
    }
}

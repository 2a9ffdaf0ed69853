internal import QrocCore

/// What people do with messages besides sending them, and how they have a room.
extension Room {
    /// Sends a message of another room on to this one. A file is neither fetched nor sealed again. A change.
    ///
    /// - Throws: `policy` by `share.forward`, `badInput` for what was removed, withdrawn or superseded, `notFound`, as
    ///   ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)`` else.
    @discardableResult
    public func forward(_ eventId: String, from roomId: String) async throws(QrocError) -> Sent {
        try await translated { [core] in
            Sent(try await core.forward(fromRoomId: roomId, eventId: eventId))
        }
    }

    /// Says of a message that it is superseded or withdrawn, or holds after all: everybody in the room sees it. For the
    /// sender and moderators. A change.
    ///
    /// - Throws: `forbidden` for others, `badInput` for what is no message, `notFound`.
    @discardableResult
    public func mark(
        _ eventId: String,
        as state: MarkAs,
        replacedBy: String? = nil,
        reason: String? = nil
    ) async throws(QrocError) -> Sent {
        try await translated { [core] in
            Sent(
                try await core.mark(
                    eventId: eventId, state: state.core, replacedBy: replacedBy, reason: reason))
        }
    }

    /// Pins a message, or takes it down. It holds here at once. A change.
    ///
    /// - Throws: `badInput` for what is not sent yet, `notFound`, `locked`, `closed`, `storage`.
    @discardableResult
    public func pin(_ eventId: String, _ on: Bool = true) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.pin(eventId: eventId, on: on)) }
    }

    /// Lists what is pinned, in that order; fetched where it is not stored, unless `offline`. A read.
    ///
    /// - Throws: `network`, `locked`, `closed`, `storage`.
    public func pins(offline: Bool = false) async throws(QrocError) -> [TimelineItem] {
        try await translated { [core] in try await core.pins(offline: offline).map(TimelineItem.init) }
    }

    /// Reads one message, also an old one: fetched where it is not stored, unless `offline`. A read.
    ///
    /// - Throws: `notFound`, `network`, `locked`, `closed`, `storage`.
    public func message(_ eventId: String, offline: Bool = false) async throws(QrocError) -> TimelineItem {
        try await translated { [core] in
            TimelineItem(try await core.message(eventId: eventId, offline: offline))
        }
    }

    /// Lists the versions of a message, oldest first; its edits are asked for, unless `offline`. A read.
    ///
    /// - Throws: As ``message(_:offline:)``.
    public func history(_ eventId: String, offline: Bool = false) async throws(QrocError) -> [MessageVersion] {
        try await translated { [core] in
            try await core.history(eventId: eventId, offline: offline).map(MessageVersion.init)
        }
    }

    /// Lists the roots of the threads that are stored, those with the newest message first. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func threads(limit: Int = 50) async throws(QrocError) -> [TimelineItem] {
        try await translated { [core] in
            try await core.threads(limit: UInt32(clamping: limit)).map(TimelineItem.init)
        }
    }

    /// Reads a thread, oldest first: its root, then at most the newest `limit` messages; what is missing is asked for,
    /// unless `offline`. A read.
    ///
    /// - Throws: As ``message(_:offline:)``.
    public func thread(
        _ root: String,
        limit: Int = 50,
        offline: Bool = false
    ) async throws(QrocError) -> [TimelineItem] {
        try await translated { [core] in
            let items = try await core.thread(root: root, limit: UInt32(clamping: limit), offline: offline)
            return items.map(TimelineItem.init)
        }
    }

    /// Lists one page of the members that are stored. A read.
    ///
    /// - Parameters:
    ///   - cursor: Of the last member of the page before.
    ///   - filter: Part of a name or id.
    ///   - limit: How many at most.
    /// - Returns: The page.
    /// - Throws: `badInput` for a cursor that is none, `locked`, `closed`, `storage`.
    public func membersPage(
        after cursor: String? = nil,
        filter: String? = nil,
        limit: Int = 100
    ) async throws(QrocError) -> [RoomMember] {
        try await translated { [core] in
            let page = try await core.membersPage(after: cursor, filter: filter, limit: UInt32(clamping: limit))
            return page.map(RoomMember.init)
        }
    }

    /// Lists who has read a message, by the receipts that are known: who told so last comes first. A read.
    ///
    /// - Throws: `notFound`, `locked`, `closed`, `storage`.
    public func seenBy(_ eventId: String) async throws(QrocError) -> [SeenBy] {
        try await translated { [core] in try await core.seenBy(eventId: eventId).map(SeenBy.init) }
    }

    /// Keeps the room at hand, or not any more; on the account's other devices too. A change.
    ///
    /// - Throws: `forbidden`, `locked`, `closed`, `storage`.
    @discardableResult
    public func setFavourite(_ on: Bool) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.setFavourite(on: on)) }
    }

    /// Gives the room low priority, or not any more. A change.
    ///
    /// - Throws: As ``setFavourite(_:)``.
    @discardableResult
    public func setLowPriority(_ on: Bool) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.setLowPriority(on: on)) }
    }

    /// Says what of the room asks for attention. A change.
    ///
    /// - Throws: As ``setFavourite(_:)``.
    @discardableResult
    public func setLoudness(_ loudness: Loudness) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.setLoudness(loudness: loudness.core)) }
    }

    /// Reads the text that is being written for the room, or for a thread in it. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func draft(thread: String? = nil) async throws(QrocError) -> String? {
        try await translated { [core] in try await core.draft(thread: thread) }
    }

    /// Keeps a text that is being written, encrypted on this device; an empty one takes it away. A change.
    ///
    /// - Throws: `badInput` for a text that is too long to be sent, `locked`, `closed`, `storage`.
    public func keepDraft(_ body: String, thread: String? = nil) async throws(QrocError) {
        try await translated { [core] in try await core.keepDraft(thread: thread, body: body) }
    }

    /// Tells the others that the user writes, or does not any more; it holds for half a minute. A change.
    ///
    /// - Throws: `policy` by `messages.typing`, `network`, `rateLimited`, `locked`, `closed`.
    public func setTyping(_ typing: Bool) async throws(QrocError) {
        try await translated { [core] in try await core.setTyping(typing: typing) }
    }

    /// Waits until others than `known` are typing, and lists their user ids. A read.
    ///
    /// - Throws: `locked`, `inUse`, `closed` once the client ends.
    public func typingChanges(from known: [String]) async throws(QrocError) -> [String] {
        try await translated { [core] in try await core.typingChanges(known: known) }
    }
}

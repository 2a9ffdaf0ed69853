internal import Foundation
internal import QrocCore

/// A signed-in account: its rooms, its queue, its devices.
///
/// Close it when the app ends; freeing it without that closes it too, but nobody waits for it. A *read* ends with its
/// task; a *change* runs to its end in the core, whatever becomes of the task that called.
public final class Client: Sendable {
    let core: QrocCore.Client

    /// Who is signed in. From memory.
    public let signedIn: SignedIn

    init(_ core: QrocCore.Client) {
        self.core = core
        signedIn = SignedIn(core.signedIn())
    }

    /// Whether the server answers, now and from now on; ends after ``Connection/closed``. Each use is one of its own.
    public var connection: Updates<Connection> {
        let states: QrocCore.ConnectionStates = core.connectionStates()
        return Updates(
            reader: Reader(Turns { states.restart() }) { try await states.next().map(Connection.init) }
        )
    }

    /// Syncs and sends from now on, until ``background(limit:)`` or ``close()``. Returns at once. A change.
    ///
    /// - Throws: `closed`.
    public func foreground() async throws(QrocError) {
        try await translated { [core] in try await core.foreground() }
    }

    /// Goes on until what is queued is sent, at most until the limit is over; then nothing runs. A
    /// ``foreground()`` meanwhile wins. A change.
    ///
    /// - Parameter limit: How long the system lets the app go on.
    /// - Returns: Whether all was sent; what failed does not count.
    /// - Throws: `closed`, `storage`.
    @discardableResult
    public func background(limit: Duration) async throws(QrocError) -> Bool {
        try await translated { [core] in try await core.background(limit: limit.interval) }
    }

    /// Ends everything and closes the database: lists end, loops end, later calls throw `closed`. What was begun is
    /// finished, for at most ten seconds. Closing twice is closing once. A change.
    public func close() async {
        _ = try? await translated { [core] in try await core.shutDown() }
    }

    /// Signs out: tells the server, where it can be reached, and destroys the profile. The client is closed after. A
    /// change.
    ///
    /// - Throws: `closed`, `storage`.
    @discardableResult
    public func logout() async throws(QrocError) -> Destroyed {
        try await translated { [core] in Destroyed(try await core.logout()) }
    }

    /// Says that the network is back or has changed: what waited for it is tried at once. A change.
    ///
    /// - Throws: `closed`, `storage`.
    public func networkReturned() async throws(QrocError) {
        try await translated { [core] in try await core.networkReturned() }
    }

    /// Syncs once, until the server has nothing new and the queue is sent: for a wake-up in the background. A read;
    /// what came until it ended is stored.
    ///
    /// - Throws: `network` where the server cannot be reached within the limit, `locked`, `signIn`, `closed`,
    ///   `storage`.
    @discardableResult
    public func syncOnce(limit: Duration = .seconds(25)) async throws(QrocError) -> SyncSummary {
        try await translated { [core] in SyncSummary(try await core.syncOnce(limit: limit.interval)) }
    }

    /// Reads the account's state; works while contents are hidden. A read.
    ///
    /// - Throws: `closed`, `storage`.
    public func status() async throws(QrocError) -> Status {
        try await translated { [core] in Status(try await core.status()) }
    }

    /// Opens the room list, to be followed; `filter` is part of a name. From memory.
    ///
    /// - Throws: `closed`.
    public func roomList(filter: String? = nil) throws(QrocError) -> RoomList {
        try translated { RoomList(try core.roomList(filter: filter)) }
    }

    /// Follows the room list as a whole, for screens that need no more than its newest 50 rooms.
    ///
    /// - Throws: `closed`.
    public func rooms(filter: String? = nil) throws(QrocError) -> Updates<[RoomSummary]> {
        try roomList(filter: filter).rooms
    }

    /// Opens the queue of what waits to be sent, to be followed. From memory.
    ///
    /// - Throws: `closed`.
    public func sendQueue() throws(QrocError) -> SendQueue {
        try translated { SendQueue(try core.sendQueue()) }
    }

    /// Lists what waits to be sent, oldest first. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func queued() async throws(QrocError) -> [QueueItem] {
        try await translated { [core] in try await core.queued().map(QueueItem.init) }
    }

    /// Opens the list of where everybody is, in all rooms, to be followed. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func positions() async throws(QrocError) -> Positions {
        try await translated { [core] in Positions(try await core.positions()) }
    }

    /// Finds a room by id, alias, or a name that only one room has. A read.
    ///
    /// - Throws: `notFound`, `badInput` (`ambiguous_room`), `locked`, `closed`, `storage`.
    public func room(_ name: String) async throws(QrocError) -> Room {
        try await translated { [core] in Room(try await core.room(name: name)) }
    }

    /// Makes a room, which is always encrypted; it is in the list when this returns. A change.
    ///
    /// - Parameters:
    ///   - name: What it is called; readable by the server.
    ///   - invite: User ids.
    ///   - kind: What it is for.
    /// - Returns: The room.
    /// - Throws: `badInput` for what is no user id, `forbidden`, `network`, `rateLimited`, `locked`, `closed`.
    @discardableResult
    public func createRoom(
        _ name: String,
        invite: [String] = [],
        kind: RoomKind = .group
    ) async throws(QrocError) -> Room {
        let room = NewRoom(name: name, invite: invite, kind: kind.core)
        return try await translated { [core] in Room(try await core.createRoom(room: room)) }
    }

    /// Joins a room, by its id, its alias, or the name of an invitation; it is in the list when this returns. A change.
    ///
    /// - Throws: `notFound`, `forbidden`, `network`, `rateLimited`, `locked`, `closed`.
    @discardableResult
    public func joinRoom(_ room: String) async throws(QrocError) -> Room {
        try await translated { [core] in Room(try await core.joinRoom(room: room)) }
    }

    /// Finds messages by words and beginnings of words, newest first, on this device. A read.
    ///
    /// - Parameters:
    ///   - text: The words.
    ///   - roomId: In this room alone; `nil`: in all.
    ///   - limit: How many at most.
    /// - Returns: What was found.
    /// - Throws: `badInput` without a word, `notFound` for the room, `locked`, `closed`, `storage`.
    public func search(
        _ text: String,
        in roomId: String? = nil,
        limit: Int = 50
    ) async throws(QrocError) -> [SearchHit] {
        try await search(SearchQuery(text, in: roomId), limit: limit)
    }

    /// Finds messages, newest first, on this device; what waits to be sent is among them. A read.
    ///
    /// - Parameters:
    ///   - query: What is searched for.
    ///   - limit: How many at most.
    /// - Returns: What was found.
    /// - Throws: `badInput` where nothing is asked for, `notFound` for the room, `locked`, `closed`, `storage`.
    public func search(_ query: SearchQuery, limit: Int = 50) async throws(QrocError) -> [SearchHit] {
        try await translated { [core] in
            let hits = try await core.search(query: query.core, limit: UInt32(clamping: limit))
            return hits.map(SearchHit.init)
        }
    }

    /// Lists the texts that are being written, newest first. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func drafts() async throws(QrocError) -> [Draft] {
        try await translated { [core] in try await core.drafts().map(Draft.init) }
    }

    /// Lists the account's devices, as the server has them. A read.
    ///
    /// - Throws: `network`, `locked`, `signIn`, `closed`.
    public func devices() async throws(QrocError) -> [Device] {
        try await translated { [core] in try await core.devices().map(Device.init) }
    }

    /// Signs another device of the account out. A change.
    ///
    /// - Throws: `badInput` for this device, `notFound`, `signIn` (`wrong_password`), `network`, `locked`, `closed`.
    public func signOutDevice(_ deviceId: Device.ID, password: String) async throws(QrocError) {
        try await translated { [core] in
            try await core.signOutDevice(deviceId: deviceId, password: password)
        }
    }
}

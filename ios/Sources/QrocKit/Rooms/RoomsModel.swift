import Foundation
public import Observation
import Qroc

/// Keeps the list of rooms up to date, and answers invitations.
@MainActor @Observable public final class RoomsModel {
    /// What is shown.
    public private(set) var state = RoomsState()

    /// The rooms that are shown, for other screens.
    @ObservationIgnored let live = Live<[RoomRow]?>(nil)
    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private var list: RoomList?
    @ObservationIgnored private var reading: Task<Void, Never>?
    @ObservationIgnored private var summaries: [RoomSummary]?
    @ObservationIgnored var go: (Route) -> Void = { _ in }

    private static let page = 50

    init(_ session: Session, _ scope: Scope) {
        self.session = session
        self.scope = scope
    }

    /// Begins to read.
    func start() {
        read()
        scope.follow(session.queue) { [weak self] _ in self?.show() }
        scope.follow(session.drafts) { [weak self] _ in self?.show() }
        scope.follow(session.connection) { [weak self] in self?.state.connection = $0 }
    }

    private func read() {
        // One reader at a time: the new loop ends the one before.
        reading?.cancel()
        reading = scope.launch { [self] in
            do throws(QrocError) {
                let list: RoomList
                if let known = self.list { list = known } else { list = try session.client.roomList() }
                self.list = list
                for try await rooms in list.rooms { take(rooms) }
            } catch {
                if error.kind != .closed { state.error = session.strings.of(error) }
            }
        }
    }

    private func take(_ rooms: [RoomSummary]) {
        let known = rooms.filter { $0.membership == .join || $0.membership == .invite }
        // Invitations wait for an answer, so they stand first.
        summaries = known.filter { $0.membership == .invite } + known.filter { $0.membership == .join }
        session.roomNames.value.merge(rooms.map { ($0.roomId, $0.name) }) { _, new in new }
        state.error = nil
        show()
    }

    private func show() {
        guard let summaries else { return }
        let queue = Dictionary(grouping: session.queue.value ?? [], by: \.roomId)
        state.rooms = summaries.map { row($0, queue[$0.roomId] ?? []) }
        live.value = state.rooms
    }

    /// Marks the room that is open beside the list.
    func select(_ roomId: String?) {
        state.selectedId = roomId
    }

    /// Does what the officer asks.
    public func on(_ event: RoomsEvent) {
        switch event {
        case .open(let id): go(.room(id, eventId: nil))
        case .filter(let filter): state.filter = filter
        case .accept(let id):
            answer(id) { [self] () async throws(QrocError) in
                try await session.client.joinRoom(id)
                go(.room(id, eventId: nil))
            }
        case .decline(let id):
            answer(id) { [self] () async throws(QrocError) in try await session.client.room(id).leave() }
        case .new: go(.newRoom)
        case .search: go(.search)
        case .queue: go(.queue)
        case .settings: go(.settings)
        case .retry: read()
        case .more: if (summaries?.count ?? 0) >= Self.page { list?.loadMore(Self.page) }
        }
    }

    private func answer(_ roomId: String, _ work: @escaping @MainActor () async throws(QrocError) -> Void) {
        guard state.answering == nil else { return }
        state.answering = roomId
        state.error = nil
        // In the account's scope: the answer is given also when the list is left meanwhile.
        session.scope.launch { [self] in
            do throws(QrocError) {
                try await work()
            } catch {
                state.error = session.strings.of(error)
            }
            state.answering = nil
        }
    }

    private func row(_ room: RoomSummary, _ queue: [QueueItem]) -> RoomRow {
        var row = RoomRow(id: room.roomId, name: room.name)
        // Positions of a room are in no list.
        row.kind = room.kind == .track ? .group : room.kind
        row.invitation = room.membership == .invite
        row.encrypted = room.encrypted
        row.unread = room.unread
        row.atLeast = room.unreadAtLeast
        row.lastSender = room.lastSender.map(localName)
        row.lastText = room.lastBody
        row.lastTime = room.lastTime
        row.draft = session.drafts.value[room.roomId].flatMap { $0.isBlank ? nil : $0 }
        row.sending = queue.count { $0.state != .failed }
        row.failed = queue.count { $0.state == .failed }
        return row
    }

    /// Frees the list.
    func close() {
        list?.close()
    }
}

public import Observation
import Qroc

/// Finds rooms by name and messages by words, on this device alone.
@MainActor @Observable public final class SearchModel {
    /// What is shown.
    public private(set) var state = SearchState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let go: (Route) -> Void
    @ObservationIgnored private let leave: () -> Void
    @ObservationIgnored private var running: Task<Void, Never>?

    private static let pause: Duration = .milliseconds(120)
    private static let most = 100

    init(_ session: Session, _ scope: Scope, go: @escaping (Route) -> Void, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        self.go = go
        leave = back
    }

    /// Does what the officer asks.
    public func on(_ event: SearchEvent) {
        switch event {
        case .query(let text): query(text)
        case .openRoom(let id): go(.room(id, eventId: nil))
        case .openMessage(let hit): go(.room(hit.roomId, eventId: hit.eventId))
        case .first: first()
        case .back: leave()
        }
    }

    /// It may be asked for before the answer is there.
    private func first() {
        scope.launch { [self] in
            await running?.value
            if let room = state.rooms.first {
                on(.openRoom(room.id))
            } else if let message = state.messages.first {
                on(.openMessage(message))
            }
        }
    }

    private func query(_ text: String) {
        running?.cancel()
        guard !text.isBlank else {
            state = SearchState()
            state.query = text
            return
        }
        state.query = text
        state.settled = false
        state.error = nil
        running = scope.launch { [self] in
            guard (try? await session.time.sleep(for: Self.pause)) != nil else { return }
            do throws(QrocError) {
                try await look(text)
            } catch {
                guard !Task.isCancelled else { return }
                state.error = session.strings.of(error)
                state.settled = true
            }
        }
    }

    private func look(_ text: String) async throws(QrocError) {
        let list = try session.client.roomList(filter: text.trimmed)
        defer { list.close() }
        var iterator = list.rooms.makeAsyncIterator()
        let rooms = try await iterator.next() ?? []
        session.roomNames.value.merge(rooms.map { ($0.roomId, $0.name) }) { _, new in new }
        let messages = try await messages(text)
        guard !Task.isCancelled else { return }
        state.rooms = rooms.map { RoomHit(id: $0.roomId, name: $0.name) }
        state.messages = messages
        state.settled = true
    }

    private func messages(_ text: String) async throws(QrocError) -> [MessageHit] {
        let hits: [SearchHit]
        do throws(QrocError) {
            hits = try await session.client.search(text, limit: Self.most)
        } catch {
            // Nothing but signs: there is no word to look for, but there may be a room.
            guard error.kind == .badInput else { throw error }
            return []
        }
        return hits.enumerated().map { index, hit in
            MessageHit(
                id: hit.eventId ?? "waiting-\(index)",
                eventId: hit.eventId,
                roomId: hit.roomId,
                roomName: session.roomNames.value[hit.roomId] ?? hit.roomId,
                time: hit.time,
                snippet: Snippet(hit.snippet)
            )
        }
    }
}

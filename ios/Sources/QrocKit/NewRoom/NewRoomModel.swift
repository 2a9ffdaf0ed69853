public import Observation
import Qroc

/// Makes a room.
@MainActor @Observable public final class NewRoomModel {
    /// What is shown.
    public private(set) var state = NewRoomState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let go: (Route) -> Void
    @ObservationIgnored private let leave: () -> Void

    init(_ session: Session, _ scope: Scope, go: @escaping (Route) -> Void, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        self.go = go
        leave = back
    }

    /// Does what the officer asks.
    public func on(_ event: NewRoomEvent) {
        switch event {
        case .name(let text): (state.name, state.error) = (text, nil)
        case .direct(let direct):
            state.direct = direct
            if direct { state.people = Array(state.people.prefix(1)) }
        case .person(let text): (state.person, state.personProblem) = (text, false)
        case .addPerson: _ = add()
        case .removePerson(let id): state.people.removeAll { $0 == id }
        case .create: create()
        case .back: leave()
        }
    }

    /// Whether what was typed is on the list now, or nothing was typed.
    private func add() -> Bool {
        let typed = state.person
        guard !typed.isBlank else { return true }
        guard let person = userId(typed, own: session.own), person != session.own else {
            state.personProblem = true
            return false
        }
        if !state.people.contains(person) { state.people.append(person) }
        state.person = ""
        return true
    }

    private func create() {
        // A name that was typed and not added is meant to be invited, too.
        guard add() else { return }
        let now = state
        guard now.complete, !now.working, let name = now.direct ? now.people.first.map(localName) : now.name.trimmed
        else { return }
        state.working = true
        state.error = nil
        session.scope.launch { [self] in
            do throws(QrocError) {
                let room = try await session.client.createRoom(
                    name, invite: now.people, kind: now.direct ? .direct : .group)
                session.roomNames.value[room.id] = name
                // Whoever has left meanwhile is not led back.
                if !scope.isClosed { go(.room(room.id, eventId: nil)) }
            } catch {
                state.working = false
                state.error = session.strings.of(error)
            }
        }
    }
}

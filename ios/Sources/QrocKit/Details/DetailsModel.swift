public import Observation
import Qroc

/// Shows who is in a room, invites, removes, leaves.
@MainActor @Observable public final class DetailsModel {
    /// What is shown.
    public private(set) var state: DetailsState

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let verify: VerifyModel
    @ObservationIgnored private let leave: () -> Void
    @ObservationIgnored private let left: () -> Void

    /// Power levels that rooms are made with.
    private static let leads = 50

    init(
        _ session: Session,
        _ scope: Scope,
        _ roomId: String,
        verify: VerifyModel,
        back: @escaping () -> Void,
        left: @escaping () -> Void
    ) {
        self.session = session
        self.scope = scope
        self.verify = verify
        self.leave = back
        self.left = left
        state = DetailsState(roomId: roomId, name: session.roomNames.value[roomId] ?? roomId)
    }

    /// Begins to read.
    func start() {
        // The first one is read at once.
        scope.follow(session.trust) { [weak self] _ in self?.reload() }
    }

    private func reload() {
        work { [self] room throws(QrocError) in try await read(room) }
    }

    private func read(_ room: Room) async throws(QrocError) {
        let summary = try await room.summary()
        let members = try await room.members()
        let power = members.first { $0.userId == session.own }?.power ?? 0
        state.name = summary.name
        state.topic = summary.topic
        state.encrypted = summary.encrypted
        state.members =
            members
            .filter { $0.membership == .join || $0.membership == .invite }
            .map { row($0, power) }
            .sorted { rank($0) < rank($1) }
    }

    private func rank(_ row: MemberRow) -> (Int, Int, Int, String) {
        (row.own ? 0 : 1, row.invited ? 1 : 0, row.leads ? 0 : 1, row.name.lowercased())
    }

    private func row(_ member: RoomMember, _ power: Int64) -> MemberRow {
        let name = member.displayName.flatMap { $0.isBlank ? nil : $0 }
        var row = MemberRow(id: member.userId, name: name ?? localName(member.userId))
        row.own = member.userId == session.own
        row.invited = member.membership == .invite
        row.leads = member.power >= Self.leads
        row.removable = !row.own && power >= Self.leads && member.power < power
        row.trust = Trust(member.trust)
        return row
    }

    /// Does what the officer asks.
    public func on(_ event: DetailsEvent) {
        switch event {
        case .back: leave()
        case .reload: reload()
        case .person(let text): (state.person, state.personProblem) = (text, false)
        case .invite: invite()
        case .askLeave: state.leaving = true
        case .leave:
            state.leaving = false
            work { [self] room throws(QrocError) in
                try await room.leave()
                left()
            }
        case .askRemove(let member): state.removing = member
        case .remove(let member):
            state.removing = nil
            work { [self] room throws(QrocError) in
                try await room.kick(member.id)
                state.members?.removeAll { $0.id == member.id }
            }
        case .stay: (state.leaving, state.removing, state.taking) = (false, nil, nil)
        case .compare(let member): verify.begin(member.id, name: member.name, isPerson: true)
        case .askTake(let member): state.taking = member
        case .take(let member):
            state.taking = nil
            work { [self] room throws(QrocError) in
                try await session.client.acceptChange(of: member.id)
                try await read(room)
                session.trustChanged()
            }
        }
    }

    private func invite() {
        guard let person = userId(state.person, own: session.own), person != session.own else {
            state.personProblem = true
            return
        }
        work { [self] room throws(QrocError) in
            try await room.invite(person)
            var row = MemberRow(id: person, name: localName(person))
            row.invited = true
            state.person = ""
            state.members = (state.members ?? []).filter { $0.id != person } + [row]
            state.done = session.strings.invitedDone(localName(person))
        }
    }

    private func work(_ work: @escaping @MainActor (Room) async throws(QrocError) -> Void) {
        guard !state.working else { return }
        state.working = true
        state.error = nil
        state.done = nil
        session.scope.launch { [self] in
            do throws(QrocError) {
                try await work(try await session.client.room(state.roomId))
            } catch {
                if error.kind != .cancelled { state.error = session.strings.of(error) }
            }
            state.working = false
        }
    }
}

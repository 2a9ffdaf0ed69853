import Foundation
public import Observation
import Qroc

/// Keeps the map of a room up to date for as long as it is shown.
@MainActor @Observable public final class MapModel {
    /// What is shown.
    public private(set) var state: MapState

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let leave: () -> Void
    @ObservationIgnored private var ways: [String: [Place]] = [:]
    @ObservationIgnored private var positions: [Position] = []
    @ObservationIgnored private var reading: Scope?

    /// Places of one way that are kept.
    private static let longest = 1_000
    /// An older place of one's own is none to measure from.
    private static let here: TimeInterval = 3_600
    /// A quarter of an hour, an hour, half a shift, a shift.
    private static let choices = [15, 60, 240, 480]

    init(_ session: Session, _ scope: Scope, _ roomId: String, target: Place?, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        leave = back
        state = MapState(roomId: roomId, roomName: session.roomNames.value[roomId] ?? "", target: target)
    }

    /// Begins to read.
    func start() {
        read()
        guard let sharing = session.sharing else { return }
        state.sharing = OwnSharing()
        scope.follow(sharing.live) { [weak self] now in self?.take(now) }
        scope.follow(sharing.ended) { [weak self] now in self?.ended(now) }
    }

    private func read() {
        reading?.close()
        let reading = scope.child()
        self.reading = reading
        state.error = nil
        session.attempt(reading, failed: { [weak self] in self?.state.error = $0 }) {
            [self] () async throws(QrocError) in
            let room = try await session.client.room(state.roomId)
            state.roomName = try await room.summary().name
            let list = try await room.positions()
            defer { list.close() }
            reading.launch { [self] in await age() }
            do throws(QrocError) {
                for try await now in list.items { take(now) }
            } catch {
                if error.kind != .closed { throw error }
            }
        }
    }

    private func take(_ sharings: [Sharing]) {
        let mine = sharings.first { $0.roomId == state.roomId }
        state.sharing?.on = mine != nil
        state.sharing?.until = mine?.until
        state.sharing?.stopping = mine?.stopping == true
        if mine != nil { state.sharing?.problem = nil }
    }

    private func ended(_ endings: [String: SharingEnding]) {
        switch endings[state.roomId] {
        case nil: break
        case .over: state.sharing?.problem = nil
        case .forbidden: state.sharing?.problem = session.strings.errorPolicy
        case .notAllowed: state.sharing?.problem = session.strings.positionNotAllowed
        case .failed: state.sharing?.problem = session.strings.sharingFailed
        }
    }

    private func ask() {
        state.sharing?.choices = Self.choices.filter { minutes in
            (try? session.client.explain(.sharePosition(minutes: UInt64(minutes))))?.allowed == true
        }
        state.sharing?.asking = true
    }

    private func share(_ minutes: Int) {
        state.sharing?.asking = false
        state.sharing?.problem = nil
        guard let sharing = session.sharing else { return }
        let (roomId, name) = (state.roomId, state.roomName)
        // In the account's scope: it begins also where the map is left meanwhile.
        session.scope.launch { [self] in
            if await !sharing.start(roomId, name, for: .seconds(minutes * 60)) {
                state.sharing?.problem = session.strings.positionNotAllowed
            }
        }
    }

    /// Closes what lies over the map; says whether there was anything.
    func closeTop() -> Bool {
        guard state.sharing?.asking == true else { return false }
        state.sharing?.asking = false
        return true
    }

    /// A position grows old without a change.
    private func age() async {
        while (try? await session.time.sleep(for: .seconds(1))) != nil { show() }
    }

    private func take(_ now: [Position]) {
        positions = now
        for position in now {
            let place = Place(latitude: position.fix.latitude, longitude: position.fix.longitude)
            guard ways[position.userId]?.last != place else { continue }
            ways[position.userId, default: []].append(place)
            if ways[position.userId, default: []].count > Self.longest { ways[position.userId]?.removeFirst() }
        }
        show()
    }

    private func show() {
        let now = session.time.now()
        let own = positions.first { $0.userId == session.own && now.timeIntervalSince($0.fix.time) < Self.here }
        let here = own.map { Place(latitude: $0.fix.latitude, longitude: $0.fix.longitude) }
        let officers = positions.map { officer($0, from: here, at: now) }
        if state.officers != officers { state.officers = officers }
        let known = ways.filter { $0.value.count > 1 }.map { Way(id: $0.key, places: $0.value) }.sorted {
            $0.id < $1.id
        }
        if state.ways != known { state.ways = known }
    }

    private func officer(_ position: Position, from here: Place?, at now: Date) -> Officer {
        let fix = position.fix
        let place = Place(latitude: fix.latitude, longitude: fix.longitude)
        var officer = Officer(
            id: position.userId,
            name: position.displayName ?? localName(position.userId),
            place: place,
            measured: fix.time
        )
        officer.accuracy = fix.accuracy
        officer.speed = fix.speed
        officer.heading = fix.heading.map { Int($0) }
        officer.battery = fix.battery
        officer.stale = position.staleFrom <= now
        officer.until = position.liveUntil
        officer.distance = here?.distance(to: place)
        officer.bearing = here?.bearing(to: place)
        officer.own = position.userId == session.own
        return officer
    }

    /// Does what the officer asks.
    public func on(_ event: MapEvent) {
        switch event {
        case .back: leave()
        case .retry: read()
        case .askShare: ask()
        case .share(let minutes): share(minutes)
        case .keepPosition: state.sharing?.asking = false
        case .stopShare: session.sharing?.stop(state.roomId)
        case .choose(let id): state.chosen = id
        }
    }
}

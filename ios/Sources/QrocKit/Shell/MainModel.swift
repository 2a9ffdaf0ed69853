public import Observation
import Qroc

/// A screen above the list of rooms.
public enum Screen {
    /// A room's messages.
    case room(TimelineModel)
    /// Where everybody is.
    case map(MapModel)
    /// Who is in a room.
    case details(DetailsModel)
    /// A new room.
    case newRoom(NewRoomModel)
    /// What waits.
    case queue(QueueModel)
    /// What is found.
    case search(SearchModel)
    /// Where a call for help or the position goes.
    case quick(QuickModel)
    /// The account's devices.
    case devices(DevicesModel)
    /// The recovery key.
    case recovery(RecoveryModel)
    /// The organisation's rules.
    case policy(PolicyModel)
    /// The settings.
    case settings(SettingsModel)
}

/// A signed-in account: the list of rooms, and a stack of screens beside or above it.
@MainActor @Observable public final class MainModel {
    /// The list of rooms.
    public let rooms: RoomsModel
    /// The own position, shared; nothing where this device cannot know it.
    public var sharing: PositionSharing? { session.sharing }
    /// A verification that is under way, over all of it.
    public let verify: VerifyModel
    /// What policy forbids, and why.
    public private(set) var forbidden: [Gate: String] = [:]
    private var stack: [Place] = []

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let leave: (Farewell) async throws(QrocError) -> Void
    @ObservationIgnored private var last = 0
    @ObservationIgnored private var isLooking = false

    /// How long a new device waits to learn what the account has.
    private static let patience = Duration.seconds(60)

    /// One screen of the stack; its work ends with it.
    private struct Place {
        let step: Step
        let screen: Screen
        let scope: Scope

        var timeline: TimelineModel? {
            if case .room(let model) = screen { model } else { nil }
        }

        /// Closes what lies over it; says whether there was anything.
        @MainActor func closeTop() -> Bool {
            switch screen {
            case .room(let model): model.closeTop()
            case .recovery(let model): model.closeTop()
            case .map(let model): model.closeTop()
            case .details, .newRoom, .queue, .search, .quick, .devices, .policy, .settings: false
            }
        }
    }

    init(_ session: Session, leave: @escaping (Farewell) async throws(QrocError) -> Void) {
        self.session = session
        self.leave = leave
        scope = session.scope.child()
        rooms = RoomsModel(session, scope)
        verify = VerifyModel(session, scope)
        rooms.go = { [weak self] route in self?.go(route) }
    }

    /// Begins to read.
    func start() {
        rooms.start()
        verify.start()
        scope.follow(session.forbidden) { [weak self] in self?.forbidden = $0 }
    }

    /// The stack of screens as data. A gesture of the system that goes back sets a shorter one: what is gone, ends.
    public var path: [Step] {
        get { stack.map(\.step) }
        set {
            let kept = stack.filter { newValue.contains($0.step) }
            let gone = stack.filter { !newValue.contains($0.step) }
            stack = kept
            for place in gone { end(place) }
            mark()
        }
    }

    /// The screen of a step; nothing where it has ended.
    public func screen(_ step: Step) -> Screen? {
        stack.first { $0.step == step }?.screen
    }

    /// The screen on top; nothing where the list of rooms is.
    public var top: Screen? { stack.last?.screen }

    /// One step back; what lies over a room goes first.
    public func back() {
        if verify.state != nil { return verify.on(.close) }
        if let place = stack.last, place.closeTop() { return }
        guard let top = stack.popLast() else { return }
        end(top)
        mark()
    }

    /// Goes somewhere: to a room from anywhere, to all else above what is there.
    public func go(_ route: Route) {
        if case .room(let id, nil) = route, stack.count == 1, stack.first?.timeline?.state.roomId == id { return }
        last += 1
        let scope = scope.child()
        let place = Place(step: Step(id: last, route: route), screen: screen(route, scope), scope: scope)
        if case .room = route {
            let before = stack
            stack = [place]
            for place in before { end(place) }
        } else {
            stack.append(place)
        }
        mark()
    }

    private func screen(_ route: Route, _ scope: Scope) -> Screen {
        let go: (Route) -> Void = { [weak self] in self?.go($0) }
        let back: () -> Void = { [weak self] in self?.back() }
        switch route {
        case .room(let id, let eventId):
            let model = TimelineModel(session, scope, id, searched: eventId, verify: verify, go: go, back: back)
            model.start()
            return .room(model)
        case .map(let id, let place):
            let model = MapModel(session, scope, id, target: place, back: back)
            model.start()
            return .map(model)
        case .details(let id):
            let model = DetailsModel(session, scope, id, verify: verify, back: back) { [weak self] in self?.path = [] }
            model.start()
            return .details(model)
        case .newRoom:
            return .newRoom(NewRoomModel(session, scope, go: go, back: back))
        case .queue:
            let model = QueueModel(session, scope, back: back)
            model.start()
            return .queue(model)
        case .search:
            return .search(SearchModel(session, scope, go: go, back: back))
        case .quick(let ask):
            let model = QuickModel(
                ask, rooms: rooms.live, scope, choose: { [weak self] in self?.quickly($0, $1) }, back: back)
            return .quick(model)
        case .devices:
            let model = DevicesModel(session, scope, verify: verify, go: go, back: back)
            model.start()
            return .devices(model)
        case .recovery:
            let model = RecoveryModel(session, scope, compare: { [weak self] in self?.compareOwn() }, back: back)
            model.start()
            return .recovery(model)
        case .policy:
            let model = PolicyModel(session, scope, back: back)
            model.start()
            return .policy(model)
        case .settings:
            let model = SettingsModel(session, scope, go: go, back: back, leave: leave)
            model.start()
            return .settings(model)
        }
    }

    /// Opens a room, and sends there what was asked for.
    private func quickly(_ roomId: String, _ ask: QuickAsk) {
        go(.room(roomId, eventId: nil))
        guard let timeline = stack.last?.timeline else { return }
        switch ask {
        case .help: timeline.on(.quickHelp)
        case .position: timeline.on(.quickPosition)
        }
    }

    private func compareOwn() {
        verify.begin(session.own, name: session.strings.ownDevices, isPerson: false)
    }

    /// Looks once whether this device could get back what another one has lost, and leads there.
    func offerRecovery() {
        let looking = scope.child()
        scope.follow(session.link) { [self] link in
            // It is known once the server has answered.
            guard link == .online, !looking.isClosed, !isLooking else { return }
            isLooking = true
            looking.launch { [self] in
                await quietly { () async throws(QrocError) in
                    for try await now in session.client.recoveryStates where Standing(now).restorable {
                        if stack.isEmpty { go(.recovery) }
                        return
                    }
                }
            }
            scope.launch { [self] in
                try? await session.time.sleep(for: Self.patience)
                looking.close()
            }
        }
    }

    private func mark() {
        rooms.select(stack.lazy.compactMap { $0.timeline?.state.roomId }.first)
    }

    private func end(_ place: Place) {
        place.timeline?.close()
        if case .recovery(let model) = place.screen { model.close() }
        place.scope.close()
    }

    /// Ends all screens.
    func close() {
        for place in stack { end(place) }
        stack = []
        rooms.close()
        scope.close()
    }
}

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
    /// The account's devices.
    case devices(DevicesModel)
    /// The organisation's rules.
    case policy(PolicyModel)
    /// The settings.
    case settings(SettingsModel)
}

/// A signed-in account: the list of rooms, and a stack of screens beside or above it.
@MainActor @Observable public final class MainModel {
    /// The list of rooms.
    public let rooms: RoomsModel
    /// What policy forbids, and why.
    public private(set) var forbidden: [Gate: String] = [:]
    private var stack: [Place] = []

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let leave: (Farewell) async throws(QrocError) -> Void
    @ObservationIgnored private var last = 0

    /// One screen of the stack; its work ends with it.
    private struct Place {
        let step: Step
        let screen: Screen
        let scope: Scope

        var timeline: TimelineModel? {
            if case .room(let model) = screen { model } else { nil }
        }
    }

    init(_ session: Session, leave: @escaping (Farewell) async throws(QrocError) -> Void) {
        self.session = session
        self.leave = leave
        scope = session.scope.child()
        rooms = RoomsModel(session, scope)
        rooms.go = { [weak self] route in self?.go(route) }
    }

    /// Begins to read.
    func start() {
        rooms.start()
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
        if let timeline = stack.last?.timeline, timeline.closeTop() { return }
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
            let model = TimelineModel(session, scope, id, searched: eventId, go: go, back: back)
            model.start()
            return .room(model)
        case .map(let id, let place):
            let model = MapModel(session, scope, id, target: place, back: back)
            model.start()
            return .map(model)
        case .details(let id):
            let model = DetailsModel(session, scope, id, back: back) { [weak self] in self?.path = [] }
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
        case .devices:
            let model = DevicesModel(session, scope, back: back)
            model.start()
            return .devices(model)
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

    private func mark() {
        rooms.select(stack.lazy.compactMap { $0.timeline?.state.roomId }.first)
    }

    private func end(_ place: Place) {
        place.timeline?.close()
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

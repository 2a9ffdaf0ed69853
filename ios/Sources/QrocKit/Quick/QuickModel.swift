public import Observation
import Qroc

/// What is asked for with one press from outside the app: from a widget, or a link.
public enum QuickAsk: String, CaseIterable, Hashable, Sendable {
    /// Help.
    case help
    /// Where this officer is.
    case position
}

/// Where a call for help or the position goes. A link alone sends nothing: the officer chooses the room.
public struct QuickState: Hashable, Sendable {
    /// What is asked for.
    public var ask: QuickAsk
    /// Rooms, newest first; nothing while they are read.
    public var rooms: [QuickRoom]?

    /// Describes what is asked for.
    public init(ask: QuickAsk) {
        self.ask = ask
    }
}

/// A room that it can go to.
public struct QuickRoom: Hashable, Identifiable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String
    /// Whether it is an incident's.
    public var incident = false

    /// Describes a room.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// What an officer does there.
public enum QuickEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Chooses the room: it opens, and it is sent there.
    case choose(String)
}

/// Asks where a call for help or the position goes.
@MainActor @Observable public final class QuickModel {
    /// What is shown.
    public private(set) var state: QuickState

    @ObservationIgnored private let choose: (String, QuickAsk) -> Void
    @ObservationIgnored private let leave: () -> Void

    init(
        _ ask: QuickAsk, rooms: Live<[RoomRow]?>, _ scope: Scope, choose: @escaping (String, QuickAsk) -> Void,
        back: @escaping () -> Void
    ) {
        state = QuickState(ask: ask)
        self.choose = choose
        leave = back
        scope.follow(rooms) { [weak self] in self?.take($0) }
    }

    private func take(_ rooms: [RoomRow]?) {
        let joined = rooms?.filter { !$0.invitation }.map { row in
            var room = QuickRoom(id: row.id, name: row.name)
            room.incident = row.kind == .incident
            return room
        }
        // Incidents first: that is where help comes from.
        state.rooms = joined.map { all in all.filter(\.incident) + all.filter { !$0.incident } }
    }

    /// Does what the officer asks.
    public func on(_ event: QuickEvent) {
        switch event {
        case .back: leave()
        case .choose(let id): choose(id, state.ask)
        }
    }
}

public import Foundation
internal import QrocCore

/// Where everybody is, newest first, of one room or of all, kept up to date.
public final class Positions: Sendable {
    private let core: QrocCore.Positions
    private let readers: ListReaders<Position>

    init(_ core: QrocCore.Positions) {
        self.core = core
        readers = ListReaders(restart: { core.restart() }) {
            try await core.next()?.map(ListDiff.init)
        }
    }

    /// Follows the list by what changes: first a reset, and again where the loop fell far behind.
    public var changes: Updates<[ListDiff<Position>]> { readers.changes }

    /// Follows the list as a whole. That a position goes stale is no change: see ``Position/staleFrom``.
    public var items: Updates<[Position]> { readers.lists }

    /// Ends it: loops end. From memory.
    public func close() {
        core.end()
    }
}

/// What measured a position.
public enum FixSource: Hashable, Sendable {
    /// Satellites.
    case gnss
    /// Masts or wireless networks.
    case network
    /// Several of these together.
    case fused
    /// Nothing: a person chose it on a map.
    case picked
}

/// Where somebody was at one time, WGS 84.
public struct Fix: Hashable, Sendable {
    /// Degrees.
    public var latitude: Double
    /// Degrees.
    public var longitude: Double
    /// When it was measured.
    public var time: Date
    /// Metres around it that hold the truth.
    public var accuracy: Double?
    /// Metres per second.
    public var speed: Double?
    /// Degrees from north, clockwise.
    public var heading: Double?
    /// Metres above the ellipsoid.
    public var altitude: Double?
    /// What measured it.
    public var source: FixSource?
    /// Charge of the device that measured it, in percent.
    public var battery: Int?

    /// Describes what was measured.
    public init(
        latitude: Double,
        longitude: Double,
        time: Date,
        accuracy: Double? = nil,
        speed: Double? = nil,
        heading: Double? = nil,
        altitude: Double? = nil,
        source: FixSource? = nil,
        battery: Int? = nil
    ) {
        self.latitude = latitude
        self.longitude = longitude
        self.time = time
        self.accuracy = accuracy
        self.speed = speed
        self.heading = heading
        self.altitude = altitude
        self.source = source
        self.battery = battery
    }
}

/// Where a user of a room is, as far as that is known.
public struct Position: Identifiable, Hashable, Sendable {
    /// Matrix id of the room that it is shared with.
    public let roomId: String
    /// Who.
    public let userId: String
    /// What the user is called in the room.
    public let displayName: String?
    /// The newest fix.
    public let fix: Fix
    /// From then on it is too old to count on, or the sharing is over: to be shown as such.
    public let staleFrom: Date
    /// Until when the user says to share.
    public let liveUntil: Date?

    /// The room and the user.
    public var id: String { "\(roomId) \(userId)" }
}

/// Where one device of a user went.
public struct Track: Hashable, Sendable {
    /// Who.
    public let userId: String
    /// What the user is called in the room.
    public let displayName: String?
    /// In the order of their times.
    public let fixes: [Fix]
}

extension Room {
    /// Reads where everybody of the room, or one user, went between two times, both of them included. Fetches what is
    /// missing from the server, which takes its time, unless `offline`. A read.
    ///
    /// - Throws: `badInput` for a user who is not known, `notFound`, `network`, `locked`, `closed`, `storage`.
    public func tracks(
        of userId: String? = nil, from: Date, until: Date, offline: Bool
    ) async throws(QrocError) -> [Track] {
        try await translated { [core] in
            try await core.tracks(userId: userId, from: from, until: until, offline: offline).map(Track.init)
        }
    }
}

extension Track {
    init(_ core: QrocCore.Track) {
        userId = core.userId
        displayName = core.displayName
        fixes = core.fixes.map(Fix.init)
    }
}

extension Position {
    init(_ core: QrocCore.Position) {
        roomId = core.roomId
        userId = core.userId
        displayName = core.displayName
        fix = Fix(core.fix)
        staleFrom = core.staleFrom
        liveUntil = core.liveUntil
    }
}

extension Fix {
    init(_ core: QrocCore.Fix) {
        latitude = core.lat
        longitude = core.lon
        time = core.time
        accuracy = core.accuracyM
        speed = core.speedMps
        heading = core.headingDeg
        altitude = core.altitudeM
        source = core.source.map(FixSource.init)
        battery = core.battery.map(Int.init)
    }

    var core: QrocCore.Fix {
        .init(
            lat: latitude,
            lon: longitude,
            time: time,
            accuracyM: accuracy,
            speedMps: speed,
            headingDeg: heading,
            altitudeM: altitude,
            source: source?.core,
            battery: battery.map { UInt8(clamping: $0) }
        )
    }
}

extension FixSource {
    init(_ core: QrocCore.FixSource) {
        switch core {
        case .gnss: self = .gnss
        case .network: self = .network
        case .fused: self = .fused
        case .picked: self = .picked
        }
    }

    var core: QrocCore.FixSource {
        switch self {
        case .gnss: .gnss
        case .network: .network
        case .fused: .fused
        case .picked: .picked
        }
    }
}

extension ListDiff<Position> {
    init(_ core: PositionDiff) {
        switch core {
        case .reset(let items): self = .reset(items.map(Position.init))
        case .insert(let index, let item): self = .insert(Position(item), at: Int(index))
        case .set(let index, let item): self = .set(Position(item), at: Int(index))
        case .remove(let index): self = .remove(at: Int(index))
        }
    }
}

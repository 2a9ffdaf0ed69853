public import Foundation

/// What the map of a room shows.
public struct MapState: Hashable, Sendable {
    /// Matrix id.
    public var roomId: String
    /// As shown.
    public var roomName: String
    /// Newest first; nothing while they are read.
    public var officers: [Officer]?
    /// Where they went since the map was opened.
    public var ways: [Way] = []
    /// A place that was asked for: the map begins there.
    public var target: Place?
    /// Who was chosen in the list or on the map.
    public var chosen: String?
    /// What could not be done.
    public var error: String?
    /// The own sharing with this room; nothing where this device cannot know where it is.
    public var sharing: OwnSharing?

    /// Describes a map that is being read.
    public init(roomId: String, roomName: String, target: Place? = nil) {
        self.roomId = roomId
        self.roomName = roomName
        self.target = target
    }
}

/// The own sharing with a room.
public struct OwnSharing: Hashable, Sendable {
    /// Whether it goes on.
    public var on = false
    /// When it ends; nothing for as long as policy allows.
    public var until: Date?
    /// Whether it was ended, and the others do not know yet.
    public var stopping = false
    /// Whether it is asked for how long.
    public var asking = false
    /// Minutes that policy allows.
    public var choices: [Int] = []
    /// Why the last one ended too soon or did not begin.
    public var problem: String?

    /// Describes one that does not go on.
    public init() {}
}

/// Somebody who shares a position.
public struct Officer: Hashable, Identifiable, Sendable {
    /// User id.
    public var id: String
    /// As shown.
    public var name: String
    /// Where.
    public var place: Place
    /// Metres that hold the truth, or nothing where they are not known.
    public var accuracy: Double?
    /// When it was measured.
    public var measured: Date
    /// Metres per second.
    public var speed: Double?
    /// Degrees from north.
    public var heading: Int?
    /// Percent.
    public var battery: Int?
    /// Whether it is too old to count on.
    public var stale = false
    /// Until when it is shared.
    public var until: Date?
    /// Metres from here, where this device knows its place.
    public var distance: Double?
    /// Degrees from north, from here.
    public var bearing: Double?
    /// Whether it is this officer.
    public var own = false

    /// Describes a position.
    public init(id: String, name: String, place: Place, measured: Date) {
        self.id = id
        self.name = name
        self.place = place
        self.measured = measured
    }
}

/// Where somebody went.
public struct Way: Hashable, Identifiable, Sendable {
    /// User id.
    public var id: String
    /// Oldest first.
    public var places: [Place]

    /// Describes a way.
    public init(id: String, places: [Place]) {
        self.id = id
        self.places = places
    }
}

/// What an officer does there.
public enum MapEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Reads again.
    case retry
    /// Wants to share the own position: asked for how long.
    case askShare
    /// Shares it for so many minutes.
    case share(Int)
    /// Does not.
    case keepPosition
    /// Stops sharing it.
    case stopShare
    /// Chooses somebody, or nobody.
    case choose(String?)
}

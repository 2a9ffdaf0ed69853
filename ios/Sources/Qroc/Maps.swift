internal import QrocCore

/// What a shape of the map is, in the order in which they are drawn.
public enum MapGround: Hashable, Sendable, CaseIterable {
    /// Dry land. An area.
    case land
    /// Park, wood, meadow, field. An area.
    case green
    /// Sea, lake, river with banks. An area.
    case water
    /// River or stream without banks. A line.
    case waterway
    /// A building. An area.
    case building
    /// Footway, cycle way, track. A line.
    case path
    /// A street. A line.
    case street
    /// A road between places. A line.
    case road
    /// A motorway. A line.
    case motorway
    /// Rails. A line.
    case railway
    /// A border. A line.
    case border
    /// A place with a name. Points.
    case place
}

/// Something on a tile of the map.
public struct MapShape: Hashable, Sendable {
    /// Units from one edge of a tile to the other.
    public static let tile = 4096

    /// What it is.
    public let ground: MapGround
    /// What it is called, as the map says.
    public let name: String?
    /// Rings of an area, of which every second one cuts a hole (even-odd), lines, or one point each. In each: east,
    /// south, east, south, …, in units of which ``tile`` are the side of the tile, from its north-western corner.
    public let lines: [[Int32]]
}

/// A part of the earth, in degrees. Where the west is more than the east, it lies across the antimeridian.
public struct MapPart: Hashable, Sendable {
    /// Southern edge.
    public let south: Double
    /// Western edge.
    public let west: Double
    /// Northern edge.
    public let north: Double
    /// Eastern edge.
    public let east: Double

    /// Makes a part of the earth.
    public init(south: Double, west: Double, north: Double, east: Double) {
        self.south = south
        self.west = west
        self.north = north
        self.east = east
    }
}

/// What a map file says about itself.
public struct MapInfo: Hashable, Sendable {
    /// What it covers.
    public let part: MapPart
    /// The zoom from which on there are tiles.
    public let minZoom: Int
    /// The zoom up to which there are tiles: nearer, those are drawn larger.
    public let maxZoom: Int
    /// Whose data it is, as plain text: to be shown with the map.
    public let attribution: String?
    /// Size of the file.
    public let bytes: Int64
}

/// Officers who could not be told apart on the map, or one who stands alone.
public struct PositionCluster: Hashable, Sendable {
    /// Their middle, in degrees.
    public let latitude: Double
    /// Their middle, in degrees.
    public let longitude: Double
    /// How many they are.
    public let count: Int
    /// How many of them are stale.
    public let stale: Int
    /// What holds them: a map that shows it tells them apart, or shows that they are at one place.
    public let part: MapPart
    /// Who stands there alone: Matrix id of the user.
    public let userId: String?
}

extension Client {
    /// Says what the map file of this device is; nothing where it has none. A read.
    ///
    /// - Throws: `badInput` where the file is no map that can be read, `locked`, `closed`, `storage`.
    public func map() async throws(QrocError) -> MapInfo? {
        try await translated { [core] in try await core.map().map(MapInfo.init) }
    }

    /// Reads what is on a tile of the map, in the order in which it is to be drawn; nothing where there is no map, or
    /// nothing of it there. At zoom `z` there are 2^z columns and rows, from the north-western corner of Mercator's
    /// square. No server is asked. A read.
    ///
    /// - Throws: `badInput` for a tile that there cannot be, or a file that cannot be read, `locked`, `closed`, `storage`.
    public func mapShapes(
        zoom: UInt8, column: UInt32, row: UInt32
    ) async throws(QrocError) -> [MapShape]? {
        try await translated { [core] in
            try await core.mapShapes(z: zoom, x: column, y: row)?.map(MapShape.init)
        }
    }

    /// Reads a tile of the map as it is: a Mapbox Vector Tile (2.1), not compressed, for a renderer of one's own. A read.
    ///
    /// - Throws: As ``mapShapes(zoom:column:row:)``.
    public func mapTile(
        zoom: UInt8, column: UInt32, row: UInt32
    ) async throws(QrocError) -> [UInt8]? {
        try await translated { [core] in
            try await core.mapTile(z: zoom, x: column, y: row).map { [UInt8]($0) }
        }
    }

    /// Copies a map file (PMTiles 3 with vector tiles) into the profile. What was there stays until the new one is
    /// whole. A change.
    ///
    /// - Throws: `notFound`, `badInput` where the file is no map that can be read, `locked`, `closed`, `storage`.
    @discardableResult
    public func takeMap(at path: String) async throws(QrocError) -> MapInfo {
        try await translated { [core] in MapInfo(try await core.takeMap(path: path)) }
    }

    /// Fetches the map from where policy says (`location.map_url`), and from nowhere else; the server is not told who
    /// asks. Nothing where it is no newer than what is here. A read.
    ///
    /// - Throws: `badInput` where policy names no address, or what is there is no map; `notFound`, `forbidden`, `network`,
    ///   `locked`, `closed`, `storage`.
    @discardableResult
    public func fetchMap() async throws(QrocError) -> MapInfo? {
        try await translated { [core] in try await core.fetchMap().map(MapInfo.init) }
    }

    /// Takes the map away; says whether there was one. A change.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    @discardableResult
    public func removeMap() async throws(QrocError) -> Bool {
        try await translated { [core] in try await core.removeMap() }
    }
}

extension Room {
    /// Puts who is in a part of the map together where they could not be told apart at a zoom, from north to south: at
    /// zoom 0 the whole earth is 256 points wide, and at each further one twice as wide. Groups stay the same when the
    /// map is moved; from zoom 20 on everybody stands alone. A read.
    ///
    /// - Throws: `notFound`, `locked`, `closed`, `storage`.
    public func clusters(in part: MapPart, zoom: UInt8) async throws(QrocError) -> [PositionCluster] {
        try await translated { [core] in
            try await core.clusters(part: part.core, zoom: zoom).map(PositionCluster.init)
        }
    }
}

extension MapPart {
    init(_ core: QrocCore.MapPart) {
        self.init(south: core.south, west: core.west, north: core.north, east: core.east)
    }

    fileprivate var core: QrocCore.MapPart {
        QrocCore.MapPart(south: south, west: west, north: north, east: east)
    }
}

extension MapInfo {
    init(_ core: QrocCore.MapInfo) {
        part = MapPart(core.part)
        minZoom = Int(core.minZoom)
        maxZoom = Int(core.maxZoom)
        attribution = core.attribution
        bytes = Int64(clamping: core.bytes)
    }
}

extension MapShape {
    init(_ core: QrocCore.MapShape) {
        ground = MapGround(core.ground)
        name = core.name
        lines = core.lines
    }
}

extension MapGround {
    init(_ core: QrocCore.MapGround) {
        switch core {
        case .land: self = .land
        case .green: self = .green
        case .water: self = .water
        case .waterway: self = .waterway
        case .building: self = .building
        case .path: self = .path
        case .street: self = .street
        case .road: self = .road
        case .motorway: self = .motorway
        case .railway: self = .railway
        case .border: self = .border
        case .place: self = .place
        }
    }
}

extension PositionCluster {
    init(_ core: QrocCore.PositionCluster) {
        latitude = core.lat
        longitude = core.lon
        count = Int(core.count)
        stale = Int(core.stale)
        part = MapPart(core.part)
        userId = core.userId
    }
}

import Foundation
import QrocKit

/// A part of the earth in Mercator's projection: what stands in the middle, and the metres of one point there. No map of
/// anybody's is fetched: where an officer looks is nobody's business.
struct Chart: Hashable, Sendable {
    let middle: Place
    let metresPerPoint: Double

    static let nearest = 0.05
    static let farthest = 40_000.0
    private static let equator = 40_075_016.686
    /// Mercator's map ends here.
    private static let limit = 85.05

    /// From 0 to 1, eastwards and southwards.
    private static func world(_ place: Place) -> (x: Double, y: Double) {
        let height = sin(bounded(place.latitude) * .pi / 180)
        return ((place.longitude + 180) / 360, 0.5 - log((1 + height) / (1 - height)) / (4 * .pi))
    }

    private static func bounded(_ latitude: Double) -> Double { min(limit, max(-limit, latitude)) }

    /// The whole way around the earth, in points.
    private var around: Double { Self.equator * cos(Self.bounded(middle.latitude) * .pi / 180) / metresPerPoint }

    /// Where a place is drawn.
    func point(_ place: Place, _ size: CGSize) -> CGPoint {
        let (at, origin) = (Self.world(place), Self.world(middle))
        // The shorter way around.
        let east = (at.x - origin.x).remainder(dividingBy: 1)
        return CGPoint(x: size.width / 2 + east * around, y: size.height / 2 + (at.y - origin.y) * around)
    }

    /// What is drawn there.
    func place(_ point: CGPoint, _ size: CGSize) -> Place {
        let origin = Self.world(middle)
        let x = origin.x + (point.x - size.width / 2) / around
        let y = origin.y + (point.y - size.height / 2) / around
        let latitude = asin(tanh(2 * .pi * (0.5 - y))) * 180 / .pi
        return Place(latitude: latitude, longitude: (x * 360 - 180).remainder(dividingBy: 360))
    }

    /// Metres of ground as points in the middle.
    func points(_ metres: Double) -> Double { metres / metresPerPoint }

    /// The same, moved by so many points.
    func moved(_ by: CGSize, _ size: CGSize) -> Chart {
        let at = CGPoint(x: size.width / 2 - by.width, y: size.height / 2 - by.height)
        return Chart(middle: place(at, size), metresPerPoint: metresPerPoint)
    }

    /// The same, larger around its middle.
    func zoomed(_ factor: Double) -> Chart {
        guard factor.isFinite, factor > 0 else { return self }
        return Chart(middle: middle, metresPerPoint: min(Self.farthest, max(Self.nearest, metresPerPoint / factor)))
    }

    /// The chart that holds all places, with a margin, and never nearer than `least` metres to a point.
    static func around(_ places: [Place], _ size: CGSize, least: Double) -> Chart? {
        guard let first = places.first, size.width > 0, size.height > 0 else { return nil }
        // East of the first by the shorter way, so that the date line does not tear them apart.
        let east = places.map { ($0.longitude - first.longitude).remainder(dividingBy: 360) }
        let latitudes = places.map(\.latitude)
        let (south, north) = (latitudes.min() ?? 0, latitudes.max() ?? 0)
        let (west, far) = (east.min() ?? 0, east.max() ?? 0)
        let middle = Place(
            latitude: (south + north) / 2,
            longitude: (first.longitude + (west + far) / 2).remainder(dividingBy: 360)
        )
        let one = Chart(middle: middle, metresPerPoint: 1)
        let shown = places.map { one.point($0, .zero) }
        let wide = (shown.map(\.x).max() ?? 0) - (shown.map(\.x).min() ?? 0)
        let high = (shown.map(\.y).max() ?? 0) - (shown.map(\.y).min() ?? 0)
        let needed = max(wide / (size.width * 0.7), high / (size.height * 0.7))
        return Chart(middle: middle, metresPerPoint: min(farthest, max(least, needed)))
    }

    /// The roundest number of metres that is no longer than so many points.
    func scale(_ points: Double) -> Double {
        let most = metresPerPoint * points
        let power = pow(10, floor(log10(most)))
        return ([5, 2, 1].first { $0 * power <= most } ?? 1) * power
    }
}

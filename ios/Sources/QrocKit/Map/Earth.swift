import Foundation

/// Degrees, WGS 84.
public struct Place: Hashable, Sendable {
    /// Degrees to the north.
    public var latitude: Double
    /// Degrees to the east.
    public var longitude: Double

    /// Names a place.
    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }

    /// Metres to another place, good within some hundred kilometres and half a percent.
    public func distance(to other: Place) -> Double {
        let (east, north) = steps(to: other)
        return (east * east + north * north).squareRoot()
    }

    /// Degrees from north, clockwise, of the way to another place.
    public func bearing(to other: Place) -> Double {
        let (east, north) = steps(to: other)
        return (atan2(east, north) * 180 / .pi + 360).truncatingRemainder(dividingBy: 360)
    }

    /// Metres to the east and to the north.
    private func steps(to other: Place) -> (Double, Double) {
        let radius = 6_371_008.8
        let middle = (latitude + other.latitude) / 2 * .pi / 180
        let around = (other.longitude - longitude).remainder(dividingBy: 360)
        return (around * .pi / 180 * radius * cos(middle), (other.latitude - latitude) * .pi / 180 * radius)
    }
}

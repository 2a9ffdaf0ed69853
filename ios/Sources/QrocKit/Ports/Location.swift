public import Foundation
public import Qroc

/// What the answers of CoreLocation mean, and what is asked of it. Negative numbers stand there for what is not known.
public enum LocationAnswer {
    /// What was measured, as CoreLocation has it.
    public struct Measured: Hashable, Sendable {
        /// Degrees.
        public var latitude: Double
        /// Degrees.
        public var longitude: Double
        /// Metres around it; negative: the place is worth nothing.
        public var accuracy: Double
        /// Metres per second; negative: not known.
        public var speed: Double
        /// Degrees from north; negative: not known.
        public var course: Double
        /// Metres above the ellipsoid.
        public var altitude: Double
        /// Metres around it; negative: the altitude is worth nothing.
        public var altitudeAccuracy: Double
        /// When.
        public var time: Date

        /// Describes what was measured.
        public init(
            latitude: Double, longitude: Double, accuracy: Double, speed: Double, course: Double, altitude: Double,
            altitudeAccuracy: Double, time: Date
        ) {
            self.latitude = latitude
            self.longitude = longitude
            self.accuracy = accuracy
            self.speed = speed
            self.course = course
            self.altitude = altitude
            self.altitudeAccuracy = altitudeAccuracy
            self.time = time
        }
    }

    /// A fix; nothing where the place is worth nothing. `battery` goes from 0 to 1, and is negative where it is not known.
    public static func fix(_ measured: Measured, battery: Float) -> Fix? {
        guard measured.accuracy >= 0, (-90...90).contains(measured.latitude), (-180...180).contains(measured.longitude)
        else { return nil }
        let charge = battery >= 0 && battery <= 1 ? Int((battery * 100).rounded()) : nil
        return Fix(
            latitude: measured.latitude,
            longitude: measured.longitude,
            time: measured.time,
            accuracy: measured.accuracy,
            speed: measured.speed >= 0 ? measured.speed : nil,
            heading: measured.course >= 0 ? measured.course : nil,
            altitude: measured.altitudeAccuracy > 0 ? measured.altitude : nil,
            source: .fused,
            battery: charge
        )
    }

    /// Why there is no place; nothing where there can be one. `status` is a `CLAuthorizationStatus`.
    public static func trouble(status: Int32, isSwitchedOn: Bool) -> Unavailable? {
        guard isSwitchedOn else { return .switchedOff }
        // Always, and while the app is in use.
        return status == 3 || status == 4 ? nil : .notAllowed
    }

    /// Why it failed; nothing where it is no news. `code` is a `CLError`.
    public static func failure(code: Int, status: Int32, isSwitchedOn: Bool) -> Unavailable? {
        // locationUnknown: it goes on by itself, and silence is told anyway.
        if code == 0 { return nil }
        return trouble(status: status, isSwitchedOn: isSwitchedOn) ?? .noSignal
    }

    /// How exact a place is wanted, in metres; negative numbers are CoreLocation's own words for the best. Who stands
    /// still need not be found to the metre.
    public static func accuracy(_ pace: Pace) -> Double {
        switch pace {
        case .chase: -2  // kCLLocationAccuracyBestForNavigation
        case .patrol: -1  // kCLLocationAccuracyBest
        case .still: 10  // kCLLocationAccuracyNearestTenMeters
        }
    }
}

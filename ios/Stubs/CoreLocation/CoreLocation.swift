// A stand-in on Linux for the part of CoreLocation that the app names.
@_exported public import Foundation

public typealias CLLocationDegrees = Double
public typealias CLLocationDistance = Double
public typealias CLLocationAccuracy = Double
public typealias CLLocationSpeed = Double
public typealias CLLocationDirection = Double

// iOS 2.0
public struct CLLocationCoordinate2D: Sendable {
    public var latitude: CLLocationDegrees
    public var longitude: CLLocationDegrees
}

public final class CLLocation: NSObject, @unchecked Sendable {
    public var coordinate: CLLocationCoordinate2D { .init(latitude: 0, longitude: 0) }
    public var horizontalAccuracy: CLLocationAccuracy { -1 }
    public var verticalAccuracy: CLLocationAccuracy { -1 }
    // iOS 15.0
    public var ellipsoidalAltitude: CLLocationDistance { 0 }
    public var speed: CLLocationSpeed { -1 }
    public var course: CLLocationDirection { -1 }
    public var timestamp: Date { Date() }
}

// iOS 4.2
public enum CLAuthorizationStatus: Int32, Sendable {
    case notDetermined = 0
    case restricted = 1
    case denied = 2
    case authorizedAlways = 3
    case authorizedWhenInUse = 4
}

// iOS 14.0
public enum CLAccuracyAuthorization: Int, Sendable {
    case fullAccuracy = 0
    case reducedAccuracy = 1
}

// iOS 6.0
public enum CLActivityType: Int, Sendable {
    case other = 1
}

public let kCLDistanceFilterNone: CLLocationDistance = -1

public protocol CLLocationManagerDelegate: NSObjectProtocol {
    func locationManager(_ manager: CLLocationManager, didUpdateLocations locations: [CLLocation])
    func locationManager(_ manager: CLLocationManager, didFailWithError error: any Error)
    // iOS 14.0
    func locationManagerDidChangeAuthorization(_ manager: CLLocationManager)
}

public final class CLLocationManager: NSObject, @unchecked Sendable {
    public weak var delegate: (any CLLocationManagerDelegate)?
    public var desiredAccuracy: CLLocationAccuracy = 0
    public var distanceFilter: CLLocationDistance = 0
    public var activityType = CLActivityType.other
    // iOS 6.0
    public var pausesLocationUpdatesAutomatically = true
    // iOS 9.0
    public var allowsBackgroundLocationUpdates = false
    // iOS 11.0
    public var showsBackgroundLocationIndicator = false
    // iOS 14.0
    public var authorizationStatus: CLAuthorizationStatus { .notDetermined }
    public var accuracyAuthorization: CLAccuracyAuthorization { .fullAccuracy }
    public class func locationServicesEnabled() -> Bool { true }
    // iOS 8.0
    public func requestWhenInUseAuthorization() {}
    // iOS 14.0
    public func requestTemporaryFullAccuracyAuthorization(
        withPurposeKey purposeKey: String, completion: (@Sendable ((any Error)?) -> Void)? = nil
    ) {}
    public func startUpdatingLocation() {}
    public func stopUpdatingLocation() {}
}

import CoreLocation
import Foundation
import Qroc
import QrocKit
import UIKit

/// Where this phone is, by CoreLocation. While a position is shared the system shows its own sign, also over other apps.
@MainActor final class PhoneReceiver: NSObject, PositionReceiver {
    private let manager = CLLocationManager()
    private var tell: (@MainActor (LocationReading) -> Void)?
    private var asking: [CheckedContinuation<Void, Never>] = []

    /// Named in Info.plist with its words.
    private static let purpose = "share"

    override init() {
        super.init()
        manager.delegate = self
        manager.pausesLocationUpdatesAutomatically = false
        manager.distanceFilter = kCLDistanceFilterNone
        UIDevice.current.isBatteryMonitoringEnabled = true
    }

    func permit(_ use: PositionUse) async -> Bool {
        if manager.authorizationStatus == .notDetermined {
            await withCheckedContinuation { continuation in
                asking.append(continuation)
                manager.requestWhenInUseAuthorization()
            }
        }
        guard LocationAnswer.trouble(status: manager.authorizationStatus.rawValue, isSwitchedOn: true) == nil else {
            return false
        }
        // A place to some kilometres helps nobody; where the officer keeps to that, it is shared as it is.
        if manager.accuracyAuthorization == .reducedAccuracy {
            manager.requestTemporaryFullAccuracyAuthorization(withPurposeKey: Self.purpose)
        }
        return true
    }

    func begin(_ pace: Pace, for use: PositionUse, _ tell: @escaping @MainActor (LocationReading) -> Void) {
        self.tell = tell
        manager.desiredAccuracy = LocationAnswer.accuracy(pace)
        manager.allowsBackgroundLocationUpdates = use == .live
        manager.showsBackgroundLocationIndicator = use == .live
        manager.startUpdatingLocation()
        look()
    }

    func end() {
        tell = nil
        manager.stopUpdatingLocation()
        manager.allowsBackgroundLocationUpdates = false
    }

    /// Says where there can be no place now.
    private func look() {
        let status = manager.authorizationStatus.rawValue
        Task {
            // It may ask the system, and take its time.
            let isOn = await Task.detached { CLLocationManager.locationServicesEnabled() }.value
            if let trouble = LocationAnswer.trouble(status: status, isSwitchedOn: isOn) { tell?(.nowhere(trouble)) }
        }
    }
}

// Called on the thread that made the manager: the main one.
extension PhoneReceiver: CLLocationManagerDelegate {
    nonisolated func locationManager(_ manager: CLLocationManager, didUpdateLocations locations: [CLLocation]) {
        let all = locations.map { location in
            LocationAnswer.Measured(
                latitude: location.coordinate.latitude, longitude: location.coordinate.longitude,
                accuracy: location.horizontalAccuracy, speed: location.speed, course: location.course,
                altitude: location.ellipsoidalAltitude, altitudeAccuracy: location.verticalAccuracy,
                time: location.timestamp)
        }
        MainActor.assumeIsolated {
            let battery = UIDevice.current.batteryLevel
            for fix in all.compactMap({ LocationAnswer.fix($0, battery: battery) }) { tell?(.at(fix)) }
        }
    }

    nonisolated func locationManager(_ manager: CLLocationManager, didFailWithError error: any Error) {
        let code = (error as NSError).code
        let status = manager.authorizationStatus.rawValue
        MainActor.assumeIsolated {
            let trouble = LocationAnswer.failure(code: code, status: status, isSwitchedOn: true)
            if let trouble { tell?(.nowhere(trouble)) }
        }
    }

    nonisolated func locationManagerDidChangeAuthorization(_ manager: CLLocationManager) {
        let isAnswered = manager.authorizationStatus != .notDetermined
        MainActor.assumeIsolated {
            guard isAnswered else { return }
            for continuation in asking { continuation.resume() }
            asking = []
            look()
        }
    }
}

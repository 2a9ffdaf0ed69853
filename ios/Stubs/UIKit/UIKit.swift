// A stand-in on Linux for the part of UIKit that the app names, and for what Foundation has on Apple's systems alone.
@_exported public import Foundation

// iOS 2.0
@MainActor public final class UIDevice {
    public static let current = UIDevice()
    public var model: String { "iPhone" }
    public var systemVersion: String { "17.2" }
}

// iOS 4.0
public struct UIBackgroundTaskIdentifier: Hashable, Sendable {
    public let rawValue: Int
    public static let invalid = UIBackgroundTaskIdentifier(rawValue: 0)
}

@MainActor public final class UIApplication {
    public static let shared = UIApplication()
    public func beginBackgroundTask(
        withName name: String?, expirationHandler: (@MainActor @Sendable () -> Void)?
    ) -> UIBackgroundTaskIdentifier { .invalid }
    public func endBackgroundTask(_ identifier: UIBackgroundTaskIdentifier) {}
}

// iOS 10.0
@MainActor public final class UIPasteboard {
    public struct OptionsKey: Hashable, Sendable {
        let name: String
        public static let localOnly = OptionsKey(name: "localOnly")
        public static let expirationDate = OptionsKey(name: "expirationDate")
    }
    public static let general = UIPasteboard()
    public func setItems(_ items: [[String: Any]], options: [OptionsKey: Any] = [:]) {}
}

// iOS 8.0
extension URL {
    public func startAccessingSecurityScopedResource() -> Bool { false }
    public func stopAccessingSecurityScopedResource() {}
}

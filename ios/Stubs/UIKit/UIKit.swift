// A stand-in on Linux for the part of UIKit that the app names, and for what Foundation has on Apple's systems alone.
@_exported public import Foundation

// iOS 2.0
@MainActor public final class UIDevice {
    public static let current = UIDevice()
    public var model: String { "iPhone" }
    public var systemVersion: String { "17.2" }
    // iOS 3.0
    public var isBatteryMonitoringEnabled = false
    public var batteryLevel: Float { -1 }
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
    // iOS 8.0
    public func registerForRemoteNotifications() {}
}

// iOS 2.0
@MainActor public protocol UIApplicationDelegate: AnyObject {
    // iOS 3.0
    func application(_ application: UIApplication, didRegisterForRemoteNotificationsWithDeviceToken deviceToken: Data)
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

// iOS 2.0
public struct UIViewAutoresizing: OptionSet, Sendable {
    public let rawValue: UInt
    public init(rawValue: UInt) { self.rawValue = rawValue }
    public static let flexibleWidth = UIViewAutoresizing(rawValue: 2)
    public static let flexibleHeight = UIViewAutoresizing(rawValue: 16)
}

@MainActor open class UIView {
    public var frame = CGRect.zero
    public var bounds: CGRect { frame }
    public var autoresizingMask: UIViewAutoresizing = []
    public func addSubview(_ view: UIView) {}
}

@MainActor open class UIViewController {
    public init() {}
    public let view = UIView()
    open func viewDidLoad() {}
    public func addChild(_ child: UIViewController) {}
    public func didMove(toParent parent: UIViewController?) {}
    // iOS 8.0
    public var extensionContext: NSExtensionContext? { nil }
}

public final class NSExtensionContext: @unchecked Sendable {
    public var inputItems: [Any] { [] }
    public func completeRequest(returningItems items: [Any]?, completionHandler: (@Sendable (Bool) -> Void)? = nil) {}
}

public final class NSExtensionItem {
    public var attachments: [NSItemProvider]? { nil }
}

public final class NSItemProvider: @unchecked Sendable {
    public func hasItemConformingToTypeIdentifier(_ identifier: String) -> Bool { false }
    // iOS 11.0
    public func loadFileRepresentation(
        forTypeIdentifier identifier: String, completionHandler: @escaping @Sendable (URL?, (any Error)?) -> Void
    ) -> Progress { Progress(totalUnitCount: 1) }
    public func canLoadObject<T>(ofClass kind: T.Type) -> Bool { false }
    public func loadObject<T: Sendable>(
        ofClass kind: T.Type, completionHandler: @escaping @Sendable (T?, (any Error)?) -> Void
    ) -> Progress { Progress(totalUnitCount: 1) }
}

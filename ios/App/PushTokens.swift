import Foundation
import UIKit

/// Listens for the token by which Apple wakes the app.
@MainActor final class PushTokens: NSObject, UIApplicationDelegate {
    /// Takes it.
    static var take: (@MainActor (Data) -> Void)?

    /// Tokens of a development build are another gateway entry's than those of a shipped one.
    static var appId: String {
        let name = Bundle.main.bundleIdentifier ?? "eu.qroc.app"
        #if DEBUG
            return name + ".dev"
        #else
            return name
        #endif
    }

    // iOS 3.0
    func application(
        _ application: UIApplication, didRegisterForRemoteNotificationsWithDeviceToken deviceToken: Data
    ) {
        Self.take?(deviceToken)
    }
}

public import Foundation
import Qroc

// Being woken by push messages.
extension AppModel {
    /// Whether the organisation has a push gateway: only then is the system asked for a token, and with it Apple.
    public func wantsPushToken() async -> Bool {
        guard let lines = try? await client?.policy() else { return false }
        return lines.contains { $0.key == "push.gateway_url" && $0.value != nil }
    }

    /// The system gave the app a token, for the first time or again.
    ///
    /// - Parameters:
    ///   - token: As the system gives it.
    ///   - appId: Names the app, as it was built, to the gateway.
    /// - Returns: Whether it is kept: not where nobody is signed in, or the profile is let go. The system is asked again when
    ///   the app comes to the front.
    @discardableResult
    public func takePushToken(_ token: Data, appId: String) async -> Bool {
        guard let client else { return false }
        do throws(QrocError) {
            try await client.setPush(PushRegistration(appId: appId, token: token.base64EncodedString()))
            return true
        } catch {
            return false
        }
    }
}

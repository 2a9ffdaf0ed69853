internal import QrocCore

/// The service that wakes the phone.
public enum PushService: Hashable, Sendable {
    /// Apple's: its messages wake the notification extension.
    case apple
    /// Any other: its messages wake the app.
    case other

    var core: QrocCore.PushService {
        switch self {
        case .apple: .apple
        case .other: .other
        }
    }
}

/// What the platform gave the app to be woken by.
public struct PushRegistration: Hashable, Sendable {
    /// Names the app to the organisation's gateway, 1 to 64 bytes.
    public var appId: String
    /// Names the app on this phone to its service, 1 to 512 bytes: for Apple's the token in base64.
    public var token: String
    /// Whose token it is.
    public var service: PushService

    /// Describes it.
    public init(appId: String, token: String, service: PushService = .apple) {
        self.appId = appId
        self.token = token
        self.service = service
    }
}

/// How it stands with push messages.
public enum PushState: Hashable, Sendable {
    /// Nobody wants them.
    case off
    /// They are wanted, and policy names no gateway (`push.gateway_url`): nothing is told to anybody.
    case noGateway
    /// The server is told as soon as it answers.
    case waiting
    /// The server sends them.
    case on
    /// The server does not take them.
    case refused

    init(_ core: QrocCore.PushState) {
        switch core {
        case .off: self = .off
        case .noGateway: self = .noGateway
        case .waiting: self = .waiting
        case .on: self = .on
        case .refused: self = .refused
        }
    }
}

extension Client {
    /// Wants push messages for what the platform gave the app to be woken by; another token replaces the one before, and
    /// saying the same again costs nothing. Kept when this returns; the server is told while the client runs. They go
    /// through the gateway that policy names and carry ids alone. A change.
    ///
    /// - Throws: `badInput` for an app id or token that no server takes, `closed`, `storage`.
    public func setPush(_ registration: PushRegistration) async throws(QrocError) {
        let wanted = QrocCore.PushRegistration(
            appId: registration.appId, token: registration.token, service: registration.service.core)
        try await translated { [core] in try await core.setPush(registration: wanted) }
    }

    /// Wants no push messages any more. A change.
    ///
    /// - Throws: `closed`, `storage`.
    public func clearPush() async throws(QrocError) {
        try await translated { [core] in try await core.clearPush() }
    }

    /// Says how it stands with push messages.
    ///
    /// - Throws: `closed`.
    public func pushState() throws(QrocError) -> PushState {
        PushState(try translated { try core.pushState() })
    }
}

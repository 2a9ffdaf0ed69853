internal import QrocCore

/// What the core could not do, sorted by what a screen does about it.
///
/// ```swift
/// do {
///     try await room.send("North gate is closed")
/// } catch {
///     switch error.kind {
///     case .network, .rateLimited: offerRetry()
///     case .signIn: showSignIn()
///     case .cancelled: break
///     default: show(String(localized: .init(error.textKey)))
///     }
/// }
/// ```
public struct QrocError: Error, Hashable, Sendable {
    /// What a screen does about it.
    public enum Kind: Hashable, Sendable {
        /// The network or the server cannot be used now: offer to try again. What was queued is sent by itself.
        case network
        /// The server asks to wait for so long.
        case rateLimited(retryAfter: Duration)
        /// Nobody is signed in, or not any more: show the sign-in.
        case signIn
        /// Contents are locked: ask for what unlocks them, or say who can.
        case locked
        /// The server, or a rule of the room, forbids it.
        case forbidden
        /// The organisation's policy forbids it: explain by the policy's key, and where its value comes from.
        case policy(key: String, source: String)
        /// What was named does not exist here.
        case notFound
        /// What was given cannot be used: a word, an id, a file.
        case badInput
        /// Another process has the profile open.
        case inUse
        /// The device's storage cannot be read or written.
        case storage
        /// The object was closed: make a new one.
        case closed
        /// A fault of this program or of the platform's own code.
        case `internal`
        /// The task that called was cancelled: nobody waits for an answer, so there is nothing to show.
        case cancelled
    }

    /// What a screen does about it.
    public let kind: Kind
    /// What it was: stable, for programs and logs; nothing of a user is in it.
    public let code: String
    /// Names the text to show, in the app's languages; ``Client/errorTextKeys`` lists them all.
    public let textKey: String

    init(_ kind: Kind, code: String) {
        self.kind = kind
        self.code = code
        textKey = "error_\(code)"
    }
}

extension QrocError: CustomStringConvertible {
    /// The code.
    public var description: String { code }
}

extension QrocError {
    static let closed = QrocError(.closed, code: "closed")
    static let cancelled = QrocError(.cancelled, code: "cancelled")

    /// Says in our own words what a call of the generated code threw.
    init(_ error: any Error) {
        switch error {
        case let error as QrocError: self = error
        case let error as QrocCore.QrocError: self.init(error)
        case is CancellationError: self = .cancelled
        // The library itself broke off: a panic that crossed as such.
        default: self.init(.internal, code: "panic")
        }
    }

    private init(_ error: QrocCore.QrocError) {
        switch error {
        case .Network(let code, let textKey): self.init(.network, code, textKey)
        case .RateLimited(let code, let textKey, let retryAfter):
            self.init(.rateLimited(retryAfter: Duration(seconds: retryAfter)), code, textKey)
        case .SignIn(let code, let textKey): self.init(.signIn, code, textKey)
        case .Locked(let code, let textKey): self.init(.locked, code, textKey)
        case .Forbidden(let code, let textKey): self.init(.forbidden, code, textKey)
        case .Policy(let code, let textKey, let policyKey, let policySource):
            self.init(.policy(key: policyKey, source: policySource), code, textKey)
        case .NotFound(let code, let textKey): self.init(.notFound, code, textKey)
        case .BadInput(let code, let textKey): self.init(.badInput, code, textKey)
        case .InUse(let code, let textKey): self.init(.inUse, code, textKey)
        case .Storage(let code, let textKey): self.init(.storage, code, textKey)
        case .Closed(let code, let textKey): self.init(.closed, code, textKey)
        case .Internal(let code, let textKey): self.init(.internal, code, textKey)
        }
    }

    private init(_ kind: Kind, _ code: String, _ textKey: String) {
        self.kind = kind
        self.code = code
        self.textKey = textKey
    }
}

/// Calls the generated code, and throws in our own words.
func translated<T>(_ call: () throws -> T) throws(QrocError) -> T {
    do {
        return try call()
    } catch {
        throw QrocError(error)
    }
}

/// Calls the generated code, never on the main thread, and throws in our own words.
func translated<T: Sendable>(_ call: @Sendable () async throws -> T) async throws(QrocError) -> T {
    do {
        return try await call()
    } catch {
        throw QrocError(error)
    }
}

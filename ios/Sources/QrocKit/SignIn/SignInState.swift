/// What the sign-in screen shows.
public struct SignInState: Hashable, Sendable {
    /// Its address.
    public var server = ""
    /// Who signs in.
    public var user = ""
    /// As typed.
    public var password = ""
    /// Whether what is stored is sealed with a passphrase of the officer's own.
    public var needsPassphrase = false
    /// As typed.
    public var passphrase = ""
    /// As typed again.
    public var passphraseAgain = ""
    /// Whether it is being tried.
    public var working = false
    /// Why it did not work.
    public var problem: SignInProblem?

    /// Characters.
    public static let shortestPassphrase = 8

    /// Describes the screen before anything was typed.
    public init() {}

    /// Whether there is enough to try.
    public var complete: Bool {
        let sealed = passphrase.count >= Self.shortestPassphrase && passphrase == passphraseAgain
        return !server.isBlank && !user.isBlank && !password.isEmpty && (!needsPassphrase || sealed)
    }
}

/// Why signing in did not work.
public enum SignInProblem: Hashable, Sendable {
    /// No answer from there.
    case unreachable
    /// An answer, but not of a Matrix server.
    case noServer
    /// Name or password.
    case refused
    /// Another program has the profile open.
    case inUse
    /// Everything else, in the core's words.
    case other(String)
}

/// What an officer does on the sign-in screen.
public enum SignInEvent: Hashable, Sendable {
    /// Types an address.
    case server(String)
    /// Types a name.
    case user(String)
    /// Types the password.
    case password(String)
    /// Types a passphrase.
    case passphrase(String)
    /// Types it again.
    case passphraseAgain(String)
    /// Signs in.
    case submit
}

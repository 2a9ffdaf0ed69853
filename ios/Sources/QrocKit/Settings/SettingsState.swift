public import Foundation

/// What the settings show.
public struct SettingsState: Hashable, Sendable {
    /// `@name:server`.
    public var userId = ""
    /// This device.
    public var deviceId = ""
    /// Its address.
    public var server = ""
    /// Whether the account's identity vouches for this device.
    public var verified = false
    /// The last answer of the server.
    public var lastSync: Date?
    /// What waits to be sent.
    public var waiting = 0
    /// What is stored.
    public var databaseBytes: UInt64 = 0
    /// How bright.
    public var appearance: Appearance = .system
    /// Nothing for the system's.
    public var language: String?
    /// What runs.
    public var version = ""
    /// The farewell that is asked about.
    public var asking: Farewell?
    /// Whether it is being done.
    public var working = false
    /// What could not be done.
    public var error: String?

    /// Describes settings that are being read.
    public init() {}
}

/// Ways to go.
public enum Farewell: Hashable, Sendable {
    /// The server is told.
    case signOut
    /// At once, also without a network.
    case wipe
}

/// What an officer does there.
public enum SettingsEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Looks at the devices.
    case devices
    /// Looks at the recovery key.
    case recovery
    /// Looks at the rules.
    case policy
    /// Looks at what waits.
    case queue
    /// Chooses how bright it is.
    case look(Appearance)
    /// Chooses the language; nothing for the system's.
    case language(String?)
    /// Wants to go: asked once more.
    case ask(Farewell)
    /// Goes.
    case confirm(Farewell)
    /// Does not.
    case stay
}

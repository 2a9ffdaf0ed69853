public import Foundation
public import Qroc

/// What the platform does for the screens. Each call may take its time; nothing of it is a rule.
@MainActor public protocol Surroundings: AnyObject, Sendable {
    /// What this device is called in the list of devices.
    var deviceName: String { get }

    /// What runs, as in `0.1.0`.
    var version: String { get }

    /// The language of the system, BCP 47.
    var language: String { get }

    /// The time.
    var time: any Timekeeper { get }

    /// Where the keys of the profile are kept.
    var vaults: any Vaults { get }

    /// Says where this device is; nothing where it cannot know.
    var receiver: (any PositionReceiver)? { get }

    /// Lets the officer choose a file; nothing where they did not.
    func chooseFile(photo: Bool) async -> URL?

    /// A file that was chosen is not needed any more: a copy of it goes.
    func release(_ file: URL)

    /// Lets the officer choose where a file goes; nothing where they did not.
    func chooseTarget(_ name: String) async -> URL?

    /// Reads a picture, made no larger than a screen; nothing where it is none. What is fetched to be looked at never
    /// becomes a file.
    func decode(_ bytes: Data) async -> Picture?

    /// Puts text on the clipboard of this device, for a while.
    func copy(_ text: String)

    /// Settings of the looks; nothing of it is secret.
    func loadSettings() -> [String: String]

    /// Keeps them.
    func saveSettings(_ settings: [String: String])
}

extension Surroundings {
    /// None.
    public var receiver: (any PositionReceiver)? { nil }

    /// Nothing was copied.
    public func release(_ file: URL) {}
}

/// Chooses the vault of the profile.
public protocol Vaults: Sendable {
    /// Whether what is stored is sealed with a passphrase of the officer's own.
    var needsPassphrase: Bool { get }

    /// The vault; the passphrase is empty where none is needed.
    func vault(passphrase: Data) -> Vault
}

/// The platform's key store: nothing to be remembered.
public struct DeviceVaults: Vaults {
    private let keeper: any KeyVault

    /// Keeps keys in a platform's store.
    public init(_ keeper: any KeyVault) {
        self.keeper = keeper
    }

    /// No.
    public var needsPassphrase: Bool { false }

    /// The store.
    public func vault(passphrase: Data) -> Vault { .platform(keeper) }
}

/// A passphrase, where there is no key store.
public struct PassphraseVaults: Vaults {
    /// Asks for a passphrase.
    public init() {}

    /// Yes.
    public var needsPassphrase: Bool { true }

    /// What the passphrase opens.
    public func vault(passphrase: Data) -> Vault { .passphrase(passphrase) }
}

/// A picture that was decoded: what is in it only the platform knows.
public struct Picture: Hashable, Sendable {
    /// Pixels.
    public let width: Int
    /// Pixels.
    public let height: Int
    /// The platform's own object.
    public let content: any Sendable
    private let id = UUID()

    /// Wraps what the platform has decoded.
    public init(width: Int, height: Int, content: any Sendable) {
        self.width = width
        self.height = height
        self.content = content
    }

    /// Two are the same where one is a copy of the other.
    public static func == (one: Picture, other: Picture) -> Bool { one.id == other.id }

    /// By what makes it unlike all others.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

public import Foundation

/// What is shown while the profile on this device is sealed.
public struct UnlockState: Hashable, Sendable {
    /// Whether a passphrase is asked for; else the device itself keeps the key.
    public var needsPassphrase = false
    /// As typed.
    public var passphrase = ""
    /// Whether a PIN is asked for, too.
    public var sealed = false
    /// As typed.
    public var pin = ""
    /// Wrong PINs until everything is erased; nothing where there is no limit.
    public var attemptsLeft: Int?
    /// When the next PIN may be given; nothing for now.
    public var retryAt: Date?
    /// Whether it is being tried.
    public var working = false
    /// Why it stays sealed.
    public var problem: UnlockProblem?
    /// Whether erasing everything is asked about.
    public var askWipe = false

    /// Describes the screen before anything was typed.
    public init() {}

    /// Whether there is enough to try.
    public var complete: Bool { (!needsPassphrase || !passphrase.isEmpty) && (!sealed || !pin.isEmpty) }
}

/// Why it stays sealed.
public enum UnlockProblem: Hashable, Sendable {
    /// The passphrase.
    case wrong
    /// The PIN.
    case wrongPin
    /// Another program has the profile open.
    case inUse
    /// Everything else, in the core's words.
    case other(String)
}

/// What an officer does there.
public enum UnlockEvent: Hashable, Sendable {
    /// Types the passphrase.
    case passphrase(String)
    /// Types the PIN.
    case pin(String)
    /// Unlocks.
    case submit
    /// Wants to erase everything: asked once more.
    case askWipe
    /// Does not.
    case keepAll
    /// Does.
    case wipe
}

public import Foundation
internal import QrocCore

/// Whether a PIN is asked for.
public enum LockState: Hashable, Sendable {
    /// There is no PIN.
    case open
    /// There is one, and it was given.
    case unlocked
    /// There is one, and nothing but it opens the profile.
    case sealed
}

/// How the application lock of a profile stands.
public struct LockStatus: Hashable, Sendable {
    /// Whether a PIN is asked for.
    public let state: LockState
    /// Wrong attempts that are left; without it there is no limit, or no lock.
    public let attemptsLeft: Int?
    /// When the next attempt is possible; without it now.
    public let retryAt: Date?
    /// Whether policy asks for a lock.
    public let required: Bool
}

extension Client {
    /// Says how the lock of a profile stands; needs no key. A read.
    ///
    /// - Throws: `signIn` where nobody is signed in, `storage`.
    public static func lockStatus(profile: URL) async throws(QrocError) -> LockStatus {
        try await translated { LockStatus(try await QrocCore.lockStatus(profile: profile.path)) }
    }

    /// Opens a sealed profile for this device, until it is sealed again or the device restarts:
    /// ``open(profile:vault:)`` works then. The attempt is counted before it is made; after the last one all keys and
    /// data are destroyed. The caller clears its own copy of the PIN. A change.
    ///
    /// - Throws: `locked` (`wrong_pin`, `wait_for_attempt`: ``lockStatus(profile:)`` says what is left), `signIn`
    ///   (`destroyed_by_attempts`) after the last attempt, `badInput` (`no_pin`), `storage`.
    @discardableResult
    public static func unlock(profile: URL, vault: Vault, pin: Data) async throws(QrocError) -> LockStatus {
        try await translated {
            LockStatus(try await QrocCore.unlock(profile: profile.path, vault: vault.core, pin: pin))
        }
    }

    /// Sets the PIN of the application lock, or another one. It is not asked for until the profile is sealed. The vault
    /// is the one that the profile was opened with. The caller clears its own copy of the PIN. A change.
    ///
    /// - Throws: `policy` with the rule that the PIN breaks, `badInput` for what is no text, `locked` by the vault,
    ///   `closed`, `storage`.
    public func setPin(_ pin: Data, vault: Vault) async throws(QrocError) {
        try await translated { [core] in try await core.setPin(vault: vault.core, pin: pin) }
    }

    /// Locks: closes the client and seals its profile, so that the keys are in no memory and nothing but the PIN opens
    /// it: ``unlock(profile:vault:pin:)``. A change.
    ///
    /// - Throws: `badInput` (`no_pin`) without a PIN: then nothing has happened. `inUse`, `storage`.
    @discardableResult
    public func seal() async throws(QrocError) -> LockStatus {
        try await translated { [core] in LockStatus(try await core.seal()) }
    }
}

extension LockStatus {
    init(_ core: QrocCore.LockStatus) {
        state = LockState(core.state)
        attemptsLeft = core.attemptsLeft.map(Int.init)
        retryAt = core.retryAt
        required = core.required
    }
}

extension LockState {
    init(_ core: QrocCore.LockState) {
        switch core {
        case .open: self = .open
        case .unlocked: self = .unlocked
        case .sealed: self = .sealed
        }
    }
}

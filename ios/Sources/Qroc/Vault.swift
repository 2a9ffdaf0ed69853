public import Foundation
internal import QrocCore

/// Chooses where the key of a profile is kept.
public final class Vault: Sendable {
    let core: QrocCore.Vault

    private init(_ core: QrocCore.Vault) {
        self.core = core
    }

    /// The platform keeps the key.
    public static func platform(_ vault: any KeyVault) -> Vault {
        Vault(.platform(vault: VaultAdapter(vault)))
    }

    /// A passphrase opens the key (Argon2id). The caller clears its own copy.
    public static func passphrase(_ passphrase: Data) -> Vault {
        Vault(.passphrase(passphrase: passphrase))
    }

    /// A key file opens the key: for bots and tests, since whoever has both files reads all.
    public static func keyFile(_ url: URL) -> Vault {
        Vault(.keyFile(path: url.path))
    }
}

/// Keeps keys for the core, such as in the Keychain. Called on threads of the core; it may take its time (a prompt: up
/// to five minutes, all else a minute), and may call the core. Throw ``VaultFault``; anything else is taken for
/// ``VaultFault/unavailable``.
public protocol KeyVault: Sendable {
    /// Returns a stable name, such as `keychain`: a profile remembers it and is opened by no other.
    func kind() async throws -> String

    /// Returns what a later start needs to find this vault again. Stored readable: nothing secret.
    func parameters() async throws -> [String: String]

    /// Makes a new key and returns its name. `label` is shown where the platform lists keys.
    func create(label: String) async throws -> Data

    /// Seals `secret` (32 bytes) with the key `handle`, bound to `aad`: opening it with any other `aad` fails.
    func wrap(_ secret: Data, with handle: Data, aad: Data) async throws -> Data

    /// Opens what ``wrap(_:with:aad:)`` sealed.
    func unwrap(_ wrapped: Data, with handle: Data, aad: Data) async throws -> Data

    /// Destroys the key `handle`; one that is gone already is no error.
    func destroy(_ handle: Data) async throws
}

/// Says why the platform's vault did not answer with a key.
public enum VaultFault: Error, Hashable, Sendable {
    /// The person has to be present (fingerprint, face, device code); the call may then be repeated.
    case userPresenceNeeded
    /// The device was restarted and not unlocked since.
    case lockedUntilFirstUnlock
    /// The key is not there any more, and what it wrapped cannot be opened by anybody.
    case gone
    /// What is to be opened was changed, or belongs to another profile.
    case wrongSecret
    /// The vault cannot be used here and now.
    case unavailable

    var core: QrocCore.VaultFault {
        switch self {
        case .userPresenceNeeded: .UserPresenceNeeded
        case .lockedUntilFirstUnlock: .LockedUntilFirstUnlock
        case .gone: .Gone
        case .wrongSecret: .WrongSecret
        case .unavailable: .Unavailable
        }
    }
}

private final class VaultAdapter: QrocCore.KeyVault {
    private let vault: any KeyVault

    init(_ vault: any KeyVault) {
        self.vault = vault
    }

    func kind() async throws -> String {
        try await faults { try await vault.kind() }
    }

    func parameters() async throws -> [String: String] {
        try await faults { try await vault.parameters() }
    }

    func create(label: String) async throws -> Data {
        try await faults { try await vault.create(label: label) }
    }

    func wrap(handle: Data, secret: Data, aad: Data) async throws -> Data {
        try await faults { try await vault.wrap(secret, with: handle, aad: aad) }
    }

    func unwrap(handle: Data, wrapped: Data, aad: Data) async throws -> Data {
        try await faults { try await vault.unwrap(wrapped, with: handle, aad: aad) }
    }

    func destroy(handle: Data) async throws {
        try await faults { try await vault.destroy(handle) }
    }

    /// Words of other errors do not cross: they may hold anything.
    private func faults<T>(_ call: () async throws -> T) async throws(QrocCore.VaultFault) -> T {
        do {
            return try await call()
        } catch {
            throw (error as? VaultFault ?? .unavailable).core
        }
    }
}

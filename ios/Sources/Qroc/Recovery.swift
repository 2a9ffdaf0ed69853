public import Foundation
internal import QrocCore

/// Whether the account has a recovery key.
public enum RecoveryKeyState: Hashable, Sendable {
    /// It has none.
    case none
    /// It was made here and never shown to anybody: show another one.
    case unshown
    /// It has one.
    case on
}

/// How the backup of the keys stands.
public enum BackupState: Hashable, Sendable {
    /// There is none, or policy wants none.
    case off
    /// There is one, and its key is not on this device: ``Client/restore(_:)``, or verify this device by another.
    case locked
    /// Keys are being fetched from it.
    case restoring
    /// Keys wait to be uploaded.
    case pending
    /// Everything is in it.
    case on
}

/// How backup and recovery key stand.
public struct RecoveryStatus: Hashable, Sendable {
    /// Whether there is a recovery key.
    public let key: RecoveryKeyState
    /// How the backup stands.
    public let backup: BackupState
    /// The backup's number at the server.
    public let version: String?
    /// Room keys on this device: they grow while they are restored.
    public let keys: Int
    /// Those that are not in the backup yet.
    public let waiting: Int
    /// Whether the account's identity vouches for this device.
    public let verified: Bool
    /// Whether policy wants a backup.
    public let required: Bool
}

/// What restoring with the recovery key came to.
public struct Restored: Hashable, Sendable {
    /// Whether this device is verified now.
    public let verified: Bool
    /// Whether the backup is open: what is left of it is fetched while the client syncs.
    public let history: Bool
    /// Room keys that this call has fetched from it. The sync fetches them as well: ``Client/recoveryStates`` tells how far
    /// that is.
    public let keys: Int
}

/// A recovery key that was just made: whoever has it and can sign in reads everything. To be shown once, to be written
/// down. Neither a log nor its description has it.
public final class RecoveryKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let core: QrocCore.RecoveryKey

    init(_ core: QrocCore.RecoveryKey) {
        self.core = core
    }

    /// The key as it is to be written down, in groups of four, as UTF-8: clear it afterwards. `nil` after ``shown()``.
    /// From memory.
    public func reveal() -> Data? { core.reveal() }

    /// Notes that the user has written it down, and forgets it: it cannot be had again. Until then the account counts as
    /// one whose key nobody has. A change.
    ///
    /// - Throws: `closed`, `storage`.
    public func shown() async throws(QrocError) {
        try await translated { [core] in try await core.shown() }
    }

    /// Nothing of the key.
    public var description: String { "RecoveryKey" }

    /// Nothing of the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

// Backup and recovery key.
extension Client {
    /// Says how backup and recovery key stand. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func recovery() async throws(QrocError) -> RecoveryStatus {
        try await translated { [core] in RecoveryStatus(try await core.recovery()) }
    }

    /// How backup and recovery key stand, from now on, also while keys are restored or uploaded. Each use is one of its
    /// own.
    public var recoveryStates: Updates<RecoveryStatus> {
        let states: QrocCore.RecoveryStates = core.recoveryStates()
        return Updates(
            reader: Reader(Turns { states.restart() }) { try await states.next().map(RecoveryStatus.init) }
        )
    }

    /// Makes the recovery key and, where there is none, the backup. A change; made again after a fault, it goes on.
    ///
    /// - Parameters:
    ///   - passphrase: Opens them as well, as UTF-8; clear it afterwards.
    ///   - replace: Makes both anew: the key that was written down before, and the backup that it opens, are worthless
    ///     from then on.
    /// - Returns: The key, to be shown once.
    /// - Throws: `badInput` (`recovery_key_exists`) without `replace`, `forbidden` (`not_verified`) on a device that has
    ///   no say, `policy` also for a passphrase that is too short, `network`, `rateLimited`, `locked`, `closed`,
    ///   `storage`.
    public func createRecoveryKey(
        passphrase: Data? = nil,
        replace: Bool = false
    ) async throws(QrocError) -> RecoveryKey {
        try await translated { [core] in
            RecoveryKey(try await core.createRecoveryKey(passphrase: passphrase, replace: replace))
        }
    }

    /// Verifies this device with the recovery key or its passphrase, and brings back the keys of the history. What could
    /// not be fetched at once is fetched while the client syncs. A change.
    ///
    /// - Parameter typed: As UTF-8; clear it afterwards.
    /// - Returns: What it came to.
    /// - Throws: `badInput` (`wrong_recovery_key`, `other_recovery_key`) for what is wrong with it, `notFound`
    ///   (`no_recovery_key`) where there is nothing that it opens, `network`, `rateLimited`, `locked`, `closed`,
    ///   `storage`.
    @discardableResult
    public func restore(_ typed: Data) async throws(QrocError) -> Restored {
        try await translated { [core] in Restored(try await core.restore(typed: typed)) }
    }
}

extension RecoveryStatus {
    init(_ core: QrocCore.RecoveryStatus) {
        key = RecoveryKeyState(core.key)
        backup = BackupState(core.backup)
        version = core.version
        keys = Int(core.keys)
        waiting = Int(core.waiting)
        verified = core.verified
        required = core.required
    }
}

extension RecoveryKeyState {
    init(_ core: QrocCore.RecoveryKeyState) {
        switch core {
        case .none: self = .none
        case .unshown: self = .unshown
        case .on: self = .on
        }
    }
}

extension BackupState {
    init(_ core: QrocCore.BackupState) {
        switch core {
        case .off: self = .off
        case .locked: self = .locked
        case .restoring: self = .restoring
        case .pending: self = .pending
        case .on: self = .on
        }
    }
}

extension Restored {
    init(_ core: QrocCore.Restored) {
        verified = core.verified
        history = core.history
        keys = Int(core.keys)
    }
}

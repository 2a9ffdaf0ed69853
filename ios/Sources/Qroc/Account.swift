public import Foundation
internal import QrocCore

/// What the server lets this sign-in do.
public enum AccountState: Hashable, Sendable {
    /// Everything.
    case active
    /// The token ended and could not be refreshed: sign in again, data stays.
    case softSignedOut
    /// The account is locked: content is hidden, nothing is deleted.
    case locked
    /// Reading only.
    case suspended
    /// The account's time is over.
    case expired
    /// The server refuses the sign-in; hidden until a second question confirms it.
    case refusedOnce
}

/// The account, as a status line shows it.
public struct Status: Hashable, Sendable {
    /// `@name:server`.
    public let userId: String
    /// The device of this sign-in.
    public let deviceId: String
    /// Base URL of the server.
    public let homeserver: String
    /// What the server lets the account do.
    public let state: AccountState
    /// Time of the last sync answer.
    public let lastSync: Date?
    /// Actions that wait to be sent, failed ones included.
    public let queued: Int
    /// Whether the account's identity vouches for this device.
    public let verified: Bool
    /// Whether keys are backed up on the server.
    public let backup: Bool
    /// Size of the database in bytes.
    public let dbBytes: UInt64
    /// Sealed files that are kept from the server.
    public let cacheFiles: UInt64
    /// Their size in bytes.
    public let cacheBytes: UInt64
}

/// A sign-in that worked.
public struct SignedIn: Hashable, Sendable {
    /// `@name:server`.
    public let userId: String
    /// The device of this sign-in.
    public let deviceId: String
    /// Base URL of the server.
    public let homeserver: String
}

/// How far a device is trusted.
public enum DeviceTrust: Hashable, Sendable {
    /// It is this one.
    case this
    /// The identity of its owner vouches for it, and that was compared.
    case verified
    /// Nothing vouches for it.
    case unverified
    /// Its owner's identity is another than before, and nobody has looked at that.
    case changed
}

/// A device of the account, or of somebody else.
public struct Device: Identifiable, Hashable, Sendable {
    /// Its id.
    public let deviceId: String
    /// As it was named.
    public let name: String?
    /// How far it is trusted.
    public let trust: DeviceTrust
    /// When the server last heard of it.
    public let lastSeen: Date?

    /// Its id.
    public var id: String { deviceId }
}

/// What one run of sync came to.
public struct SyncSummary: Hashable, Sendable {
    /// Rooms joined or invited to.
    public let rooms: Int
    /// Events that were not there before.
    public let events: Int
    /// Queued actions that the server took.
    public let sent: Int
    /// Events that cannot be read (yet).
    public let undecryptable: Int
    /// How long it took.
    public let took: Duration
}

/// What signing out or wiping came to.
public struct Destroyed: Hashable, Sendable {
    /// Files that are gone.
    public let destroyed: Int
    /// Whether the server knows that the device is gone.
    public let serverInformed: Bool
}

/// Whether the server answers, as a screen says it.
public enum Connection: Hashable, Sendable {
    /// Nobody asks it: the client is in the background.
    case idle
    /// It was asked and has not answered yet.
    case connecting
    /// It answers.
    case online
    /// It cannot be reached; asked again by itself.
    case offline
    /// It refuses the sign-in: contents are hidden, the status says why.
    case held
    /// The client was closed or signed out here.
    case closed
    /// The server ended the sign-in, or the profile was wiped: keys and data are gone.
    case signedOut
    /// The program or the storage has a fault: open the profile again.
    case failed
}

extension AccountState {
    init(_ core: QrocCore.AccountState) {
        switch core {
        case .active: self = .active
        case .softSignedOut: self = .softSignedOut
        case .locked: self = .locked
        case .suspended: self = .suspended
        case .expired: self = .expired
        case .refusedOnce: self = .refusedOnce
        }
    }
}

extension Status {
    init(_ core: QrocCore.Status) {
        userId = core.userId
        deviceId = core.deviceId
        homeserver = core.homeserver
        state = AccountState(core.state)
        lastSync = core.lastSync
        queued = Int(core.queued)
        verified = core.verified
        backup = core.backup
        dbBytes = core.dbBytes
        cacheFiles = core.cacheFiles
        cacheBytes = core.cacheBytes
    }
}

extension SignedIn {
    init(_ core: QrocCore.SignedIn) {
        userId = core.userId
        deviceId = core.deviceId
        homeserver = core.homeserver
    }
}

extension Device {
    init(_ core: QrocCore.Device) {
        deviceId = core.deviceId
        name = core.name
        trust = DeviceTrust(core.trust)
        lastSeen = core.lastSeen
    }
}

extension DeviceTrust {
    init(_ core: QrocCore.DeviceTrust) {
        switch core {
        case .this: self = .this
        case .verified: self = .verified
        case .unverified: self = .unverified
        case .changed: self = .changed
        }
    }
}

extension SyncSummary {
    init(_ core: QrocCore.SyncSummary) {
        rooms = Int(core.rooms)
        events = Int(core.events)
        sent = Int(core.sent)
        undecryptable = Int(core.undecryptable)
        took = Duration(seconds: core.took)
    }
}

extension Destroyed {
    init(_ core: QrocCore.Destroyed) {
        destroyed = Int(core.destroyed)
        serverInformed = core.serverInformed
    }
}

extension Connection {
    init(_ core: QrocCore.Connection) {
        switch core {
        case .idle: self = .idle
        case .connecting: self = .connecting
        case .online: self = .online
        case .offline: self = .offline
        case .held: self = .held
        case .closed: self = .closed
        case .signedOut: self = .signedOut
        case .failed: self = .failed
        }
    }
}

public import Foundation
public import Qroc

/// The devices of this account.
public struct DevicesState: Hashable, Sendable {
    /// This one first; nothing while they are read.
    public var devices: [DeviceRow]?
    /// Whether the account's other devices trust this one.
    public var verified = true
    /// What could not be done.
    public var error: String?
    /// The one that is being signed out.
    public var leaving: DeviceRow?
    /// As typed.
    public var password = ""
    /// Whether it is being done.
    public var working = false
    /// Whether the password was wrong.
    public var wrongPassword = false

    /// Describes a list that is being read.
    public init() {}
}

/// A device.
public struct DeviceRow: Hashable, Identifiable, Sendable {
    /// Its id.
    public var id: String
    /// As it was named.
    public var name: String
    /// How far it is trusted.
    public var trust: DeviceTrust
    /// When the server last heard of it.
    public var lastSeen: Date?

    /// Describes a device.
    public init(id: String, name: String, trust: DeviceTrust, lastSeen: Date? = nil) {
        self.id = id
        self.name = name
        self.trust = trust
        self.lastSeen = lastSeen
    }
}

/// What an officer does there.
public enum DevicesEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Reads again.
    case reload
    /// Wants to sign one out: asked for the password.
    case askSignOut(DeviceRow)
    /// Types it.
    case password(String)
    /// Signs it out.
    case signOut
    /// Does not.
    case keep
    /// Compares signs with another device.
    case compare(DeviceRow)
    /// Compares signs with whichever other device answers.
    case compareAny
    /// Has a recovery key.
    case recovery
}

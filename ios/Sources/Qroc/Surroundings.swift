public import Foundation
internal import QrocCore

/// An operating system that policy speaks of.
public enum DeviceSystem: Hashable, Sendable {
    /// Android.
    case android
    /// iOS.
    case ios
    /// Any other.
    case other

    var core: QrocCore.DeviceSystem {
        switch self {
        case .android: .android
        case .ios: .ios
        case .other: .other
        }
    }
}

/// The device, as the platform knows it.
public struct DeviceFacts: Hashable, Sendable {
    /// Its operating system.
    public var system: DeviceSystem
    /// The system's version, such as `17.2`.
    public var version: String
    /// Whether the platform found the system tampered with.
    public var tampered: Bool

    /// Describes a device.
    public init(system: DeviceSystem, version: String, tampered: Bool = false) {
        self.system = system
        self.version = version
        self.tampered = tampered
    }
}

/// What a screen fills in before somebody signs in.
public struct ProposedSignIn: Hashable, Sendable {
    /// Address of the server.
    public let server: String?
    /// Name of the user.
    public let user: String?
    /// Whether nobody else may sign in.
    public let userIsFixed: Bool
}

/// Says what the device is; to be called before a client is opened.
public func tellDevice(_ device: DeviceFacts) {
    QrocCore.tellDevice(
        device: .init(system: device.system.core, version: device.version, tampered: device.tampered)
    )
}

/// Returns what the device's management proposes to whoever signs in.
///
/// - Throws: `internal` before the library was prepared.
public func proposedSignIn() throws(QrocError) -> ProposedSignIn {
    try translated {
        let core = try QrocCore.proposedSignIn()
        return ProposedSignIn(server: core.server, user: core.user, userIsFixed: core.userIsFixed)
    }
}

extension Client {
    /// Says whether the connection costs by volume.
    ///
    /// - Throws: `closed`.
    public func setMetered(_ metered: Bool) throws(QrocError) {
        try translated { try core.setMetered(metered: metered) }
    }

    /// Says whether the files of messages that arrive are fetched before anybody asks, where policy allows it.
    ///
    /// - Throws: `closed`.
    public func setFetching(_ on: Bool) throws(QrocError) {
        try translated { try core.setFetching(on: on) }
    }

    /// Says whether policy wants the user to be warned that this device's system was tampered with.
    ///
    /// - Throws: `closed`.
    public func warnsOfDevice() throws(QrocError) -> Bool {
        try translated { try core.warnsOfDevice() }
    }

    /// Guards the screen from now on: contents are hidden where nobody has used it for `lock.timeout_s`. It begins locked
    /// where the profile was not used for so long. A change.
    ///
    /// - Throws: `closed`, `storage`.
    public func guardScreen() async throws(QrocError) {
        try await translated { [core] in try await core.guardScreen() }
    }

    /// Says that somebody uses the app: the times without use begin anew. A screen that is locked stays so. A change.
    ///
    /// - Throws: `locked` where the time was over and the profile is sealed, `closed`, `storage`.
    public func touch() async throws(QrocError) {
        try await translated { [core] in try await core.touch() }
    }

    /// Says whether contents are hidden until the screen is unlocked.
    ///
    /// - Throws: `closed`.
    public func isScreenLocked() throws(QrocError) -> Bool {
        try translated { try core.isScreenLocked() }
    }

    /// Says after how long without use the screen locks; nothing where it is locked, not guarded, or never locks.
    ///
    /// - Throws: `closed`.
    public func screenLocksIn() throws(QrocError) -> TimeInterval? {
        try translated { try core.screenLocksIn() }
    }

    /// Locks the screen at once.
    ///
    /// - Throws: `closed`.
    public func lockScreen() throws(QrocError) {
        try translated { try core.lockScreen() }
    }

    /// Unlocks the screen with the PIN; attempts count as for a sealed profile. The caller clears its own copy of the PIN.
    /// A change.
    ///
    /// - Throws: As ``unlock(profile:vault:pin:)``.
    public func unlockScreen(vault: Vault, pin: Data) async throws(QrocError) {
        try await translated { [core] in try await core.unlockScreen(vault: vault.core, pin: pin) }
    }
}

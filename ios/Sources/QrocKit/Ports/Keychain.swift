public import Foundation
public import Qroc

/// What the answers of the keychain mean for a vault.
public enum KeychainAnswer {
    /// Why there is no key; the number is an `OSStatus`.
    public static func fault(_ status: Int32) -> VaultFault {
        switch status {
        // errSecItemNotFound
        case -25300: .gone
        // errSecInteractionNotAllowed: the device was restarted and not unlocked since.
        case -25308: .lockedUntilFirstUnlock
        // errSecAuthFailed, errSecUserCanceled, and the same of LocalAuthentication.
        case -25293, -128, -1, -2, -4: .userPresenceNeeded
        // errSecDecode
        case -26275: .wrongSecret
        default: .unavailable
        }
    }
}

/// What a key of the Secure Enclave has sealed (HPKE): the sender's key, then the sealed bytes.
public struct EnclaveBox: Hashable, Sendable {
    /// An uncompressed point of P-256.
    public static let senderLength = 65

    /// The sender's public key, made for this one message.
    public let sender: Data
    /// The sealed bytes and their tag.
    public let sealed: Data

    /// Puts both together.
    public init(sender: Data, sealed: Data) {
        self.sender = sender
        self.sealed = sealed
    }

    /// Takes them apart; nothing where it is too short to be both.
    public init?(_ bytes: Data) {
        guard bytes.count > Self.senderLength + 16 else { return nil }
        sender = Data(bytes.prefix(Self.senderLength))
        sealed = Data(bytes.dropFirst(Self.senderLength))
    }

    /// As it is stored.
    public var bytes: Data { sender + sealed }
}

// A stand-in on Linux for the part of CryptoKit that the app names. It encrypts nothing: every call throws.
public import Foundation
public import Security

public enum CryptoKitError: Error {
    case authenticationFailure
}

public enum P256 {
    public enum KeyAgreement {
        public struct PublicKey: HPKEDiffieHellmanPublicKey {}
    }
}

public protocol HPKEDiffieHellmanPublicKey {}
public protocol HPKEDiffieHellmanPrivateKey {}

// iOS 13.0
public enum SecureEnclave {
    public static var isAvailable: Bool { false }
    public enum P256 {
        public enum KeyAgreement {
            public struct PrivateKey: HPKEDiffieHellmanPrivateKey {
                public let dataRepresentation: Data
                public let publicKey: CryptoKit.P256.KeyAgreement.PublicKey
                public init(accessControl: SecAccessControl) throws { throw CryptoKitError.authenticationFailure }
                public init(dataRepresentation: Data) throws { throw CryptoKitError.authenticationFailure }
            }
        }
    }
}

// iOS 17.0
public enum HPKE {
    public struct Ciphersuite: Sendable {
        public static let P256_SHA256_AES_GCM_256 = Ciphersuite()
    }
    public struct Sender {
        public let encapsulatedKey: Data
        public init<Key: HPKEDiffieHellmanPublicKey>(recipientKey: Key, ciphersuite: Ciphersuite, info: Data) throws {
            throw CryptoKitError.authenticationFailure
        }
        public mutating func seal<M: DataProtocol, AD: DataProtocol>(_ message: M, authenticating: AD) throws -> Data {
            throw CryptoKitError.authenticationFailure
        }
    }
    public struct Recipient {
        public init<Key: HPKEDiffieHellmanPrivateKey>(
            privateKey: Key, ciphersuite: Ciphersuite, info: Data, encapsulatedKey: Data
        ) throws { throw CryptoKitError.authenticationFailure }
        public mutating func open<C: DataProtocol, AD: DataProtocol>(_ ciphertext: C, authenticating: AD) throws -> Data {
            throw CryptoKitError.authenticationFailure
        }
    }
}

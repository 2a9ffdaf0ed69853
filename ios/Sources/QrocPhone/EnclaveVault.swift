import CryptoKit
public import Foundation
public import Qroc
import QrocKit
import Security

/// Keeps the key of the profile: a key of the Secure Enclave, which never leaves it, opens what is sealed for it (HPKE,
/// RFC 9180). What the keychain holds of it is of use to this device alone, and is in no backup.
public struct EnclaveVault: KeyVault {
    private static let service = "eu.qroc.vault"
    private static let purpose = Data("qroc vault 1".utf8)
    // iOS 17.0
    private static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

    /// Takes the key from the Secure Enclave.
    public init() {}

    /// Names it.
    public func kind() async throws -> String { "enclave" }

    /// Nothing has to be remembered.
    public func parameters() async throws -> [String: String] { [:] }

    /// Makes a key.
    public func create(label: String) async throws -> Data {
        guard SecureEnclave.isAvailable else { throw VaultFault.unavailable }
        var error: Unmanaged<CFError>?
        guard
            let access = SecAccessControlCreateWithFlags(
                nil, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, .privateKeyUsage, &error)
        else { throw VaultFault.unavailable }
        let handle = Data(UUID().uuidString.utf8)
        do {
            let key = try SecureEnclave.P256.KeyAgreement.PrivateKey(accessControl: access)
            try store(key.dataRepresentation, handle, label)
            return handle
        } catch let fault as VaultFault {
            throw fault
        } catch {
            throw Self.fault(error)
        }
    }

    /// Seals for the key; the officer need not be there.
    public func wrap(_ secret: Data, with handle: Data, aad: Data) async throws -> Data {
        let key = try key(handle)
        do {
            var sender = try HPKE.Sender(recipientKey: key.publicKey, ciphersuite: Self.suite, info: Self.purpose)
            let sealed = try sender.seal(secret, authenticating: aad)
            return EnclaveBox(sender: sender.encapsulatedKey, sealed: sealed).bytes
        } catch {
            throw Self.fault(error)
        }
    }

    /// Opens what was sealed.
    public func unwrap(_ wrapped: Data, with handle: Data, aad: Data) async throws -> Data {
        let key = try key(handle)
        guard let box = EnclaveBox(wrapped) else { throw VaultFault.wrongSecret }
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: Self.suite, info: Self.purpose, encapsulatedKey: box.sender)
            return try recipient.open(box.sealed, authenticating: aad)
        } catch is CryptoKitError {
            throw VaultFault.wrongSecret
        } catch {
            throw Self.fault(error)
        }
    }

    /// Removes the key.
    public func destroy(_ handle: Data) async throws {
        let status = SecItemDelete(dictionary(query(handle)))
        guard status == errSecSuccess || status == errSecItemNotFound else { throw KeychainAnswer.fault(status) }
    }

    private func key(_ handle: Data) throws -> SecureEnclave.P256.KeyAgreement.PrivateKey {
        var wanted = query(handle)
        wanted[kSecReturnData as String] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(dictionary(wanted), &found)
        guard status == errSecSuccess else { throw KeychainAnswer.fault(status) }
        guard let data = found as? Data else { throw VaultFault.gone }
        do {
            return try SecureEnclave.P256.KeyAgreement.PrivateKey(dataRepresentation: data)
        } catch {
            throw Self.fault(error)
        }
    }

    private func store(_ data: Data, _ handle: Data, _ label: String) throws {
        var item = query(handle)
        item[kSecValueData as String] = data
        item[kSecAttrLabel as String] = label
        item[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        let status = SecItemAdd(dictionary(item), nil)
        guard status == errSecSuccess else { throw KeychainAnswer.fault(status) }
    }

    private func query(_ handle: Data) -> [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: Self.service,
            kSecAttrAccount as String: String(decoding: handle, as: UTF8.self),
            kSecAttrSynchronizable as String: false,
            kSecUseDataProtectionKeychain as String: true,
        ]
    }

    private func dictionary(_ query: [String: Any]) -> CFDictionary { NSDictionary(dictionary: query) as CFDictionary }

    private static func fault(_ error: any Error) -> VaultFault {
        KeychainAnswer.fault(Int32(clamping: (error as NSError).code))
    }
}

package eu.qroc.platform

import android.content.Context
import android.content.pm.PackageManager
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import eu.qroc.bridge.KeyVault
import eu.qroc.bridge.VaultException
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.ProviderException
import java.security.SecureRandom
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.SecretKeyFactory
import javax.crypto.spec.GCMParameterSpec

/** Asks the person in front of the device, and unlocks a cipher by that. */
fun interface Presence {
    /**
     * Returns [cipher], which may be used once now.
     *
     * @throws VaultException.UserPresenceNeeded where nobody can be asked, or nobody agreed.
     */
    suspend fun confirm(cipher: Cipher): Cipher
}

/**
 * Keeps the profile's key in Android's Keystore: AES-256-GCM, made in the secure hardware and never out of it; in a
 * StrongBox where there is one. With [presence] each use takes a finger or a face, and a newly enrolled one destroys the
 * key.
 */
class KeystoreVault(
    private val context: Context,
    private val presence: Presence? = null,
    /** Whether a key that no hardware protects will do: emulators and tests. */
    private val softwareAllowed: Boolean = false,
) : KeyVault {
    override val kind: String get() = KIND

    override val parameters: Map<String, String>
        get() = mapOf("presence" to if (presence == null) "no" else "each-use")

    override suspend fun create(label: String): ByteArray =
        guarded {
            val alias = PREFIX + ByteArray(NAME_BYTES).also(SecureRandom()::nextBytes).joinToString("") { "%02x".format(it) }
            val key =
                if (context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)) {
                    try {
                        generate(alias, strongBox = true)
                    } catch (_: StrongBoxUnavailableException) {
                        // It is full, or knows no such key.
                        generate(alias, strongBox = false)
                    }
                } else {
                    generate(alias, strongBox = false)
                }
            if (!softwareAllowed && level(key) !in HARDWARE) {
                store().deleteEntry(alias)
                throw VaultException.Unavailable()
            }
            alias.toByteArray()
        }

    private fun generate(
        alias: String,
        strongBox: Boolean,
    ): SecretKey {
        val spec =
            KeyGenParameterSpec
                .Builder(alias, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(KEY_BITS)
                .setIsStrongBoxBacked(strongBox)
        if (presence != null) {
            spec
                .setUserAuthenticationRequired(true)
                .setUserAuthenticationParameters(0, KeyProperties.AUTH_BIOMETRIC_STRONG)
                .setInvalidatedByBiometricEnrollment(true)
        }
        return KeyGenerator
            .getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
            .apply { init(spec.build()) }
            .generateKey()
    }

    override suspend fun wrap(
        handle: ByteArray,
        secret: ByteArray,
        aad: ByteArray,
    ): ByteArray =
        guarded {
            val cipher = ready(Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.ENCRYPT_MODE, key(handle)) })
            cipher.updateAAD(aad)
            cipher.iv + cipher.doFinal(secret)
        }

    override suspend fun unwrap(
        handle: ByteArray,
        wrapped: ByteArray,
        aad: ByteArray,
    ): ByteArray =
        guarded {
            if (wrapped.size <= IV_BYTES) throw VaultException.WrongSecret()
            val nonce = GCMParameterSpec(TAG_BITS, wrapped, 0, IV_BYTES)
            val cipher = ready(Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.DECRYPT_MODE, key(handle), nonce) })
            cipher.updateAAD(aad)
            cipher.doFinal(wrapped, IV_BYTES, wrapped.size - IV_BYTES)
        }

    override suspend fun destroy(handle: ByteArray) = guarded { store().deleteEntry(handle.decodeToString()) }

    /** Where the key lives: one of `KeyProperties.SECURITY_LEVEL_*`. */
    fun level(handle: ByteArray): Int = level(key(handle))

    private fun level(key: SecretKey): Int =
        (SecretKeyFactory.getInstance(key.algorithm, PROVIDER).getKeySpec(key, KeyInfo::class.java) as KeyInfo).securityLevel

    private suspend fun ready(cipher: Cipher): Cipher = presence?.confirm(cipher) ?: cipher

    private fun store() = KeyStore.getInstance(PROVIDER).apply { load(null) }

    private fun key(handle: ByteArray): SecretKey =
        store().getKey(handle.decodeToString(), null) as? SecretKey ?: throw VaultException.Gone()

    /** What the Keystore throws, in words of the core. */
    private inline fun <T> guarded(work: () -> T): T {
        val user = context.getSystemService(UserManager::class.java)
        if (user?.isUserUnlocked == false) throw VaultException.LockedUntilFirstUnlock()
        return try {
            work()
        } catch (_: KeyPermanentlyInvalidatedException) {
            throw VaultException.Gone()
        } catch (_: UserNotAuthenticatedException) {
            throw VaultException.UserPresenceNeeded()
        } catch (_: AEADBadTagException) {
            throw VaultException.WrongSecret()
        } catch (error: UnrecoverableKeyException) {
            throw if (error.cause is KeyPermanentlyInvalidatedException) VaultException.Gone() else VaultException.Unavailable()
        } catch (error: GeneralSecurityException) {
            // The hardware says so when it decrypts, not when it is asked.
            throw if (error.cause is AEADBadTagException) VaultException.WrongSecret() else VaultException.Unavailable()
        } catch (_: ProviderException) {
            throw VaultException.Unavailable()
        }
    }

    companion object {
        private const val KIND = "android-keystore"
        private const val PROVIDER = "AndroidKeyStore"
        private const val TRANSFORMATION = "AES/GCM/NoPadding"
        private const val PREFIX = "qroc-"
        private const val NAME_BYTES = 16
        private const val KEY_BITS = 256
        private const val IV_BYTES = 12
        private const val TAG_BITS = 128

        /** Destroys every key of the app: for when no profile is left that one of them opens. */
        fun clear() {
            val store = KeyStore.getInstance(PROVIDER).apply { load(null) }
            store.aliases().toList().filter { it.startsWith(PREFIX) }.forEach(store::deleteEntry)
        }

        private val HARDWARE =
            setOf(
                KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT,
                KeyProperties.SECURITY_LEVEL_STRONGBOX,
                KeyProperties.SECURITY_LEVEL_UNKNOWN_SECURE,
            )
    }
}

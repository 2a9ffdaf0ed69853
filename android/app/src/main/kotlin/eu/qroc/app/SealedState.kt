package eu.qroc.app

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import eu.qroc.ui.shell.Whereabouts
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.ProviderException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** Seals what the system keeps for an app that it ends: room ids are none of its business. */
internal object SealedState {
    private const val PROVIDER = "AndroidKeyStore"
    private const val ALIAS = "qroc-state"
    private const val TRANSFORMATION = "AES/GCM/NoPadding"
    private const val IV_BYTES = 12
    private const val TAG_BITS = 128
    private const val KEY_BITS = 256

    /** Seals it; nothing where there is no key: it is then forgotten. */
    fun seal(where: Whereabouts): ByteArray? {
        val text = where.write().toByteArray()
        return secure { Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.ENCRYPT_MODE, key()) }.run { iv + doFinal(text) } }
    }

    /** Opens it; nothing where it is not ours. */
    fun open(sealed: ByteArray): Whereabouts? {
        if (sealed.size <= IV_BYTES) return null
        val text =
            secure {
                Cipher
                    .getInstance(TRANSFORMATION)
                    .apply { init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES)) }
                    .doFinal(sealed, IV_BYTES, sealed.size - IV_BYTES)
            }
        return text?.let { Whereabouts.read(it.decodeToString()) }
    }

    private fun secure(work: () -> ByteArray): ByteArray? =
        try {
            work()
        } catch (_: GeneralSecurityException) {
            null
        } catch (_: ProviderException) {
            null
        }

    private fun key(): SecretKey {
        val store = KeyStore.getInstance(PROVIDER).apply { load(null) }
        return store.getKey(ALIAS, null) as? SecretKey ?: make()
    }

    private fun make(): SecretKey {
        val spec =
            KeyGenParameterSpec
                .Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(KEY_BITS)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }
}

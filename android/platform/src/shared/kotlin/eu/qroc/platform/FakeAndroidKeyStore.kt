package eu.qroc.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import java.io.InputStream
import java.io.OutputStream
import java.security.AlgorithmParameters
import java.security.InvalidAlgorithmParameterException
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.KeySpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.Cipher
import javax.crypto.CipherSpi
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.SecretKeyFactorySpi
import javax.crypto.spec.SecretKeySpec
import org.junit.rules.ExternalResource
import org.robolectric.shadow.api.Shadow
import org.robolectric.util.ReflectionHelpers

/** An "AndroidKeyStore" in memory for tests: AES/GCM keys that cannot be exported. Robolectric has none. */
class FakeAndroidKeyStore : ExternalResource() {
    private val keys = mutableMapOf<String, FakeKey>()

    /** Whether the device has secure hardware. */
    var hardware = true

    /** Whether its StrongBox takes another key. */
    var strongBoxFull = false

    val aliases get() = keys.keys.toSet()

    /** What a key was made with. */
    fun spec(alias: String): KeyGenParameterSpec = keys.getValue(alias).spec

    /** What the device does when a new fingerprint is enrolled. */
    fun enrolNewFingerprint() = keys.values.filter { it.spec.isInvalidatedByBiometricEnrollment }.forEach { it.invalid = true }

    override fun before() {
        Security.insertProviderAt(FakeProvider(), 1)
    }

    override fun after() = Security.removeProvider(NAME)

    private inner class FakeProvider : Provider(NAME, "1", "test keys in memory") {
        init {
            service("KeyStore", NAME) { Store() }
            service("KeyGenerator", "AES") { Generator() }
            service("Cipher", "AES/GCM/NoPadding", mapOf("SupportedKeyClasses" to FakeKey::class.java.name)) { Gcm() }
        }

        init {
            service("SecretKeyFactory", "AES") { Facts() }
        }

        private fun service(type: String, name: String, attributes: Map<String, String>? = null, make: () -> Any) =
            putService(object : Service(this, type, name, "", null, attributes) {
                override fun newInstance(parameter: Any?) = make()
            })
    }

    private class FakeKey(val raw: SecretKey, val spec: KeyGenParameterSpec, var invalid: Boolean = false) : SecretKey {
        override fun getAlgorithm() = "AES"
        override fun getFormat(): String? = null
        override fun getEncoded(): ByteArray? = null
    }

    private inner class Generator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(params: AlgorithmParameterSpec?, random: SecureRandom?) {
            spec = params as? KeyGenParameterSpec ?: throw InvalidAlgorithmParameterException("need KeyGenParameterSpec")
        }

        override fun engineInit(random: SecureRandom?) = throw UnsupportedOperationException()
        override fun engineInit(size: Int, random: SecureRandom?) = throw UnsupportedOperationException()

        override fun engineGenerateKey(): SecretKey {
            if (spec.isStrongBoxBacked && strongBoxFull) throw StrongBoxUnavailableException()
            val raw = ByteArray(spec.keySize / 8).also(SecureRandom()::nextBytes)
            return FakeKey(SecretKeySpec(raw, "AES"), spec).also { keys[spec.keystoreAlias] = it }
        }
    }

    /** Says where a key lives. */
    private inner class Facts : SecretKeyFactorySpi() {
        override fun engineGetKeySpec(key: SecretKey, wanted: Class<*>): KeySpec {
            val level =
                when {
                    !hardware -> KeyProperties.SECURITY_LEVEL_SOFTWARE
                    (key as FakeKey).spec.isStrongBoxBacked -> KeyProperties.SECURITY_LEVEL_STRONGBOX
                    else -> KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT
                }
            val info = Shadow.newInstanceOf(KeyInfo::class.java)
            ReflectionHelpers.setField(info, "mSecurityLevel", level)
            return info
        }

        override fun engineGenerateSecret(spec: KeySpec?) = throw UnsupportedOperationException()
        override fun engineTranslateKey(key: SecretKey?) = throw UnsupportedOperationException()
    }

    private class Gcm : CipherSpi() {
        private val real = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE")

        override fun engineInit(mode: Int, key: Key, random: SecureRandom?) =
            engineInit(mode, key, null as AlgorithmParameterSpec?, random)

        override fun engineInit(mode: Int, key: Key, params: AlgorithmParameterSpec?, random: SecureRandom?) {
            key as FakeKey
            if (key.invalid) throw KeyPermanentlyInvalidatedException()
            if (mode == Cipher.ENCRYPT_MODE && params != null && key.spec.isRandomizedEncryptionRequired) {
                throw InvalidAlgorithmParameterException("Caller-provided IV not permitted")
            }
            real.init(mode, key.raw, params)
        }

        override fun engineInit(mode: Int, key: Key, params: AlgorithmParameters?, random: SecureRandom?) =
            throw UnsupportedOperationException()

        override fun engineUpdateAAD(src: ByteArray, offset: Int, len: Int) = real.updateAAD(src, offset, len)
        override fun engineUpdate(input: ByteArray, offset: Int, len: Int): ByteArray? = real.update(input, offset, len)
        override fun engineUpdate(input: ByteArray, offset: Int, len: Int, output: ByteArray, outputOffset: Int) =
            real.update(input, offset, len, output, outputOffset)
        override fun engineDoFinal(input: ByteArray?, offset: Int, len: Int): ByteArray =
            if (input == null) real.doFinal() else real.doFinal(input, offset, len)
        override fun engineDoFinal(input: ByteArray, offset: Int, len: Int, output: ByteArray, outputOffset: Int) =
            real.doFinal(input, offset, len, output, outputOffset)
        override fun engineGetIV(): ByteArray = real.iv
        override fun engineGetParameters(): AlgorithmParameters = real.parameters
        override fun engineGetBlockSize() = real.blockSize
        override fun engineGetOutputSize(len: Int) = real.getOutputSize(len)
        override fun engineSetMode(mode: String) = throw UnsupportedOperationException()
        override fun engineSetPadding(padding: String) = throw UnsupportedOperationException()
    }

    private inner class Store : KeyStoreSpi() {
        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit
        override fun engineGetKey(alias: String, password: CharArray?): Key? = keys[alias]
        override fun engineDeleteEntry(alias: String) { keys.remove(alias) }
        override fun engineAliases(): Enumeration<String> = Collections.enumeration(keys.keys)
        override fun engineContainsAlias(alias: String) = alias in keys
        override fun engineSize() = keys.size
        override fun engineIsKeyEntry(alias: String) = alias in keys
        override fun engineIsCertificateEntry(alias: String) = false
        override fun engineGetCertificate(alias: String): Certificate? = null
        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null
        override fun engineGetCertificateAlias(cert: Certificate): String? = null
        override fun engineGetCreationDate(alias: String) = Date()
        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) =
            throw UnsupportedOperationException()
        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) =
            throw UnsupportedOperationException()
        override fun engineSetCertificateEntry(alias: String, cert: Certificate) = throw UnsupportedOperationException()
        override fun engineStore(stream: OutputStream?, password: CharArray?) = throw UnsupportedOperationException()
    }

    private companion object {
        const val NAME = "AndroidKeyStore"
    }
}

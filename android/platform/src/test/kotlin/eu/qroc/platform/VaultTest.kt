package eu.qroc.platform

import android.app.Activity
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricPrompt
import android.os.CancellationSignal
import android.os.UserManager
import android.security.keystore.KeyProperties
import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Vault
import eu.qroc.bridge.VaultException
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.Resetter
import java.util.concurrent.Executor

/** Robolectric's own dialog never answers; this one lets the test answer. */
@Implements(BiometricPrompt::class)
internal class ShadowPrompt {
    @Implementation
    fun authenticate(
        crypto: BiometricPrompt.CryptoObject,
        cancel: CancellationSignal,
        executor: Executor,
        callback: BiometricPrompt.AuthenticationCallback,
    ) {
        cancel.setOnCancelListener { cancelled = true }
        shown++
        answer = { reply -> executor.execute { callback.reply(crypto) } }
    }

    companion object {
        @Volatile var cancelled = false

        @Volatile var shown = 0

        @Volatile var answer: ((BiometricPrompt.AuthenticationCallback.(BiometricPrompt.CryptoObject) -> Unit) -> Unit)? = null

        @JvmStatic @Resetter
        fun reset() {
            cancelled = false
            shown = 0
            answer = null
        }
    }
}

@Config(shadows = [ShadowPrompt::class])
internal class VaultTest : Phones() {
    @get:Rule val keystore = FakeAndroidKeyStore()

    @Before
    fun nobodyIsAsked() = ShadowPrompt.reset()

    private suspend fun signIn(vault: KeystoreVault) =
        Client.login(root.resolve("p"), Vault.Platform(vault), Homeserver.url, "lisbon", Homeserver.PASSWORD, "phone")

    private suspend fun open(vault: KeystoreVault) = Client.open(root.resolve("p"), Vault.Platform(vault))

    private inline fun <reified E : Throwable> fails(noinline work: suspend () -> Unit): E =
        story { runCatching { work() }.exceptionOrNull() }.let {
            assertTrue("$it", it is E)
            it as E
        }

    @Test
    fun `a profile is opened by the key in the hardware, and by nothing once that is gone`() {
        story {
            signIn(KeystoreVault(app)).use { it.shutDown() }
            open(KeystoreVault(app)).use { it.shutDown() }
        }
        val alias = keystore.aliases.single().toByteArray()
        assertEquals(KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT, KeystoreVault(app).level(alias))
        story { KeystoreVault(app).destroy(alias) }
        val error = fails<QrocException> { open(KeystoreVault(app)) }
        assertEquals("keys_gone", error.code)
    }

    @Test
    fun `a finger that is enrolled later destroys a key that fingers open`() {
        story { signIn(KeystoreVault(app, presence = { it })).use { it.shutDown() } }
        assertTrue(keystore.spec(keystore.aliases.single()).run { isUserAuthenticationRequired && isInvalidatedByBiometricEnrollment })
        keystore.enrolNewFingerprint()
        assertEquals("keys_gone", fails<QrocException> { open(KeystoreVault(app, presence = { it })) }.code)
    }

    @Test
    fun `a StrongBox is used where there is one with room in it`(): Unit =
        story {
            shadowOf(app.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)
            val vault = KeystoreVault(app)
            assertEquals(KeyProperties.SECURITY_LEVEL_STRONGBOX, vault.level(vault.create("one")))
            keystore.strongBoxFull = true
            assertEquals(KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT, vault.level(vault.create("two")))
        }

    @Test
    fun `a device without secure hardware keeps no key`() {
        keystore.hardware = false
        fails<VaultException.Unavailable> { KeystoreVault(app).create("none") }
        assertEquals(emptySet<String>(), keystore.aliases)
        story { KeystoreVault(app, softwareAllowed = true).create("emulator") }
    }

    @Test
    fun `what was changed or belongs elsewhere does not open`() {
        val vault = KeystoreVault(app)
        val (handle, sealed) = story { vault.create("x").let { it to vault.wrap(it, ByteArray(32) { 7 }, "here".toByteArray()) } }
        assertArrayEquals(ByteArray(32) { 7 }, story { vault.unwrap(handle, sealed, "here".toByteArray()) })
        fails<VaultException.WrongSecret> { vault.unwrap(handle, sealed, "there".toByteArray()) }
        fails<VaultException.WrongSecret> { vault.unwrap(handle, sealed.copyOf().also { it[it.size - 1]++ }, "here".toByteArray()) }
        fails<VaultException.WrongSecret> { vault.unwrap(handle, ByteArray(3), "here".toByteArray()) }
        fails<VaultException.Gone> { vault.unwrap("qroc-none".toByteArray(), sealed, "here".toByteArray()) }
    }

    @Test
    fun `before the first unlock after a restart it says so`() {
        shadowOf(app.getSystemService(UserManager::class.java)).setUserUnlocked(false)
        fails<VaultException.LockedUntilFirstUnlock> { KeystoreVault(app).create("x") }
    }

    @Test
    fun `the dialog opens the key it was shown for`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val vault = KeystoreVault(app, BiometricPresence { activity })
        story {
            coroutineScope {
                val signedIn = async { signIn(vault) }
                val finger =
                    launch {
                        while (true) {
                            eventually { ShadowPrompt.answer != null }
                            val answer = ShadowPrompt.answer!!
                            ShadowPrompt.answer = null
                            answer { crypto ->
                                onAuthenticationSucceeded(
                                    BiometricPrompt.AuthenticationResult(crypto, BiometricPrompt.AUTHENTICATION_RESULT_TYPE_BIOMETRIC),
                                )
                            }
                        }
                    }
                signedIn.await().use { it.shutDown() }
                val before = ShadowPrompt.shown
                open(vault).use { it.shutDown() }
                assertTrue(ShadowPrompt.shown > before)
                finger.cancel()
            }
        }
    }

    @Test
    fun `who does not agree opens nothing, and nothing is lost`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        story { signIn(KeystoreVault(app, presence = { it })).use { it.shutDown() } }
        val error =
            story {
                coroutineScope {
                    val opening = async { runCatching { open(KeystoreVault(app, BiometricPresence { activity })) } }
                    eventually { ShadowPrompt.answer != null }
                    ShadowPrompt.answer!! { onAuthenticationError(BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED, "no") }
                    opening.await().exceptionOrNull()
                }
            }
        assertTrue("$error", error is QrocException.Locked)
        story { open(KeystoreVault(app, presence = { it })).use { it.shutDown() } }
    }

    @Test
    fun `without a screen nobody is asked`() {
        fails<VaultException.UserPresenceNeeded> { KeystoreVault(app, BiometricPresence { null }).run { create("x").let { wrap(it, ByteArray(32), ByteArray(0)) } } }
        assertEquals(0, ShadowPrompt.shown)
    }

    @Test
    fun `whoever stops waiting takes the dialog away`() {
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        val vault = KeystoreVault(app, BiometricPresence { activity })
        story {
            val handle = vault.create("x")
            val waiting = launch { vault.wrap(handle, ByteArray(32), ByteArray(0)) }
            eventually { ShadowPrompt.shown == 1 }
            assertFalse(ShadowPrompt.cancelled)
            waiting.cancel()
            eventually { ShadowPrompt.cancelled }
        }
    }
}

package eu.qroc.bridge

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import javax.crypto.Cipher
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec

/** A vault as a platform would write it, with a hook in front of each call. */
internal class MemoryVault(
    var hook: suspend (String) -> Unit = {},
) : KeyVault {
    private val key = SecretKeySpec(ByteArray(32) { it.toByte() }, "AES")

    override val kind: String get() = "memory"
    override val parameters: Map<String, String> get() = mapOf("place" to "a test")

    override suspend fun create(label: String): ByteArray {
        hook("create")
        return "alias".toByteArray()
    }

    override suspend fun wrap(
        handle: ByteArray,
        secret: ByteArray,
        aad: ByteArray,
    ): ByteArray {
        hook("wrap")
        check(secret.size == 32)
        return cipher(Cipher.ENCRYPT_MODE, aad).doFinal(secret)
    }

    override suspend fun unwrap(
        handle: ByteArray,
        wrapped: ByteArray,
        aad: ByteArray,
    ): ByteArray {
        hook("unwrap")
        return cipher(Cipher.DECRYPT_MODE, aad).doFinal(wrapped)
    }

    override suspend fun destroy(handle: ByteArray) = hook("destroy")

    private fun cipher(
        mode: Int,
        aad: ByteArray,
    ): Cipher =
        Cipher.getInstance("AES/GCM/NoPadding").apply {
            init(mode, key, GCMParameterSpec(128, ByteArray(12)))
            updateAAD(aad)
        }
}

internal class HostileTest : Officers() {
    private val vault = MemoryVault()

    private suspend fun profile() =
        folder.resolve("hostile").also {
            Client.login(it, Vault.Platform(vault), Homeserver.url, "lisbon", Homeserver.PASSWORD).use { it.shutDown() }
        }

    @AfterEach
    fun quiet() = Client.init()

    @Test
    fun `the platform keeps the key`() =
        story {
            val asked = mutableListOf<String>()
            vault.hook = { asked += it }
            val profile = profile()
            Client.open(profile, Vault.Platform(vault)).use { it.shutDown() }
            assertEquals(listOf("create", "wrap", "unwrap"), asked)
        }

    @Test
    fun `whatever a vault throws is an error of its own, and nothing is lost`() =
        story {
            val profile = profile()
            val thrown =
                listOf(
                    VaultException.UserPresenceNeeded() to "user_presence_needed",
                    VaultException.LockedUntilFirstUnlock() to "device_locked",
                    VaultException.WrongSecret() to "wrong_passphrase",
                    VaultException.Unavailable() to "vault_unavailable",
                    IllegalArgumentException("anything") to "vault_unavailable",
                    StackOverflowError() to "vault_unavailable",
                )
            for ((what, code) in thrown) {
                vault.hook = { throw what }
                assertEquals(code, refused<QrocException.Locked> { Client.open(profile, Vault.Platform(vault)) }.code)
            }
            vault.hook = { throw VaultException.Gone() }
            assertEquals("keys_gone", refused<QrocException.SignIn> { Client.open(profile, Vault.Platform(vault)) }.code)
            vault.hook = { }
            Client.open(profile, Vault.Platform(vault)).use { it.shutDown() }
        }

    @Test
    fun `a vault that fails at the sign-in leaves nothing behind`() =
        story {
            val profile = folder.resolve("never")
            vault.hook = { if (it == "wrap") throw IllegalStateException("no") }
            refused<QrocException.Locked> {
                Client.login(profile, Vault.Platform(vault), Homeserver.url, "lisbon", Homeserver.PASSWORD)
            }
            assertFalse(Client.exists(profile))
        }

    @Test
    fun `a vault that hangs holds up nobody else, and is let go`() =
        story {
            val profile = profile()
            val asked = CompletableDeferred<Unit>()
            val released = CompletableDeferred<Unit>()
            vault.hook = {
                asked.complete(Unit)
                try {
                    awaitCancellation()
                } finally {
                    released.complete(Unit)
                }
            }
            val stuck = launch(Dispatchers.Default) { Client.open(profile, Vault.Platform(vault)) }
            asked.await()
            val madrid = signIn("madrid")
            madrid.client.createRoom("Meanwhile").close()
            stuck.cancelAndJoin()
            released.await()
            vault.hook = { }
            Client.open(profile, Vault.Platform(vault)).use { it.shutDown() }
        }

    @Test
    fun `a vault that calls the core gets its answer`() =
        story {
            val profile = profile()
            val madrid = signIn("madrid")
            val answers = mutableListOf<Any>()
            vault.hook = {
                answers += madrid.client.status().userId
                answers += Client.exists(profile)
                // Also from a thread that blocks until it is answered.
                answers += runBlocking(Dispatchers.IO) { madrid.client.queued().size }
            }
            Client.open(profile, Vault.Platform(vault)).use { it.shutDown() }
            assertEquals(listOf(Homeserver.MADRID, true, 0), answers)
        }

    @Test
    fun `a log that throws, calls the core and hangs holds up nobody`() =
        story {
            val lines = LinkedBlockingQueue<LogRecord>()
            val calls = AtomicInteger()
            val hang = CompletableDeferred<Unit>()
            Client.init(
                Platform(
                    logLevel = LogLevel.DEBUG,
                    logSink = { record ->
                        lines += record
                        runBlocking { runCatching { Client.exists(folder) } }
                        if (calls.incrementAndGet() > 20) runBlocking { hang.await() }
                        error("a sink that throws")
                    },
                ),
            )
            repeat(3_000) { refused<QrocException.SignIn> { Client.open(folder.resolve("nobody"), Vault.Platform(vault)) } }
            val first = lines.poll(10, TimeUnit.SECONDS)!!
            assertEquals(LogLevel.DEBUG, first.level)
            assertTrue("not_signed_in" in first.line, first.line)
            assertTrue(first.target.startsWith("qroc"), first.target)
            hang.complete(Unit)
            eventually { lines.any { "dropped" in it.line } }
            assertTrue(lines.none { folder.toString() in it.line })
        }
}

package eu.qroc.bridge

import java.nio.file.Path
import kotlin.coroutines.cancellation.CancellationException
import eu.qroc.bridge.generated.KeyVault as GeneratedKeyVault
import eu.qroc.bridge.generated.Vault as GeneratedVault
import eu.qroc.bridge.generated.VaultFault as GeneratedVaultFault

/** Why a vault does not answer with a key. Anything else that a vault throws is taken for [Unavailable]. */
public sealed class VaultException(
    message: String,
) : Exception(message) {
    /** The person has to be present (fingerprint, face, device code); the call may then be repeated. */
    public class UserPresenceNeeded : VaultException("user presence needed")

    /** The device was restarted and not unlocked since. */
    public class LockedUntilFirstUnlock : VaultException("locked until the first unlock")

    /** The key is not there any more, and what it wrapped cannot be opened by anybody. */
    public class Gone : VaultException("gone")

    /** What is to be opened was changed, or belongs to another profile. */
    public class WrongSecret : VaultException("wrong secret")

    /** The vault cannot be used here and now. */
    public class Unavailable : VaultException("unavailable")
}

/**
 * Keeps keys for the core: Android's Keystore. Called on threads of the core; it may take its time (a prompt: up to five
 * minutes, all else a minute), and may call the core. What it does not know how to do it says with a [VaultException].
 */
public interface KeyVault {
    /** A stable name, such as `android-keystore`: a profile remembers it and is opened by no other. */
    public val kind: String

    /** What a later start needs to find this vault again. Stored readable: nothing secret. */
    public val parameters: Map<String, String> get() = emptyMap()

    /** Makes a new key and returns its name. [label] is shown where the platform lists keys. */
    public suspend fun create(label: String): ByteArray

    /** Seals [secret] (32 bytes) with the key [handle], bound to [aad]: opening it with any other fails. */
    public suspend fun wrap(
        handle: ByteArray,
        secret: ByteArray,
        aad: ByteArray,
    ): ByteArray

    /** Opens what [wrap] sealed. */
    public suspend fun unwrap(
        handle: ByteArray,
        wrapped: ByteArray,
        aad: ByteArray,
    ): ByteArray

    /** Destroys the key [handle]; one that is gone already is no error. */
    public suspend fun destroy(handle: ByteArray)
}

/** Chooses where the key of a profile is kept. */
public sealed interface Vault {
    /** The platform keeps the key. */
    public class Platform(
        public val vault: KeyVault,
    ) : Vault

    /** A passphrase opens the key (Argon2id). Cleared by the caller, once the call that took it has returned. */
    public class Passphrase(
        public val passphrase: ByteArray,
    ) : Vault

    /** A key file opens the key: for bots and tests, since whoever has both files reads all. */
    public class KeyFile(
        public val path: Path,
    ) : Vault
}

/** Runs [work] with the library's vault, which is freed after. */
internal suspend fun <T> Vault.use(work: suspend (GeneratedVault) -> T): T {
    val vault =
        when (this) {
            is Vault.Platform -> GeneratedVault.platform(BridgedVault(vault))
            is Vault.Passphrase -> GeneratedVault.passphrase(passphrase)
            is Vault.KeyFile -> GeneratedVault.keyFile(path.toString())
        }
    return try {
        work(vault)
    } finally {
        vault.destroy()
    }
}

private class BridgedVault(
    private val vault: KeyVault,
) : GeneratedKeyVault {
    override suspend fun kind(): String = guarded { vault.kind }

    override suspend fun parameters(): Map<String, String> = guarded { vault.parameters }

    override suspend fun create(label: String): ByteArray = guarded { vault.create(label) }

    override suspend fun wrap(
        handle: ByteArray,
        secret: ByteArray,
        aad: ByteArray,
    ): ByteArray =
        try {
            guarded { vault.wrap(handle, secret, aad) }
        } finally {
            secret.fill(0)
        }

    override suspend fun unwrap(
        handle: ByteArray,
        wrapped: ByteArray,
        aad: ByteArray,
    ): ByteArray = guarded { vault.unwrap(handle, wrapped, aad) }

    override suspend fun destroy(handle: ByteArray) = guarded { vault.destroy(handle) }

    /** Whatever it throws, errors of the JVM included, becomes something that the core understands. */
    @Suppress("TooGenericExceptionCaught")
    private inline fun <T> guarded(work: () -> T): T =
        try {
            work()
        } catch (error: CancellationException) {
            throw error
        } catch (error: Throwable) {
            throw when (error) {
                is VaultException.UserPresenceNeeded -> GeneratedVaultFault.UserPresenceNeeded()
                is VaultException.LockedUntilFirstUnlock -> GeneratedVaultFault.LockedUntilFirstUnlock()
                is VaultException.Gone -> GeneratedVaultFault.Gone()
                is VaultException.WrongSecret -> GeneratedVaultFault.WrongSecret()
                else -> GeneratedVaultFault.Unavailable()
            }
        }
}

package eu.qroc.bridge

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files

internal suspend inline fun <reified E : Throwable> refused(crossinline call: suspend () -> Unit): E {
    val error =
        try {
            call()
            null
        } catch (error: Throwable) {
            error
        }
    check(error is E) { "not ${E::class.simpleName} but ${error?.javaClass?.simpleName}: ${error?.message}" }
    return error
}

internal class SignInTest : Officers() {
    private fun key() = Vault.KeyFile(folder.resolve("some.key"))

    @Test
    fun `a wrong password is said, and leaves nothing behind`() =
        story {
            val profile = folder.resolve("wrong")
            val error = refused<QrocException.SignIn> {
                Client.login(profile, key(), Homeserver.url, "lisbon", "not it")
            }
            assertEquals("wrong_password", error.code)
            assertEquals("error_wrong_password", error.textKey)
            assertTrue(error.textKey in Client.errorTextKeys())
            assertFalse(Client.exists(profile))
        }

    @Test
    fun `a server that is not there is a matter of the network`() =
        story {
            val error = refused<QrocException.Network> {
                Client.login(folder.resolve("nowhere"), key(), "http://127.0.0.1:9", "lisbon", "x")
            }
            assertEquals("server_unreachable", error.code)
            assertEquals("bad_address", refused<QrocException.BadInput> {
                Client.login(folder.resolve("nowhere"), key(), "http://example.org", "lisbon", "x")
            }.code)
        }

    @Test
    fun `one profile is one account`() =
        story {
            val lisbon = signIn("lisbon")
            assertTrue(Client.exists(lisbon.profile))
            lisbon.client.shutDown()
            val error = refused<QrocException.BadInput> {
                Client.login(lisbon.profile, lisbon.vault, Homeserver.url, "madrid", Homeserver.PASSWORD)
            }
            assertEquals("already_signed_in", error.code)
            Client.open(lisbon.profile, lisbon.vault).use { again ->
                assertEquals(lisbon.client.signedIn, again.signedIn)
                assertEquals("profile_in_use", refused<QrocException.InUse> {
                    Client.open(lisbon.profile, lisbon.vault)
                }.code)
                again.shutDown()
            }
        }

    @Test
    fun `two accounts live beside each other on one device`() =
        story {
            val lisbon = signIn("lisbon")
            val madrid = signIn("madrid")
            assertEquals(Homeserver.LISBON, lisbon.client.status().userId)
            assertEquals(Homeserver.MADRID, madrid.client.status().userId)
            lisbon.client.connection.first { it == Connection.ONLINE }
            madrid.client.connection.first { it == Connection.ONLINE }
        }

    @Test
    fun `a passphrase opens what it closed, another does not`() =
        story {
            val profile = folder.resolve("passphrase")
            val right = { Vault.Passphrase("correct horse".toByteArray()) }
            Client.login(profile, right(), Homeserver.url, "lisbon", Homeserver.PASSWORD).use { it.shutDown() }
            val error = refused<QrocException.Locked> { Client.open(profile, Vault.Passphrase("battery".toByteArray())) }
            assertEquals("wrong_passphrase", error.code)
            Client.open(profile, right()).use { it.shutDown() }
            assertEquals("other_vault", refused<QrocException.Locked> { Client.open(profile, key()) }.code)
        }

    @Test
    fun `nobody is signed in where there is nothing, and damage is said`() =
        story {
            val profile = folder.resolve("empty")
            assertEquals("not_signed_in", refused<QrocException.SignIn> { Client.open(profile, key()) }.code)
            assertEquals("not_signed_in", refused<QrocException.SignIn> { Client.wipe(profile) }.code)
            val lisbon = signIn("lisbon")
            lisbon.client.shutDown()
            Files.write(lisbon.profile.resolve("device.key"), byteArrayOf(1, 2, 3))
            assertEquals("damaged", refused<QrocException.Storage> { Client.open(lisbon.profile, lisbon.vault) }.code)
        }

    @Test
    fun `words that mean nothing are refused by name`() =
        story {
            val lisbon = signIn("lisbon")
            val room = lisbon.client.createRoom("Words")
            assertEquals("room_not_found", refused<QrocException.NotFound> { lisbon.client.room("No such room") }.code)
            assertEquals("bad_input", refused<QrocException.BadInput> { room.send("") }.code)
            assertEquals("bad_input", refused<QrocException.BadInput> { room.sendPlace(91.0, 0.0) }.code)
            assertEquals("bad_input", refused<QrocException.BadInput> { room.invite("nobody") }.code)
            assertEquals("message_not_found", refused<QrocException.NotFound> { room.react("\$none", "👍") }.code)
            assertEquals("file_unreadable", refused<QrocException.BadInput> { room.sendFile(folder.resolve("none")) }.code)
            val empty = Files.createFile(folder.resolve("empty.txt"))
            assertEquals("file_empty", refused<QrocException.BadInput> { room.sendFile(empty) }.code)
            assertEquals("bad_input", refused<QrocException.BadInput> { room.page(before = "what") }.code)
            room.close()
        }
}

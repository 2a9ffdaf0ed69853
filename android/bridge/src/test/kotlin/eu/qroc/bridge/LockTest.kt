package eu.qroc.bridge

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

internal class LockTest : Officers() {
    @Test
    fun `sealed, nothing but the PIN opens a profile`() =
        story {
            val pin = "738105".toByteArray()
            val lisbon = signIn("lisbon")
            val (profile, vault) = lisbon.profile to lisbon.vault
            assertEquals(LockState.OPEN, Client.lockStatus(profile).state)
            assertEquals("no_pin", refused<QrocException.BadInput> { lisbon.client.seal() }.code)
            // Nothing has happened.
            assertEquals(Homeserver.LISBON, lisbon.client.status().userId)
            val short = refused<QrocException.Policy> { lisbon.client.setPin(vault, "12".toByteArray()) }
            assertEquals("lock.min_length", short.policyKey)
            refused<QrocException.BadInput> { lisbon.client.setPin(vault, byteArrayOf(-1, -2, -3, -4, -5, -6)) }

            lisbon.client.setPin(vault, pin)
            assertEquals(LockState.UNLOCKED, Client.lockStatus(profile).state)
            assertEquals(LockState.SEALED, lisbon.client.seal().state)
            refused<QrocException.Closed> { lisbon.client.status() }
            assertEquals("sealed", refused<QrocException.Locked> { Client.open(profile, vault) }.code)
            val before = Client.lockStatus(profile).attemptsLeft!!
            assertEquals("wrong_pin", refused<QrocException.Locked> { Client.unlock(profile, vault, "000000".toByteArray()) }.code)
            assertEquals(before - 1, Client.lockStatus(profile).attemptsLeft)
            assertEquals(LockState.UNLOCKED, Client.unlock(profile, vault, pin).state)
            Client.open(profile, vault).use { it.shutDown() }
        }
}

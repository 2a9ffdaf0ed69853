package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

internal class PolicyTest : Officers() {
    @Test
    fun `what the device's management says holds at once and is explained`() =
        story {
            val lisbon = signIn("lisbon")
            val client = lisbon.client
            // Managed, an app has to have a lock.
            client.setPin(lisbon.vault, "73810546".toByteArray())
            assertTrue(client.explain(PolicyAction.CreateRoom).allowed)
            val heard = async(Dispatchers.Default) { client.policyChanges.first() }
            eventually { Client.liveObjects().pulls == 1 }
            val said = mapOf("rooms.create" to PolicyValue.Flag(false), "no.such_key" to PolicyValue.Number(1))
            val changed = client.takeManaged(ManagedConfig(said))
            // Others change as well: a device that is managed at all is held to more.
            val rooms = changed.single { it.key == "rooms.create" }
            assertEquals(PolicyValue.Flag(true) to PolicyValue.Flag(false), rooms.run { before to value })
            assertEquals(changed, heard.await())

            val decision = client.explain(PolicyAction.CreateRoom)
            assertFalse(decision.allowed)
            assertEquals("rooms.create" to "mdm", decision.key to decision.source)
            val refused = refused<QrocException.Policy> { client.createRoom("Not today") }
            assertEquals("rooms.create" to "mdm", refused.policyKey to refused.policySource)
            val lines = client.policy().associateBy { it.key }
            assertTrue(lines.getValue("rooms.create").locked)
            assertEquals(PolicyState.APPLIED, lines.getValue("rooms.create").state)
            assertEquals(PolicyState.IGNORED, lines.getValue("no.such_key").state)

            // It says nothing any more.
            client.takeManaged(ManagedConfig(null))
            client.createRoom("Again").close()
        }

    @Test
    fun `what it says at the start holds from the sign-in on`() =
        story {
            val said = mapOf("location.mode" to PolicyValue.Text("off"), "account.max_devices" to PolicyValue.Number(100))
            Client.init(Platform(managed = listOf(ManagedConfig(said))))
            try {
                val lisbon = signIn("lisbon")
                assertFalse(lisbon.client.explain(PolicyAction.SharePosition(60)).allowed)
            } finally {
                Client.init()
            }
        }
}

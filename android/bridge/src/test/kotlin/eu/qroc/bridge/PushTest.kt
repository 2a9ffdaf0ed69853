package eu.qroc.bridge

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

internal class PushTest : Officers() {
    @Test
    fun `the server learns of a token where the organisation has a gateway`() =
        story {
            val client = signIn("lisbon").client
            assertEquals(PushState.OFF, client.pushState())
            val token = PushRegistration("eu.qroc.app", "a-token")
            assertFalse("a-token" in token.toString())
            client.setPush(token)
            assertEquals(PushState.NO_GATEWAY, client.pushState())
            client.takeManaged(ManagedConfig(mapOf("push.gateway_url" to PolicyValue.Text("https://push.police.example"))))
            eventually { client.pushState() == PushState.ON }
            client.setPush(token.copy(token = "another", service = PushService.APPLE))
            eventually { client.pushState() == PushState.ON }
            // A gateway has one path, and another is not taken.
            client.takeManaged(ManagedConfig(mapOf("push.gateway_url" to PolicyValue.Text("https://push.police.example/else"))))
            eventually { client.pushState() == PushState.REFUSED }
            client.clearPush()
            assertEquals(PushState.OFF, client.pushState())
            refused<QrocException.BadInput> { client.setPush(token.copy(token = "")) }
        }
}

package eu.qroc.platform

import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import android.content.RestrictionsManager
import android.content.pm.ServiceInfo
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.Message
import android.os.Messenger
import eu.qroc.bridge.PolicyAction
import eu.qroc.bridge.PolicyValue
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.Resetter
import org.robolectric.shadows.ShadowRestrictionsManager
import java.util.concurrent.CopyOnWriteArrayList

/** Robolectric's knows one administrator only. */
@Implements(RestrictionsManager::class)
internal class SeveralAdministrators : ShadowRestrictionsManager() {
    @Implementation
    fun getApplicationRestrictionsPerAdmin(): List<Bundle> = said

    companion object {
        var said = emptyList<Bundle>()

        @JvmStatic @Resetter
        fun forget() {
            said = emptyList()
        }
    }
}

@Config(shadows = [SeveralAdministrators::class])
internal class ManagedTest : Phones() {
    private val console = ComponentName("org.example.console", "org.example.console.States")
    private val received = CopyOnWriteArrayList<Message>()
    private var applying: Job? = null

    @Before
    fun enrol() {
        SeveralAdministrators.forget()
        val policy = shadowOf(app.getSystemService(DevicePolicyManager::class.java))
        policy.setDeviceOwner(ComponentName(console.packageName, "Admin"))
        val packages = shadowOf(app.packageManager)
        packages.installPackage(
            android.content.pm.PackageInfo().apply {
                packageName = console.packageName
                applicationInfo = android.content.pm.ApplicationInfo().also { it.packageName = console.packageName }
            },
        )
        packages.addOrUpdateService(ServiceInfo().apply { packageName = console.packageName; name = console.className; applicationInfo = android.content.pm.ApplicationInfo().also { it.packageName = console.packageName } })
        packages.addIntentFilterForService(console, IntentFilter("androidx.enterprise.feedback.action.APP_STATES"))
        val handler =
            Handler(Looper.getMainLooper()) {
                received += Message.obtain(it)
                true
            }
        shadowOf(app).setComponentNameAndServiceForBindServiceForIntent(Intent().setComponent(console), console, Messenger(handler).binder)
    }

    @After
    fun stop() {
        applying?.cancel()
    }

    private fun say(vararg administrators: Bundle) {
        SeveralAdministrators.said = administrators.toList()
        app.sendBroadcast(Intent(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
    }

    private fun bundle(change: Bundle.() -> Unit) = Bundle().apply(change)

    private fun follow() {
        applying = app.scope.launch { ManagedSource(app).apply(app.duty, Feedback(app)) }
    }

    @Test
    fun `what the console sets is read as the core reads it`() {
        SeveralAdministrators.said =
            listOf(
                bundle {
                    putBoolean("rooms.create", false)
                    putInt("lock.min_length", 8)
                    putInt("lock.history", -1)
                    putString("server.homeserver_url", "https://police.example")
                    putString("branding.name", "")
                    putStringArray("share.mime_allow", arrayOf("image/*"))
                },
                Bundle(),
            )
        val said = ManagedSource(app).read().single().values!!
        assertEquals(
            mapOf(
                "rooms.create" to PolicyValue.Flag(false),
                "lock.min_length" to PolicyValue.Number(8),
                "lock.history" to PolicyValue.Text("-1"),
                "server.homeserver_url" to PolicyValue.Text("https://police.example"),
                "share.mime_allow" to PolicyValue.Items(listOf("image/*")),
            ),
            said,
        )
    }

    @Test
    fun `a change holds within a second, the stricter of two administrators wins, and one that is gone is forgotten`(): Unit =
        story {
            val client = signIn()
            client.setPin(app.duty.vault, "73810546".toByteArray())
            follow()
            val began = System.nanoTime()
            say(bundle { putBoolean("rooms.create", true) }, bundle { putBoolean("rooms.create", false) })
            eventually { !client.explain(PolicyAction.CreateRoom).allowed }
            val took = (System.nanoTime() - began) / 1_000_000
            println("a managed change holds after $took ms")
            assertTrue("$took ms", took < 1000)
            say(bundle { putBoolean("rooms.create", true) })
            eventually { client.explain(PolicyAction.CreateRoom).allowed }
            say(Bundle())
            eventually { client.policy().single { it.key == "rooms.create" }.source == "default" }
        }

    @Test
    fun `what an earlier run was told by an administrator that is gone holds no longer`(): Unit =
        story {
            val client = signIn()
            client.setPin(app.duty.vault, "73810546".toByteArray())
            val gone = eu.qroc.bridge.ManagedConfig(mapOf("rooms.create" to PolicyValue.Flag(false)), "admin-1")
            client.takeManaged(gone)
            assertTrue(!client.explain(PolicyAction.CreateRoom).allowed)
            follow()
            eventually { client.explain(PolicyAction.CreateRoom).allowed }
        }

    @Test
    fun `the console hears key by key what became of it, and only what has changed`(): Unit =
        story {
            val client = signIn()
            client.setPin(app.duty.vault, "73810546".toByteArray())
            follow()
            say(
                bundle {
                    putBoolean("rooms.create", false)
                    putString("no.such_key", "1")
                    putString("lock.min_length", "many")
                },
            )
            eventually { received.isNotEmpty() }
            assertEquals(1, received[0].what)
            val states = states(received[0])
            assertEquals("applied" to 1, states.getValue("rooms.create").run { message to severity })
            assertEquals("false", states.getValue("rooms.create").data)
            assertTrue(states.getValue("no.such_key").message!!.startsWith("ignored: "))
            assertEquals(2, states.getValue("lock.min_length").severity)
            say(
                bundle {
                    putBoolean("rooms.create", true)
                    putString("no.such_key", "1")
                    putString("lock.min_length", "many")
                },
            )
            eventually { received.size > 1 }
            assertEquals(setOf("rooms.create"), states(received[1]).keys)
        }

    @Test
    fun `nobody but the owner of the device is told`() {
        shadowOf(app.getSystemService(DevicePolicyManager::class.java)).setDeviceOwner(ComponentName("org.example.other", "Admin"))
        story {
            val client = signIn()
            client.takeManaged(eu.qroc.bridge.ManagedConfig(mapOf("no.such_key" to PolicyValue.Number(1))))
            Feedback(app).report(client.policy())
        }
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(0, received.size)
    }

    private class State(
        val message: String?,
        val severity: Int,
        val data: String?,
    )

    private fun states(message: Message): Map<String, State> {
        val bundles = (message.obj as Bundle).getParcelableArrayList("androidx.enterprise.feedback.APP_STATES", Bundle::class.java)!!
        return bundles.associate {
            it.getString("androidx.enterprise.feedback.APP_STATE_KEY")!! to
                State(
                    it.getString("androidx.enterprise.feedback.APP_STATE_MESSAGE"),
                    it.getInt("androidx.enterprise.feedback.APP_STATE_SEVERITY"),
                    it.getString("androidx.enterprise.feedback.APP_STATE_DATA"),
                )
        }
    }
}

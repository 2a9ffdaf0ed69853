package eu.qroc.platform

import android.app.KeyguardManager
import android.app.Notification
import android.app.NotificationManager
import android.app.RemoteInput
import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.Intent
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.Bundle
import eu.qroc.bridge.Client
import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.ManagedConfig
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.PushState
import eu.qroc.bridge.Room
import eu.qroc.bridge.Vault
import eu.qroc.bridge.pushState
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowNetworkCapabilities
import kotlin.time.Duration.Companion.seconds

internal class MessagesTest : Phones() {
    private val notes = shadowOf(app.getSystemService(NotificationManager::class.java))

    private fun note(room: Room): Notification? = notes.getNotification(room.roomId, Announcer.NOTE)

    private suspend fun managed(
        client: Client,
        vararg said: Pair<String, PolicyValue>,
    ) {
        client.setPin(app.duty.vault, "73810546".toByteArray())
        client.takeManaged(ManagedConfig(mapOf(*said)))
    }

    private fun Notification.words(): String =
        listOf(Notification.EXTRA_TITLE, Notification.EXTRA_TEXT)
            .map { extras.getCharSequence(it) }
            .plus(
                Notification.MessagingStyle.Message
                    .getMessagesFromBundleArray(extras.getParcelableArray(Notification.EXTRA_MESSAGES))
                    .map { "${it.senderPerson?.name}: ${it.text}" },
            ).joinToString("|")

    private fun follow() = app.scope.launch { app.announcer.follow() }

    @Test
    fun `a message is shown with its words where policy allows, and answered from there`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            managed(own, "push.preview" to PolicyValue.Text("full"))
            val (here, there) = together(own, other, "Harbour")
            follow()
            there.send("White van at pier four")
            eventually { note(here)?.words()?.contains("madrid: White van at pier four") == true }
            val note = note(here)!!
            assertTrue(note.words(), "Harbour" in note.words())
            assertFalse(note.publicVersion.words(), "Harbour" in note.publicVersion.words() || "van" in note.publicVersion.words())

            val action = note.actions.first()
            assertTrue(action.isAuthenticationRequired)
            val answer = Intent(shadowOf(action.actionIntent).savedIntent)
            RemoteInput.addResultsToIntent(action.remoteInputs, answer, Bundle().apply { putCharSequence("text", "Seen, on our way") })
            withContext(main) { ReplyReceiver().onReceive(app, answer) }
            there.timeline().use { timeline ->
                timeline.items.first { items -> items.any { (it.content as? ItemContent.Text)?.body == "Seen, on our way" } }
            }
            eventually { note(here) == null }
        }

    @Test
    fun `only the sender is named where policy says so, and it goes when the room was read`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            managed(own, "push.preview" to PolicyValue.Text("sender"))
            val (here, there) = together(own, other, "Harbour")
            follow()
            there.send("White van at pier four")
            eventually { note(here) != null }
            val words = note(here)!!.words()
            assertTrue(words, "madrid" in words && "Harbour" in words)
            assertFalse(words, "van" in words)
            here.markRead()
            eventually { note(here) == null }
        }

    @Test
    fun `while the device is locked nothing of it is shown, and it is once it is unlocked`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            managed(own, "push.preview" to PolicyValue.Text("full"))
            val (here, there) = together(own, other, "Harbour")
            shadowOf(app.getSystemService(KeyguardManager::class.java)).setIsDeviceLocked(true)
            follow()
            there.send("White van at pier four")
            eventually { note(here) != null }
            val words = note(here)!!.words()
            assertTrue(words, words.startsWith("1 new message"))
            assertFalse(words, listOf("Harbour", "madrid", "van").any { it in words })
            assertNull(note(here)!!.actions)

            shadowOf(app.getSystemService(KeyguardManager::class.java)).setIsDeviceLocked(false)
            app.sendBroadcast(Intent(Intent.ACTION_USER_PRESENT))
            eventually { "van" in note(here)!!.words() }
            assertTrue(note(here)!!.flags and Notification.FLAG_ONLY_ALERT_ONCE != 0)
        }

    @Test
    fun `who looks at the screen is told nothing`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            val (here, there) = together(own, other, "Harbour")
            app.duty.attended.value = true
            follow()
            there.send("White van at pier four")
            own.rooms().first { rooms -> rooms.any { it.unread > 0 } }
            kotlinx.coroutines.delay(200)
            assertNull(note(here))
        }

    @Test
    fun `who is asked for something is told so without a word about who, and not any more once it is over`(): Unit =
        story {
            val (own, other) = signIn() to colleague()
            managed(own, "push.preview" to PolicyValue.Text("full"))
            app.announcer.asked(own, waits = true)
            val note = notes.getNotification(Announcer.ASKED)
            assertEquals(app.getString(R.string.note_asked), note.extras.getString(Notification.EXTRA_TITLE))
            assertNull(note.extras.getString(Notification.EXTRA_TEXT))
            assertEquals(Notification.VISIBILITY_PUBLIC, note.visibility)
            for (known in listOf(other.signedIn.userId, "madrid")) assertFalse(note.extras.toString().contains(known, ignoreCase = true))
            app.announcer.asked(own, waits = false)
            assertNull(notes.getNotification(Announcer.ASKED))
            app.announcer.asked(null, waits = true)
            assertEquals(1, notes.size())
            app.announcer.asked(null, waits = false)
        }

    @Test
    fun `an answer that cannot be sent is kept where it was typed`(): Unit =
        story {
            val own = signIn()
            val room = own.createRoom("Harbour")
            own.setPin(app.duty.vault, "73810546".toByteArray())
            own.seal()
            app.duty.closed(own)
            val answer = ReplyReceiver.answer(app, room.roomId)
            RemoteInput.addResultsToIntent(arrayOf(RemoteInput.Builder("text").build()), answer, Bundle().apply { putCharSequence("text", "On our way") })
            withContext(main) { ReplyReceiver().onReceive(app, answer) }
            eventually { note(room) != null }
            assertEquals("Your answer was not sent. Open QROC and unlock it.", note(room)!!.extras.getString(Notification.EXTRA_TITLE))
            assertEquals("On our way", note(room)!!.extras.getCharSequenceArray(Notification.EXTRA_REMOTE_INPUT_HISTORY)!!.single())
        }

    @Test
    fun `a job opens the account, fetches, announces, and sends what waits`(): Unit =
        story {
            val own = signIn()
            val other = colleague()
            val (here, there) = together(own, other, "Harbour")
            // The process ends; another one is started for the job.
            own.background(5.seconds)
            own.shutDown()
            app.duty.closed(own)
            there.send("White van at pier four")
            SyncJob.schedule(app, metered = true)
            val scheduler = app.getSystemService(JobScheduler::class.java)
            val job = scheduler.allPendingJobs.single()
            assertTrue(job.isPersisted && job.isPeriodic)
            assertEquals(JobInfo.NETWORK_TYPE_ANY, job.networkType)
            SyncJob.schedule(app, metered = false)
            assertEquals(JobInfo.NETWORK_TYPE_UNMETERED, scheduler.allPendingJobs.single().networkType)

            eventually {
                SyncJob.sync(app, app.duty)
                note(here) != null
            }
            assertTrue(app.duty.client.value != null)
        }

    @Test
    fun `a push wakes, and what came is announced, whatever it says`(): Unit =
        story {
            val own = signIn()
            val other = colleague()
            val (here, there) = together(own, other, "Harbour")
            assertTrue(Pushes.registered(app, "eu.qroc.app", "token"))
            assertEquals(PushState.NO_GATEWAY, own.pushState())
            own.background(5.seconds)
            own.shutDown()
            app.duty.closed(own)
            there.send("White van at pier four")
            eventually {
                assertTrue(Pushes.arrived(app))
                note(here) != null
            }
            assertTrue(Pushes.unregistered(app))
            assertEquals(PushState.OFF, app.duty.client.value!!.pushState())
            // Sealed, it is not for the service to open it.
            val open = app.duty.client.value!!
            open.setPin(app.duty.vault, "73810546".toByteArray())
            open.seal()
            app.duty.closed(open)
            assertFalse(Pushes.registered(app, "eu.qroc.app", "token"))
        }

    @Test
    fun `a job of a sealed account does nothing, and of none ends all jobs`(): Unit =
        story {
            val own = signIn()
            own.setPin(app.duty.vault, "73810546".toByteArray())
            own.seal()
            app.duty.closed(own)
            SyncJob.schedule(app, metered = true)
            assertTrue(SyncJob.sync(app, app.duty))
            assertNull(app.duty.client.value)
            assertEquals(1, app.getSystemService(JobScheduler::class.java).allPendingJobs.size)
            Client.wipe(app.duty.profile)
            assertTrue(SyncJob.sync(app, app.duty))
            assertEquals(0, app.getSystemService(JobScheduler::class.java).allPendingJobs.size)
        }

    @Test
    fun `the system runs the job, and ends it`(): Unit =
        story {
            signIn()
            val service = withContext(main) { Robolectric.buildService(SyncJob::class.java).create().get() }
            val parameters = org.robolectric.shadow.api.Shadow.newInstanceOf(android.app.job.JobParameters::class.java)
            assertTrue(withContext(main) { service.onStartJob(parameters) })
            eventually { shadowOf(service).isJobFinished }
            assertFalse(shadowOf(service).isRescheduleNeeded)
        }

    @Test
    fun `a network that is back is told to the core, and what costs is known`(): Unit =
        story {
            val links = Links(app, app.duty)
            links.start()
            val callback = shadowOf(app.getSystemService(ConnectivityManager::class.java)).networkCallbacks.single()
            assertTrue(links.metered.value)
            val network = app.getSystemService(ConnectivityManager::class.java).activeNetwork!!
            callback.onAvailable(network)
            assertTrue(links.connected.value)
            val wifi = ShadowNetworkCapabilities.newInstance()
            shadowOf(wifi).addCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED)
            callback.onCapabilitiesChanged(network, wifi)
            assertFalse(links.metered.value)
            callback.onLost(network)
            assertTrue(links.metered.value)
            assertFalse(links.connected.value)
        }

    @Test
    fun `what waits for the network is sent at once when the system says it is back`(): Unit =
        story {
            val links = Links(app, app.duty)
            links.start()
            val port = java.net.ServerSocket(0).use { it.localPort }
            // A server that is not there at first: a door on another port that opens later.
            val door = Door(port, java.net.URI(Homeserver.url).port)
            door.open()
            val vault = Vault.KeyFile(root.resolve("k"))
            val client =
                app.duty.open { Client.login(root.resolve("p"), vault, "http://127.0.0.1:$port", "lisbon", Homeserver.PASSWORD, "phone") }
            client.foreground()
            val room = client.createRoom("Harbour")
            door.close()
            client.connection.first { it == eu.qroc.bridge.Connection.OFFLINE }
            room.send("White van")
            // Long enough for the core to try seldom.
            kotlinx.coroutines.delay(6_000)
            door.open()
            val callback = shadowOf(app.getSystemService(ConnectivityManager::class.java)).networkCallbacks.last()
            val began = System.nanoTime()
            callback.onAvailable(app.getSystemService(ConnectivityManager::class.java).activeNetwork!!)
            eventually { client.queued().isEmpty() }
            val took = (System.nanoTime() - began) / 1_000_000
            println("sent $took ms after the network was back")
            assertTrue("$took ms", took < 2_000)
            door.close()
        }
}

/** A port of loopback that leads to another one while it is open. */
private class Door(
    private val port: Int,
    private val to: Int,
) {
    private var server: java.net.ServerSocket? = null
    private val sockets = java.util.Collections.synchronizedList(mutableListOf<java.net.Socket>())

    fun open() {
        val socket = java.net.ServerSocket()
        socket.reuseAddress = true
        socket.bind(java.net.InetSocketAddress("127.0.0.1", port))
        server = socket
        kotlin.concurrent.thread(isDaemon = true) {
            while (true) {
                val from = runCatching { socket.accept() }.getOrNull() ?: break
                val there = java.net.Socket("127.0.0.1", to)
                sockets += listOf(from, there)
                pipe(from, there)
                pipe(there, from)
            }
        }
    }

    private fun pipe(
        from: java.net.Socket,
        there: java.net.Socket,
    ) {
        kotlin.concurrent.thread(isDaemon = true) {
            runCatching { from.getInputStream().copyTo(there.getOutputStream()) }
            runCatching { from.close() }
            runCatching { there.close() }
        }
    }

    fun close() {
        server?.close()
        synchronized(sockets) { sockets.forEach { runCatching { it.close() } } }
        sockets.clear()
    }
}

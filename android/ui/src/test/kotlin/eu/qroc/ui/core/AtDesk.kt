package eu.qroc.ui.core

import eu.qroc.bridge.Client
import eu.qroc.bridge.Room
import eu.qroc.bridge.Vault
import eu.qroc.ui.StringsEn
import eu.qroc.ui.shell.Session
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.nio.file.Path
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.minutes

/** Lisbon at a desk, signed in on the real core and a homeserver of its own, with one room; presenters run on [thread]. */
internal class AtDesk(
    val client: Client,
    val room: Room,
    val desk: Desk,
    val session: Session,
    val scope: CoroutineScope,
    val thread: CoroutineContext,
) {
    suspend fun <T> onThread(work: suspend () -> T): T = withContext(thread) { work() }
}

@OptIn(ExperimentalCoroutinesApi::class)
internal fun atDesk(
    folder: Path,
    roomName: String,
    story: suspend AtDesk.() -> Unit,
): Unit =
    Homeserver(folder.resolve("server")).use { server ->
        val thread = Dispatchers.Default.limitedParallelism(1)
        val scope = CoroutineScope(SupervisorJob() + thread)
        runBlocking {
            withTimeout(3.minutes) {
                val vault = Vault.KeyFile(folder.resolve("lisbon.key"))
                val client = Client.login(folder.resolve("lisbon"), vault, server.url, "lisbon", Homeserver.PASSWORD, "Desk")
                client.foreground()
                try {
                    client.createRoom(roomName, emptyList()).use { room ->
                        val desk = Desk()
                        story(AtDesk(client, room, desk, Session(client, desk, scope, MutableStateFlow(StringsEn)), scope, thread))
                    }
                } finally {
                    scope.cancel()
                    client.shutDown()
                }
            }
        }
    }

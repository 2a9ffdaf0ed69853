package eu.qroc.guide

import eu.qroc.bridge.Client
import eu.qroc.bridge.Vault
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** The guide's screens as a program, for R8 to shrink: server, user, password, folder. Prints `shown` at its end. */
object Shrunk {
    @JvmStatic
    fun main(args: Array<String>): Unit =
        runBlocking {
            val (server, user, password, folder) = args
            Client.init()
            val inRoom = CompletableDeferred<Unit>()
            val inList = CompletableDeferred<Unit>()
            val screens =
                Screens(Path.of(folder, "profile"), Vault.KeyFile(Path.of(folder, "key"))) { shown ->
                    if ("$user: shrunk" in shown.lines()) inRoom.complete(Unit)
                    if ("Guide (0): shrunk" in shown.lines()) inList.complete(Unit)
                }
            val refused = screens.enter(server, user, "not $password")
            check(refused == null)
            val client = checkNotNull(screens.enter(server, user, password))
            val room = client.createRoom("Guide")
            val screen =
                listOf(
                    launch(Dispatchers.Default) { screens.roomList(client) },
                    launch(Dispatchers.Default) { screens.timeline(room) },
                )
            room.send("shrunk")
            withTimeout(30.seconds) {
                inRoom.await()
                inList.await()
            }
            screen.forEach { it.cancelAndJoin() }
            room.close()
            client.shutDown()
            client.close()
            println("shown")
        }
}

package eu.qroc.bridge

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** One officer's phone. */
internal class Officer(
    val client: Client,
    val profile: Path,
    val vault: Vault,
)

/** What most tests need: phones that are gone afterwards, and nothing left alive in the library. */
internal abstract class Officers {
    @TempDir
    lateinit var folder: Path
    private val phones = mutableListOf<Client>()
    private var names = 0

    /** Signs in on a new device and comes to the foreground. */
    suspend fun signIn(
        user: String,
        server: String = Homeserver.url,
    ): Officer {
        val profile = folder.resolve("$user-${names++}")
        val vault = Vault.KeyFile(folder.resolve("$user-$names.key"))
        val client = Client.login(profile, vault, server, user, Homeserver.PASSWORD, "test")
        phones += client
        client.foreground()
        return Officer(client, profile, vault)
    }

    /** Two officers in one room. */
    suspend fun talk(
        name: String,
        server: String = Homeserver.url,
    ): Talk {
        val (lisbon, madrid) = signIn("lisbon", server) to signIn("madrid", server)
        val room = lisbon.client.createRoom(name, listOf(Homeserver.MADRID))
        madrid.client.rooms().first { rooms -> rooms.any { it.roomId == room.roomId } }
        return Talk(lisbon, madrid, room, madrid.client.joinRoom(room.roomId))
    }

    internal class Talk(
        val lisbon: Officer,
        val madrid: Officer,
        val here: Room,
        val there: Room,
    )

    fun story(block: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(60.seconds, block) }

    @BeforeEach
    fun begin() {
        Client.init()
    }

    @AfterEach
    fun nothingStaysAlive() =
        story {
            for (phone in phones) {
                runCatching { phone.shutDown() }
                phone.close()
            }
            // Rooms that a story let go are freed by the collector.
            eventually {
                System.gc()
                Client.liveObjects() == LiveObjects(0, 0, 0, 0)
            }
        }
}

internal suspend fun eventually(condition: suspend () -> Boolean) {
    while (!condition()) delay(10)
}

internal fun List<TimelineItem>.texts(): List<String> = mapNotNull { (it.content as? ItemContent.Text)?.body }

internal suspend fun Flow<List<TimelineItem>>.shows(text: String): TimelineItem =
    first { items -> items.any { (it.content as? ItemContent.Text)?.body == text && it.eventId != null } }
        .last { (it.content as? ItemContent.Text)?.body == text }

internal fun fixture(name: String): Path {
    val file = cache().resolve("fixtures").resolve(name)
    check(Files.exists(file)) { "$file is missing: run make setup" }
    return file
}

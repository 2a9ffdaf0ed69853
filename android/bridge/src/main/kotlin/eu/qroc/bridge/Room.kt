package eu.qroc.bridge

import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import eu.qroc.bridge.generated.NewFile as GeneratedNewFile
import eu.qroc.bridge.generated.NewMessage as GeneratedNewMessage
import eu.qroc.bridge.generated.NewPlace as GeneratedNewPlace
import eu.qroc.bridge.generated.NewShare as GeneratedNewShare
import eu.qroc.bridge.generated.Room as GeneratedRoom

/**
 * A room of a client. Whatever is sent is durable and shown in the timeline when the call returns; it goes to the server
 * while the client is in the foreground. Sending runs to its end even when cancelled; reading ends.
 */
public class Room internal constructor(
    inner: GeneratedRoom,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** Matrix id. */
    public val roomId: String = inner.roomId()

    /** Reads what the list shows of the room. */
    public suspend fun summary(): RoomSummary = inner.call { it.summary().toBridge() }

    /** Lists who is joined or invited, as far as it is stored. */
    public suspend fun members(): List<RoomMember> = inner.call { room -> room.members().map { it.toBridge() } }

    /** Lists the user ids of who else is typing, by the last answer of the server. */
    public suspend fun typing(): List<String> = inner.call { it.typing() }

    /** Opens the timeline; close it with the screen. */
    public suspend fun timeline(): Timeline = opened { inner.call { Timeline(it.timeline()) } }

    /**
     * Reads one page of the timeline, oldest first; [before] is the cursor of an item. Fetches what is missing for the
     * page from the server, unless [offline].
     */
    public suspend fun page(
        before: String? = null,
        limit: Int = 50,
        offline: Boolean = false,
    ): List<TimelineItem> =
        inner.call { room -> room.page(before, limit.coerceAtLeast(0).toUInt(), offline).map { it.toBridge() } }

    /** Sends a text. The same [txnId] twice is one message. */
    public suspend fun send(
        body: String,
        replyTo: String? = null,
        thread: String? = null,
        txnId: String? = null,
    ): Sent = inner.call { it.send(GeneratedNewMessage(body, replyTo, thread, txnId)).toBridge() }

    /** Replaces the text of an own message. */
    public suspend fun edit(
        eventId: String,
        body: String,
    ): Sent = inner.call { it.edit(eventId, body).toBridge() }

    /** Reacts to a message. */
    public suspend fun react(
        eventId: String,
        key: String,
    ): Sent = inner.call { it.react(eventId, key).toBridge() }

    /** Removes the content of a message, for everybody. */
    public suspend fun redact(eventId: String): Sent = inner.call { it.redact(eventId).toBridge() }

    /** Marks everything as read. */
    public suspend fun markRead(): Sent = inner.call { it.markRead().toBridge() }

    /**
     * Prepares, seals and sends a file, or of a clip the part [trim]; the file itself is not needed after. With
     * [original] the unchanged file follows, signed by this device; with [captureInfo] time, place and camera go along,
     * encrypted.
     */
    public suspend fun sendFile(
        path: Path,
        caption: String? = null,
        treatAs: TreatAs = TreatAs.AUTO,
        trim: Trim? = null,
        txnId: String? = null,
        original: Boolean = false,
        captureInfo: Boolean = false,
    ): SentFile {
        val treat = treatAs.toGenerated()
        val file =
            GeneratedNewFile(path.toString(), caption, treat, trim?.toGenerated(), txnId, original, captureInfo)
        return inner.call { it.sendFile(file).toBridge() }
    }

    /** Sends a position, once: degrees, and metres around it that hold the truth. */
    public suspend fun sendPlace(
        lat: Double,
        lon: Double,
        accuracyM: Double? = null,
        txnId: String? = null,
    ): Sent = inner.call { it.sendPlace(GeneratedNewPlace(lat, lon, accuracyM, txnId)).toBridge() }

    /**
     * Begins to share the own position live, with fixes from [source]: for [duration], or for as long as policy allows.
     * Runs to its end even when cancelled: the sharing that nobody waited for ends at once.
     */
    public suspend fun shareLocation(
        source: LocationSource,
        pace: SharePace = SharePace.AUTO,
        duration: Duration? = null,
    ): LocationShare {
        val share = GeneratedNewShare(pace.toGenerated(), duration?.toJavaDuration())
        return opened { inner.call { LocationShare(it.shareLocation(share, BridgedLocationSource(source))) } }
    }

    /** Stops sharing the own position with the room, whoever began it: also a run of the app that ended without. */
    public suspend fun stopSharing(): Unit = inner.call { it.stopSharing() }

    /** Opens the list of where everybody in the room is; close it with the screen. */
    public suspend fun positions(): Positions = opened { inner.call { Positions(it.positions()) } }

    /**
     * Opens a file of a message to be looked at without being saved; close it afterwards. One that was sent from here can
     * be looked at while it waits to be sent, one that was looked at before without the network.
     */
    public suspend fun contents(
        eventId: String,
        part: Part = Part.FILE,
    ): Contents = opened { inner.call { Contents(it.contents(eventId, part.toGenerated())) } }

    /** Says whether a file of a message can be looked at without the network. */
    public suspend fun hasContents(
        eventId: String,
        part: Part = Part.FILE,
    ): Boolean = inner.call { it.hasContents(eventId, part.toGenerated()) }

    /** Fetches the file of a message and opens it to [to]: a directory, or the file's path. */
    public suspend fun download(
        eventId: String,
        to: Path,
        overwrite: Boolean = false,
    ): Downloaded = inner.call { it.download(eventId, to.toString(), overwrite).toBridge() }

    /** Invites a user. */
    public suspend fun invite(userId: String): Unit = inner.call { it.invite(userId) }

    /** Removes a user from the room. */
    public suspend fun kick(userId: String): Unit = inner.call { it.kick(userId) }

    /** Leaves the room, or declines the invitation. */
    public suspend fun leave(): Unit = inner.call { it.leave() }

    /** Frees the room. */
    override fun close(): Unit = inner.close()
}

package eu.qroc.bridge

import java.nio.file.Path
import java.time.Instant
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

    /**
     * Lists one page of the members that are stored: those behind the one with the cursor [after], with [filter] as part of
     * their name or id.
     */
    public suspend fun membersPage(
        after: String? = null,
        filter: String? = null,
        limit: Int = 100,
    ): List<RoomMember> =
        inner.call { room ->
            room.membersPage(after, filter, limit.coerceAtLeast(0).toUInt()).map { it.toBridge() }
        }

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

    /**
     * Sends a text, which is Markdown unless it is [plain]. The same [txnId] twice is one message. [mentions] are the user
     * ids of those who are to notice, besides those whose id stands in the text and who is answered; with [mentionsRoom]
     * everybody. With [clearsDraft] the draft for this room and thread goes with it.
     */
    public suspend fun send(
        body: String,
        replyTo: String? = null,
        thread: String? = null,
        txnId: String? = null,
        mentions: List<String> = emptyList(),
        mentionsRoom: Boolean = false,
        plain: Boolean = false,
        clearsDraft: Boolean = false,
    ): Sent {
        val message =
            GeneratedNewMessage(
                body = body,
                replyTo = replyTo,
                thread = thread,
                txnId = txnId,
                mentions = mentions,
                mentionsRoom = mentionsRoom,
                plain = plain,
                clearsDraft = clearsDraft,
            )
        return inner.call { it.send(message).toBridge() }
    }

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
     * Reads where everybody of the room, or one user, went between two times, both of them included. Fetches what is missing
     * from the server, which takes its time, unless [offline].
     */
    public suspend fun tracks(
        userId: String? = null,
        from: Instant = Instant.EPOCH,
        until: Instant,
        offline: Boolean,
    ): List<Track> = inner.call { room -> room.tracks(userId, from, until, offline).map { it.toBridge() } }

    /**
     * Puts who is in a part of the map together where they could not be told apart at a zoom, from north to south: at zoom 0
     * the whole earth is 256 points wide, and at each further one twice as wide. Groups stay the same when the map is
     * moved; from zoom 20 on everybody stands alone.
     */
    public suspend fun clusters(
        part: MapPart,
        zoom: Int,
    ): List<PositionCluster> =
        inner.call { room -> room.clusters(part.toGenerated(), zoom.toUByte()).map { it.toBridge() } }

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
        val file = newFile(path, caption, treatAs, trim, txnId, original, captureInfo)
        return inner.call { it.sendFile(file).toBridge() }
    }

    /**
     * Sends what a microphone gave as a voice message: a WAV file, or another recording that the core reads, from memory. It
     * is coded anew at an even loudness, and nothing of it is on the disk in plain.
     */
    public suspend fun sendVoice(
        recording: ByteArray,
        txnId: String? = null,
    ): SentFile = inner.call { it.sendVoice(recording, txnId).toBridge() }

    /**
     * Begins to prepare, seal and send a file as [sendFile] does, and returns at once: what is wrong with it is told by the
     * transfer. Close that when it is no longer shown; the file goes on. Runs to its end even when cancelled.
     */
    public suspend fun upload(
        path: Path,
        caption: String? = null,
        treatAs: TreatAs = TreatAs.AUTO,
        trim: Trim? = null,
        txnId: String? = null,
        original: Boolean = false,
        captureInfo: Boolean = false,
    ): Transfer {
        val file = newFile(path, caption, treatAs, trim, txnId, original, captureInfo)
        return opened { inner.call { Transfer(it.upload(file)) } }
    }

    /**
     * Takes up a file that is queued already, such as one of an earlier run of the app, by the transaction id of its
     * message. Close it when it is no longer shown.
     */
    public fun uploadOf(txnId: String): Transfer = inner.now { Transfer(it.uploadOf(txnId)) }

    /**
     * Begins to fetch a file of a message to be looked at, and returns at once: [Transfer.contents] has it in the end.
     * Closing the transfer ends it, and leaves nothing behind.
     */
    public fun fetch(
        eventId: String,
        part: Part = Part.FILE,
    ): Transfer = inner.now { Transfer(it.fetch(eventId, part.toGenerated())) }

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

    /**
     * Sends the message [eventId] of the room [fromRoomId] on to this one. A file is neither fetched nor sealed again. What
     * was withdrawn or superseded is not sent on.
     */
    public suspend fun forward(
        fromRoomId: String,
        eventId: String,
    ): Sent = inner.call { it.forward(fromRoomId, eventId).toBridge() }

    /**
     * Says of a message that it is superseded or withdrawn, or holds after all: everybody in the room sees it. For the
     * sender and moderators.
     */
    public suspend fun mark(
        eventId: String,
        state: MarkAs,
        replacedBy: String? = null,
        reason: String? = null,
    ): Sent = inner.call { it.mark(eventId, state.toGenerated(), replacedBy, reason).toBridge() }

    /** Pins a message, or takes it down. It holds here at once. */
    public suspend fun pin(
        eventId: String,
        on: Boolean = true,
    ): Sent = inner.call { it.pin(eventId, on).toBridge() }

    /** Lists what is pinned, in that order; fetched where it is not stored, unless [offline]. */
    public suspend fun pins(offline: Boolean = false): List<TimelineItem> =
        inner.call { room -> room.pins(offline).map { it.toBridge() } }

    /** Reads one message, also an old one: fetched where it is not stored, unless [offline]. */
    public suspend fun message(
        eventId: String,
        offline: Boolean = false,
    ): TimelineItem = inner.call { it.message(eventId, offline).toBridge() }

    /** Lists the versions of a message, oldest first; its edits are asked for, unless [offline]. */
    public suspend fun history(
        eventId: String,
        offline: Boolean = false,
    ): List<MessageVersion> = inner.call { room -> room.history(eventId, offline).map { it.toBridge() } }

    /** Lists the roots of the threads that are stored, those with the newest message first. */
    public suspend fun threads(limit: Int = 50): List<TimelineItem> =
        inner.call { room -> room.threads(limit.coerceAtLeast(0).toUInt()).map { it.toBridge() } }

    /**
     * Reads a thread, oldest first: its [root], then at most the newest [limit] messages; what is missing is asked for,
     * unless [offline].
     */
    public suspend fun thread(
        root: String,
        limit: Int = 50,
        offline: Boolean = false,
    ): List<TimelineItem> =
        inner.call { room -> room.thread(root, limit.coerceAtLeast(0).toUInt(), offline).map { it.toBridge() } }

    /** Lists who has read a message, by the receipts that are known: who told so last comes first. */
    public suspend fun seenBy(eventId: String): List<SeenBy> =
        inner.call { room -> room.seenBy(eventId).map { it.toBridge() } }

    /** Keeps the room at hand, or not any more; on the account's other devices too. */
    public suspend fun setFavourite(on: Boolean): Sent = inner.call { it.setFavourite(on).toBridge() }

    /** Gives the room low priority, or not any more. */
    public suspend fun setLowPriority(on: Boolean): Sent = inner.call { it.setLowPriority(on).toBridge() }

    /** Says what of the room asks for attention. */
    public suspend fun setLoudness(loudness: Loudness): Sent =
        inner.call { it.setLoudness(loudness.toGenerated()).toBridge() }

    /** Reads the text that is being written for the room, or for a thread in it. */
    public suspend fun draft(thread: String? = null): String? = inner.call { it.draft(thread) }

    /** Keeps a text that is being written, encrypted on this device; an empty one takes it away. */
    public suspend fun keepDraft(
        body: String,
        thread: String? = null,
    ): Unit = inner.call { it.keepDraft(thread, body) }

    /** Tells the others that the user writes, or does not any more; it holds for half a minute. */
    public suspend fun setTyping(typing: Boolean): Unit = inner.call { it.setTyping(typing) }

    /** Waits until others than [known] are typing, and lists their user ids. */
    public suspend fun typingChanges(known: List<String>): List<String> = inner.call { it.typingChanges(known) }

    /** Invites a user. */
    public suspend fun invite(userId: String): Unit = inner.call { it.invite(userId) }

    /** Removes a user from the room. */
    public suspend fun kick(userId: String): Unit = inner.call { it.kick(userId) }

    /** Leaves the room, or declines the invitation. */
    public suspend fun leave(): Unit = inner.call { it.leave() }

    /** Frees the room. */
    override fun close(): Unit = inner.close()
}

private fun newFile(
    path: Path,
    caption: String?,
    treatAs: TreatAs,
    trim: Trim?,
    txnId: String?,
    original: Boolean,
    captureInfo: Boolean,
) = GeneratedNewFile(path.toString(), caption, treatAs.toGenerated(), trim?.toGenerated(), txnId, original, captureInfo)

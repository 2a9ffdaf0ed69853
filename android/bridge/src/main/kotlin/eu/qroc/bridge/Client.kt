package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import eu.qroc.bridge.generated.Client as GeneratedClient
import eu.qroc.bridge.generated.ConnectionStates as GeneratedConnectionStates
import eu.qroc.bridge.generated.LoginDetails as GeneratedLoginDetails
import eu.qroc.bridge.generated.NewRoom as GeneratedNewRoom
import eu.qroc.bridge.generated.PolicyChanges as GeneratedPolicyChanges
import eu.qroc.bridge.generated.RecoveryStates as GeneratedRecoveryStates
import eu.qroc.bridge.generated.VerificationRequests as GeneratedVerificationRequests
import eu.qroc.bridge.generated.accountExists as generatedAccountExists
import eu.qroc.bridge.generated.errorTextKeys as generatedErrorTextKeys
import eu.qroc.bridge.generated.init as generatedInit
import eu.qroc.bridge.generated.liveObjects as generatedLiveObjects
import eu.qroc.bridge.generated.lockStatus as generatedLockStatus
import eu.qroc.bridge.generated.unlock as generatedUnlock
import eu.qroc.bridge.generated.wipe as generatedWipe

/**
 * A signed-in account: its rooms, its queue, its devices.
 *
 * Call [init] when the app starts, then [open] the profile or [login]; [foreground] and [background] as the app comes and
 * goes; [shutDown] or [close] at the end. A profile is one account: an app with several gives each a directory of its own.
 */
public class Client private constructor(
    inner: GeneratedClient,
) : AutoCloseable {
    internal val inner: Owned<GeneratedClient> = Owned(inner)

    /** Who is signed in. */
    public val signedIn: SignedIn = inner.signedIn().toBridge()

    /** Whether the server answers, from now on; ends after [Connection.CLOSED]. */
    public val connection: Flow<Connection> =
        flow {
            Owned<GeneratedConnectionStates>(this@Client.inner.now { it.connectionStates() }).let { states ->
                try {
                    while (true) emit(states.call { it.next()?.toBridge() } ?: break)
                } finally {
                    states.close()
                }
            }
        }

    /** Changes of the policy, whoever made them: all keys that changed at once; an empty list: read the whole policy. */
    public val policyChanges: Flow<List<PolicyChange>> =
        flow {
            Owned<GeneratedPolicyChanges>(this@Client.inner.now { it.policyChanges() }).let { changes ->
                try {
                    while (true) emit(changes.call { it.next() }?.map { it.toBridge() } ?: break)
                } finally {
                    changes.close()
                }
            }
        }

    /**
     * Verifications that others ask for, from now on, while the client syncs: [Verification.accept] or
     * [Verification.cancel] each, and close it afterwards. One collector at a time has them; what came while nobody
     * collected comes first. Ends when the client is shut down.
     */
    public val verificationRequests: Flow<Verification> =
        flow {
            Owned<GeneratedVerificationRequests>(this@Client.inner.now { it.verificationRequests() }).let { requests ->
                try {
                    while (true) emit(opened { requests.call { it.next()?.let(::Verification) } } ?: break)
                } finally {
                    requests.close()
                }
            }
        }

    /** How backup and recovery key stand, from now on, also while keys are restored or uploaded. */
    public val recoveryStates: Flow<RecoveryStatus> =
        flow {
            Owned<GeneratedRecoveryStates>(this@Client.inner.now { it.recoveryStates() }).let { states ->
                try {
                    while (true) emit(states.call { it.next()?.toBridge() } ?: break)
                } finally {
                    states.close()
                }
            }
        }

    /** Syncs and sends from now on, until [background] or [shutDown]. */
    public suspend fun foreground(): Unit = inner.call { it.foreground() }

    /**
     * Goes on until what is queued is sent, at most until [limit] is over; then nothing runs. Returns whether all was
     * sent (what failed does not count). A [foreground] meanwhile wins. Runs to its end even when cancelled.
     */
    public suspend fun background(limit: Duration): Boolean = inner.call { it.background(limit.toJavaDuration()) }

    /** Says that the network is back or has changed: what waited for it is tried at once. */
    public suspend fun networkReturned(): Unit = inner.call { it.networkReturned() }

    /** Syncs once, until the server has nothing new and the queue is sent: for a wake-up in the background. */
    public suspend fun syncOnce(limit: Duration = 25.seconds): SyncSummary =
        inner.call { it.syncOnce(limit.toJavaDuration()).toBridge() }

    /** Reads the account's state; works while contents are hidden. */
    public suspend fun status(): Status = inner.call { it.status().toBridge() }

    /** Opens the room list; close it with the screen. [filter] is part of a name. */
    public fun roomList(filter: String? = null): RoomList = inner.now { RoomList(it.roomList(filter)) }

    /** The room list as a cold flow of whole lists, for screens that need no more than its newest 50 rooms. */
    public fun rooms(filter: String? = null): Flow<List<RoomSummary>> =
        flow { roomList(filter).use { emitAll(it.rooms) } }

    /** Opens the queue of what waits to be sent; close it with the screen. */
    public fun sendQueue(): SendQueue = inner.now { SendQueue(it.sendQueue()) }

    /** Lists what waits to be sent, oldest first. */
    public suspend fun queued(): List<QueueItem> = inner.call { client -> client.queued().map { it.toBridge() } }

    /** Opens the list of where everybody is, in all rooms; close it with the screen. */
    public suspend fun positions(): Positions = opened { inner.call { Positions(it.positions()) } }

    /** Says what the map file of this device is; nothing where it has none. */
    public suspend fun map(): MapInfo? = inner.call { it.map()?.toBridge() }

    /**
     * Reads what is on a tile of the map, in the order in which it is to be drawn; nothing where there is no map, or
     * nothing of it there. At zoom `z` there are 2^z columns and rows, from the north-western corner of Mercator's square.
     * No server is asked.
     */
    public suspend fun mapShapes(
        zoom: Int,
        column: Int,
        row: Int,
    ): List<MapShape>? =
        inner.call { client ->
            client.mapShapes(zoom.toUByte(), column.toUInt(), row.toUInt())?.map { it.toBridge() }
        }

    /** Reads a tile of the map as it is: a Mapbox Vector Tile (2.1), not compressed, for a renderer of one's own. */
    public suspend fun mapTile(
        zoom: Int,
        column: Int,
        row: Int,
    ): ByteArray? = inner.call { it.mapTile(zoom.toUByte(), column.toUInt(), row.toUInt()) }

    /** Copies a map file (PMTiles 3 with vector tiles) into the profile; what was there stays until it is whole. */
    public suspend fun takeMap(path: Path): MapInfo = inner.call { it.takeMap(path.toString()).toBridge() }

    /**
     * Fetches the map from where policy says (`location.map_url`), and from nowhere else; the server is not told who asks.
     * Nothing where it is no newer than what is here.
     */
    public suspend fun fetchMap(): MapInfo? = inner.call { it.fetchMap()?.toBridge() }

    /** Takes the map away; says whether there was one. */
    public suspend fun removeMap(): Boolean = inner.call { it.removeMap() }

    /** Tells what holds for each key of the policy, and who says so; works while contents are hidden. */
    public suspend fun policy(): List<PolicyLine> = inner.call { client -> client.policy().map { it.toBridge() } }

    /**
     * Says whether something is allowed now, and which key says so: for a button that explains why it is not there. What
     * is done is asked again by the core itself.
     */
    public fun explain(action: PolicyAction): PolicyDecision = inner.now { it.explain(action.toGenerated()).toBridge() }

    /**
     * Takes what the device's management says now: to be called when the platform says that it has changed; what it says
     * at the start is given to [init]. It holds when this returns, with what has changed. Runs to its end even when
     * cancelled.
     */
    public suspend fun takeManaged(config: ManagedConfig): List<PolicyChange> =
        inner.call { client -> client.takeManaged(config.toGenerated()).map { it.toBridge() } }

    /**
     * Sets the PIN of the application lock, or another one. It is not asked for until the profile is sealed. [vault] is the
     * one that the profile was opened with. Clear [pin] afterwards. Runs to its end even when cancelled.
     */
    public suspend fun setPin(
        vault: Vault,
        pin: ByteArray,
    ): Unit = inner.call { client -> vault.use { client.setPin(it, pin) } }

    /**
     * Locks: closes the client and seals its profile, so that the keys are in no memory and nothing but the PIN opens it
     * ([unlock]). Runs to its end even when cancelled.
     */
    public suspend fun seal(): LockStatus = inner.call { it.seal().toBridge() }

    /** Finds a room by id, alias, or a name that only one room has. */
    public suspend fun room(name: String): Room = opened { inner.call { Room(it.room(name)) } }

    /** Makes a room, which is always encrypted; it is in the list when this returns. Runs to its end even when cancelled. */
    public suspend fun createRoom(
        name: String,
        invite: List<String> = emptyList(),
        kind: RoomKind = RoomKind.GROUP,
    ): Room = opened { inner.call { Room(it.createRoom(GeneratedNewRoom(name, invite, kind.toGenerated()))) } }

    /**
     * Joins a room, by its id, its alias, or the name of an invitation; it is in the list when this returns. Runs to its
     * end even when cancelled.
     */
    public suspend fun joinRoom(room: String): Room = opened { inner.call { Room(it.joinRoom(room)) } }

    /** Finds messages by words, beginnings of words and phrases, newest first, on this device; in one room, or in all. */
    public suspend fun search(
        text: String,
        roomId: String? = null,
        limit: Int = 50,
    ): List<SearchHit> = search(SearchQuery(text = text, roomId = roomId), limit)

    /** Finds messages, newest first, on this device; what waits to be sent is among them. */
    public suspend fun search(
        query: SearchQuery,
        limit: Int = 50,
    ): List<SearchHit> =
        inner.call { client ->
            client.search(query.toGenerated(), limit.coerceAtLeast(0).toUInt()).map { it.toBridge() }
        }

    /** Lists the texts that are being written, newest first. */
    public suspend fun drafts(): List<Draft> = inner.call { client -> client.drafts().map { it.toBridge() } }

    /** Lists the account's devices, as the server has them. */
    public suspend fun devices(): List<Device> = inner.call { client -> client.devices().map { it.toBridge() } }

    /** Lists the devices of another user that have keys, asked for now. */
    public suspend fun devicesOf(userId: String): List<Device> =
        inner.call { client -> client.devicesOf(userId).map { it.toBridge() } }

    /**
     * Begins a verification: of `@name:server`, of one of their devices as `@name:server/DEVICE`, of an own device by its
     * id, or of the own account by all its other devices. Takes up the one that they have asked for, where they have.
     * Close it afterwards. Runs to its end even when cancelled: one that nobody waited for is cancelled.
     */
    public suspend fun verify(who: String): Verification = opened { inner.call { Verification(it.verify(who)) } }

    /** Says what is believed of a person. */
    public suspend fun trust(userId: String): UserTrust = inner.call { it.trust(userId).toBridge() }

    /**
     * Takes a person's changed identity as it is now, without comparing anything: they count as not verified then. Runs to
     * its end even when cancelled.
     */
    public suspend fun acceptChange(userId: String): UserTrust = inner.call { it.acceptChange(userId).toBridge() }

    /**
     * Says whether this device is verified and has all that the account's devices share: its private keys, and the
     * backup's with what that held.
     */
    public suspend fun hasSecrets(): Boolean = inner.call { it.hasSecrets() }

    /** Says how backup and recovery key stand. */
    public suspend fun recovery(): RecoveryStatus = inner.call { it.recovery().toBridge() }

    /**
     * Makes the recovery key and, where there is none, the backup. With [replace] both are made anew: the key that was
     * written down before, and the backup that it opens, are worthless from then on. With a [passphrase], as UTF-8, that
     * opens them as well; clear it afterwards. Runs to its end even when cancelled; made again after a fault, it goes on.
     */
    public suspend fun createRecoveryKey(
        passphrase: ByteArray? = null,
        replace: Boolean = false,
    ): RecoveryKey = opened { inner.call { RecoveryKey(it.createRecoveryKey(passphrase, replace)) } }

    /**
     * Verifies this device with the recovery key or its passphrase, [typed] as UTF-8, and brings back the keys of the
     * history. What could not be fetched at once is fetched while the client syncs. Clear [typed] afterwards. Runs to its
     * end even when cancelled.
     */
    public suspend fun restore(typed: ByteArray): Restored = inner.call { it.restore(typed).toBridge() }

    /** Signs another device of the account out. Runs to its end even when cancelled. */
    public suspend fun signOutDevice(
        deviceId: String,
        password: String,
    ): Unit = inner.call { it.signOutDevice(deviceId, password) }

    /**
     * Signs out: tells the server, where it can be reached, and destroys the profile. The client is closed after. Runs to
     * its end even when cancelled.
     */
    public suspend fun logout(): Destroyed = inner.call { it.logout().toBridge() }

    /**
     * Ends everything and closes the database: flows end, later calls throw [QrocException.Closed]. What was begun is
     * finished, for at most ten seconds. Runs to its end even when cancelled.
     */
    public suspend fun shutDown(): Unit = inner.call { it.shutDown() }

    /** Frees the client, and closes what [shutDown] has not: then nobody waits for it. */
    override fun close(): Unit = inner.close()

    /** What comes before a client. */
    public companion object {
        /** Version and fingerprint of the library. */
        public val libraryVersion: String get() = Library.version

        /**
         * Loads the library and prepares it; to be called once, before anything else, when the app starts.
         *
         * @throws LibraryException where the library is missing or not the one that this was built with.
         */
        public fun init(platform: Platform = Platform()) {
            Library.version
            translated { generatedInit(platform.toGenerated()) }
        }

        /** Says whether a profile has an account: [open] it then, else [login]. */
        public suspend fun exists(profile: Path): Boolean =
            withContext(Dispatchers.Default) { translated { generatedAccountExists(profile.toString()) } }

        /**
         * Signs in, makes the profile, publishes identity and keys. [server] is a URL, or a name that is looked up; [user]
         * is `name` or `@name:server`. Runs to its end even when cancelled: the profile can be opened then.
         */
        public suspend fun login(
            profile: Path,
            vault: Vault,
            server: String,
            user: String,
            password: String,
            deviceName: String? = null,
        ): Client =
            opened {
                val details = GeneratedLoginDetails(server, user, password, deviceName)
                vault.use { Client(GeneratedClient.login(profile.toString(), it, details)) }
            }

        /** Says how the lock of a profile stands; needs no key. */
        public suspend fun lockStatus(profile: Path): LockStatus =
            withContext(Dispatchers.Default) { translated { generatedLockStatus(profile.toString()).toBridge() } }

        /**
         * Opens a sealed profile for this device, until it is sealed again or the device restarts: [open] works then. The
         * attempt is counted before it is made; after the last one all keys and data are destroyed. Clear [pin] afterwards.
         * Runs to its end even when cancelled.
         */
        public suspend fun unlock(
            profile: Path,
            vault: Vault,
            pin: ByteArray,
        ): LockStatus =
            withContext(Dispatchers.Default) {
                translated { vault.use { generatedUnlock(profile.toString(), it, pin).toBridge() } }
            }

        /** Opens a profile, without the network. */
        public suspend fun open(
            profile: Path,
            vault: Vault,
        ): Client =
            opened { vault.use { Client(GeneratedClient.open(profile.toString(), it)) } }

        /**
         * Destroys a profile: first the keys, then everything else. Needs neither key nor network, works while the profile
         * is open. Runs to its end even when cancelled.
         */
        public suspend fun wipe(profile: Path): Destroyed =
            withContext(Dispatchers.Default) { translated { generatedWipe(profile.toString()).toBridge() } }

        /** Lists the keys of all texts that a [QrocException] can name, for an app's test that each is translated. */
        public fun errorTextKeys(): List<String> = generatedErrorTextKeys()

        /** Counts what is alive in the library, for finding leaks. */
        public fun liveObjects(): LiveObjects =
            generatedLiveObjects().run {
                LiveObjects(
                    clients = clients.toInt(),
                    rooms = rooms.toInt(),
                    lists = lists.toInt(),
                    pulls = pulls.toInt(),
                    shares = shares.toInt(),
                    contents = contents.toInt(),
                    verifications = verifications.toInt(),
                    transfers = transfers.toInt(),
                )
            }
    }
}

/**
 * What is alive in the library now, in the whole process.
 *
 * @property clients clients that were not freed, closed or not.
 * @property rooms rooms that were not freed.
 * @property lists room lists, timelines, queues, positions and flows of states that were not freed.
 * @property pulls flows that wait for something to change.
 * @property shares sharings of the own position that were not freed.
 * @property contents files that are looked at, not freed.
 * @property verifications verifications that were not freed.
 * @property transfers transfers that were not freed.
 */
public data class LiveObjects(
    public val clients: Int,
    public val rooms: Int,
    public val lists: Int,
    public val pulls: Int,
    public val shares: Int = 0,
    public val contents: Int = 0,
    public val verifications: Int = 0,
    public val transfers: Int = 0,
)

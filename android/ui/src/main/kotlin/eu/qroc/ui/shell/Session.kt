package eu.qroc.ui.shell

import eu.qroc.bridge.Client
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.QueueItem
import eu.qroc.bridge.SendQueue
import eu.qroc.bridge.SendState
import eu.qroc.ui.Strings
import eu.qroc.ui.parts.Connection
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlin.time.Duration.Companion.seconds
import eu.qroc.bridge.Connection as Link

/** What all screens of one signed-in account share. */
class Session(
    val client: Client,
    val surroundings: Surroundings,
    parent: CoroutineScope,
    private val language: StateFlow<Strings>,
) {
    /** Lives as long as the account is open: what is being sent goes on when its screen is left. */
    val scope: CoroutineScope = parent + SupervisorJob(parent.coroutineContext[Job])
    val own: String = client.signedIn.userId
    val strings: Strings get() = language.value

    /** What was typed and not sent. */
    val drafts = Drafts(client, scope)

    /** Names of rooms, as far as the list was read. */
    val roomNames = MutableStateFlow(emptyMap<String, String>())

    /** What people are called, as far as rooms were read. */
    val people = MutableStateFlow(emptyMap<String, String>())

    private val trusts = MutableStateFlow(0)

    /** Changes with whom and what is believed, where that was done here. */
    val trust: StateFlow<Int> get() = trusts

    private val sendQueue: SendQueue = client.sendQueue()
    private val queued = MutableStateFlow<List<QueueItem>?>(null)
    private val links = MutableStateFlow(Link.IDLE)
    private val shown = MutableStateFlow(Connection(Connection.Kind.CONNECTING))

    private val closed = MutableStateFlow(emptyMap<Gate, String>())

    /** What policy forbids now, and why. */
    val forbidden: StateFlow<Map<Gate, String>> get() = closed

    /** What waits to be sent, oldest first; nothing while it is read. */
    val queue: StateFlow<List<QueueItem>?> get() = queued

    /** Whether the server answers. */
    val link: StateFlow<Link> get() = links

    /** The same, and what waits, for the line above the screens. */
    val connection: StateFlow<Connection> get() = shown

    /** Begins to follow the queue and the connection. */
    fun start() {
        // Hidden contents can be read once the server lets them.
        scope.launch { links.first { drafts.load() } }
        scope.launch { quietly { sendQueue.items.collect { queued.value = it } } }
        scope.launch { quietly { client.connection.collect { links.value = it } } }
        scope.launch {
            quietly {
                closed.value = whatIsForbidden(client, strings)
                client.policyChanges.collect { closed.value = whatIsForbidden(client, strings) }
            }
        }
        scope.launch { quietly { language.collect { closed.value = whatIsForbidden(client, it) } } }
        scope.launch {
            combine(links, queued) { link, queue -> link to queue.orEmpty() }.collect { (link, queue) -> show(link, queue) }
        }
    }

    private fun show(
        link: Link,
        queue: List<QueueItem>,
    ) {
        val before = shown.value
        val kind =
            when (link) {
                Link.ONLINE -> Connection.Kind.ONLINE
                Link.IDLE, Link.CONNECTING -> Connection.Kind.CONNECTING
                Link.OFFLINE, Link.CLOSED, Link.FAILED -> Connection.Kind.OFFLINE
                Link.HELD, Link.SIGNED_OUT -> Connection.Kind.SIGNED_OUT
            }
        // A new attempt while offline is not good news yet.
        val offline = before.kind == Connection.Kind.OFFLINE
        val steady = if (kind == Connection.Kind.CONNECTING && offline) Connection.Kind.OFFLINE else kind
        val since = if (steady == Connection.Kind.OFFLINE && !offline) surroundings.now() else before.since
        val failed = queue.count { it.state == SendState.FAILED }
        shown.value = Connection(steady, since, waiting = queue.size - failed, failed = failed)
    }

    /** Somebody was verified, or taken as they are. What this account says of it comes back from the server a moment later. */
    internal fun trustChanged() {
        scope.launch {
            for (moment in MOMENTS) {
                delay(moment)
                trusts.update { it + 1 }
            }
        }
    }

    /** What a person is called. */
    internal fun nameOf(userId: String): String = people.value[userId] ?: localName(userId)

    /** Tries again what was queued under this transaction. */
    suspend fun retry(txnId: String) = queued.value?.firstOrNull { it.txnId == txnId }?.let { retry(it.id) }

    /** Takes back what was queued under this transaction. */
    suspend fun cancel(txnId: String) = queued.value?.firstOrNull { it.txnId == txnId }?.let { cancel(it.id) }

    /** Tries again. */
    suspend fun retry(id: Long) = sendQueue.retry(id)

    /** Takes back. */
    suspend fun cancel(id: Long) = sendQueue.cancel(id)

    /** Frees what this holds; the client is the caller's. */
    fun close() {
        sendQueue.close()
        scope.cancel()
    }

    private companion object {
        val MOMENTS = listOf(0.seconds, 1.seconds, 3.seconds)
    }
}

/** Ends without a word where the client was closed or contents are held back: the application shows that by itself. */
internal suspend fun quietly(work: suspend () -> Unit) {
    try {
        work()
    } catch (_: QrocException) {
        // Told by the connection.
    }
}

/** Runs [work]; what went wrong is handed to [failed] in the officer's words. */
internal fun Session.attempt(
    scope: CoroutineScope,
    failed: (String) -> Unit,
    work: suspend () -> Unit,
): Job =
    scope.launch {
        try {
            work()
        } catch (error: QrocException) {
            failed(strings.of(error))
        }
    }

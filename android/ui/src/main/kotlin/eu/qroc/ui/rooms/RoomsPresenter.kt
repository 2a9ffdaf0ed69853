package eu.qroc.ui.rooms

import eu.qroc.bridge.Membership
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.QueueItem
import eu.qroc.bridge.RoomList
import eu.qroc.bridge.RoomSummary
import eu.qroc.bridge.SendState
import eu.qroc.ui.shell.Drafts
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.attempt
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import eu.qroc.bridge.RoomKind as CoreKind

/** Keeps the list of rooms up to date, and answers invitations. */
class RoomsPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    /** Goes to a room that was just joined. */
    private val open: (String) -> Unit,
) {
    private val list: RoomList = session.client.roomList()
    private val shown = MutableStateFlow(RoomsState())
    private var reading: Job? = null
    private val summaries = MutableStateFlow<List<RoomSummary>?>(null)

    val state: StateFlow<RoomsState> get() = shown

    /** Begins to read. */
    fun start() {
        read()
        scope.launch {
            combine(summaries, session.queue, session.drafts.texts) { rooms, queue, drafts ->
                rooms?.map { row(it, queue.orEmpty(), drafts) }
            }.collect { rows -> shown.update { it.copy(rooms = rows) } }
        }
        scope.launch { session.connection.collect { now -> shown.update { it.copy(connection = now) } } }
    }

    private fun read() {
        val before = reading
        reading =
            scope.launch {
                // One reader at a time.
                before?.cancelAndJoin()
                try {
                    list.rooms.collect { rooms ->
                        val known = rooms.filter { it.membership == Membership.JOIN || it.membership == Membership.INVITE }
                        // Invitations wait for an answer, so they stand first.
                        summaries.value = known.sortedBy { it.membership != Membership.INVITE }
                        session.roomNames.update { names -> names + rooms.associate { it.roomId to it.name } }
                        shown.update { it.copy(error = null) }
                    }
                } catch (error: QrocException) {
                    if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
                }
            }
    }

    /** Marks the room that is open beside the list. */
    fun select(roomId: String?) = shown.update { it.copy(selectedId = roomId) }

    /** Asks where something goes that another app shares; nothing: it asks no longer. */
    fun bring(name: String?) = shown.update { it.copy(brought = name) }

    /** What concerns the list itself; going elsewhere is the application's. */
    fun on(event: RoomsEvent) {
        when (event) {
            is RoomsEvent.Filter -> shown.update { it.copy(filter = event.filter) }
            is RoomsEvent.Accept ->
                answer(event.id) {
                    session.client.joinRoom(event.id).close()
                    open(event.id)
                }
            is RoomsEvent.Decline -> answer(event.id) { session.client.room(event.id).use { it.leave() } }
            RoomsEvent.Retry -> read()
            RoomsEvent.More -> if ((summaries.value?.size ?: 0) >= PAGE) list.loadMore(PAGE)
            is RoomsEvent.Open, RoomsEvent.KeepBrought, RoomsEvent.New, RoomsEvent.Search, RoomsEvent.Queue, RoomsEvent.Settings -> Unit
        }
    }

    private fun answer(
        roomId: String,
        work: suspend () -> Unit,
    ) {
        if (shown.value.answering != null) return
        shown.update { it.copy(answering = roomId, error = null) }
        val job = session.attempt(scope, { text -> shown.update { it.copy(error = text) } }, work)
        job.invokeOnCompletion { shown.update { it.copy(answering = null) } }
    }

    private fun row(
        room: RoomSummary,
        queue: List<QueueItem>,
        drafts: Map<Drafts.Place, String>,
    ): RoomRow {
        val here = queue.filter { it.roomId == room.roomId }
        return RoomRow(
            id = room.roomId,
            name = room.name,
            kind =
                when (room.kind) {
                    // Positions of a room are in no list.
                    CoreKind.GROUP, CoreKind.TRACK -> RoomKind.GROUP
                    CoreKind.DIRECT -> RoomKind.DIRECT
                    CoreKind.BROADCAST -> RoomKind.BROADCAST
                    CoreKind.INCIDENT -> RoomKind.INCIDENT
                },
            invitation = room.membership == Membership.INVITE,
            encrypted = room.encrypted,
            unread = room.unread,
            atLeast = room.unreadAtLeast,
            lastSender = room.lastSender?.let(::localName),
            lastText = room.lastBody,
            lastTs = room.lastTime?.toEpochMilli() ?: 0,
            draft = drafts[Drafts.Place(room.roomId)]?.takeIf { it.isNotBlank() },
            sending = here.count { it.state != SendState.FAILED },
            failed = here.count { it.state == SendState.FAILED },
        )
    }

    /** Frees the list. */
    fun close() = list.close()

    private companion object {
        const val PAGE = 50
    }
}

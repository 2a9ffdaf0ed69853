package eu.qroc.ui.timeline

import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.Membership
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.bridge.RoomChange
import eu.qroc.bridge.Timeline
import eu.qroc.bridge.TimelineItem
import eu.qroc.bridge.UserTrust
import eu.qroc.ui.composer.ComposerEvent
import eu.qroc.ui.composer.ComposerMode
import eu.qroc.ui.composer.ComposerPresenter
import eu.qroc.ui.format.Times
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.attempt
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import eu.qroc.ui.shell.quietly
import eu.qroc.ui.verify.trust
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import java.nio.file.Path
import java.time.ZoneId
import eu.qroc.bridge.Connection as Link

/** Keeps one room's timeline up to date, and does what its screen is asked for. */
class TimelinePresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    val roomId: String,
    /** A message that was searched for: fetched and shown first. */
    private var searched: String? = null,
) {
    private val shown = MutableStateFlow(TimelineState(roomId, session.roomNames.value[roomId] ?: ""))
    private val items = MutableStateFlow<List<TimelineItem>?>(null)
    private val names = MutableStateFlow(emptyMap<String, String>())
    private val thread = MutableStateFlow<String?>(null)
    private val transfers = Transfers(session, scope)
    private val voices = Voices(session, scope) { text -> shown.update { it.copy(error = text) } }
    private val ready = CompletableDeferred<Room>()
    private var room: Room? = null
    private var timeline: Timeline? = null
    private var unreadAtFirst = 0

    @Volatile
    private var unreadFrom: String? = null
    private var marked: String? = null
    private var seen = false
    private var reading: String? = null
    private var following: Job? = null

    /** The bar below. */
    val composer =
        ComposerPresenter(
            session,
            scope,
            roomId,
            ready::await,
            transfers::keep,
            done = { text -> shown.update { it.copy(done = text) } },
            failed = { text -> shown.update { it.copy(error = text) } },
        )

    private val quick =
        QuickActions(
            session,
            ready::await,
            done = { text -> shown.update { it.copy(done = text) } },
            failed = { text -> shown.update { it.copy(error = text) } },
        )

    val state: StateFlow<TimelineState> get() = shown

    /** The message that stands first on the screen; nothing at the newest ones. */
    val readingAt: String? get() = reading?.let { key -> items.value?.firstOrNull { it.cursor == key }?.eventId }

    /** Begins to read. */
    fun start() {
        open()
        scope.launch { session.connection.collect { now -> shown.update { it.copy(connection = now) } } }
        scope.launch { quick.state.collect { now -> shown.update { it.copy(quick = now) } } }
        composer.start()
        scope.launch { composer.state.collect { now -> shown.update { it.copy(composer = now) } } }
        scope.launch {
            session.link.collect { link -> if (link == Link.ONLINE) shown.update { it.copy(olderError = null) } }
        }
        scope.launch {
            val files = combine(transfers.pictures, transfers.transfers, voices.state) { pictures, running, played -> Triple(pictures, running, played) }
            combine(items, names, thread, session.queue, files) { list, who, root, queue, (pictures, running, played) ->
                val reading = Reading(session.own, who, pictures, running, played, queue.orEmpty(), session.strings)
                arranged(list, root, reading)
            }.conflate().flowOn(Dispatchers.Default).collect { show(it) }
        }
        scope.launch { session.surroundings.attended.collect { looking -> if (looking && seen) markRead() } }
        scope.launch { session.trust.drop(1).collect { room?.let { quietly { readNames(it) } } } }
    }

    /** Everything that takes longer the more messages there are. */
    private class Arranged(
        val thread: String?,
        val reading: Reading,
        val entries: List<Entry>?,
        val messages: Map<String, Message>,
        val byEvent: Map<String, TimelineItem>,
    )

    private fun arranged(
        list: List<TimelineItem>?,
        root: String?,
        reading: Reading,
    ): Arranged {
        val times = Times(session.strings, ZoneId.systemDefault()) { session.surroundings.now() }
        val plain = list?.let { reading.entries(it, root) }
        return Arranged(
            root,
            reading,
            plain?.let { arrange(it, if (root == null) unreadFrom else null, times::dayOf) },
            plain.orEmpty().filterIsInstance<Message>().associateBy { it.key },
            list.orEmpty().mapNotNull { item -> item.eventId?.let { it to item } }.toMap(),
        )
    }

    private fun show(now: Arranged) {
        composer.quoted = now.byEvent
        composer.reading = now.reading
        shown.update {
            it.copy(
                entries = now.entries,
                thread = now.thread,
                // What is open changes with the list, or closes with it.
                opened = it.opened?.let { open -> now.messages[open.key] },
                viewing = it.viewing?.let { open -> now.messages[open.key] ?: open },
            )
        }
    }

    private fun open() {
        session.attempt(scope, { text -> shown.update { it.copy(error = text) } }) {
            shown.update { it.copy(error = null) }
            val opened = room ?: session.client.room(roomId).also { room = it }
            ready.complete(opened)
            val summary = opened.summary()
            unreadAtFirst = summary.unread
            shown.update {
                it.copy(roomName = summary.name, members = summary.members, encrypted = summary.encrypted)
            }
            readNames(opened)
            val list = timeline ?: opened.timeline().also { timeline = it }
            val before = following
            following =
                scope.launch {
                    // One reader at a time.
                    before?.cancelAndJoin()
                    launch { watchTyping(opened) }
                    follow(list)
                }
            searched?.let { search(list, it) }
        }
    }

    private suspend fun readNames(room: Room) {
        val members = room.members()
        names.value = members.mapNotNull { one -> one.displayName?.let { one.userId to it } }.toMap()
        session.people.update { it + names.value }
        val others = members.filter { it.membership == Membership.JOIN && it.userId != session.own }
        val changed = others.firstOrNull { it.trust == UserTrust.CHANGED }
        shown.update { state ->
            state.copy(
                members = members.count { it.membership == Membership.JOIN },
                trust = others.singleOrNull()?.let { trust(it.trust) },
                changed = changed?.let { Person(it.userId, session.nameOf(it.userId)) },
            )
        }
        composer.left(room.summary().membership != Membership.JOIN)
    }

    private suspend fun follow(list: Timeline) {
        try {
            var size = 0
            list.items.collect { now ->
                if (items.value == null) {
                    unreadFrom = firstUnread(now)
                    if (unreadAtFirst == 0) marked = now.lastOrNull()?.cursor
                }
                items.value = now
                val changed = now.takeLast(now.size - size.coerceAtMost(now.size))
                size = now.size
                // Somebody came or went.
                val members = changed.any { (it.content as? ItemContent.Change)?.change is RoomChange.Member }
                if (members) room?.let { quietly { readNames(it) } }
            }
        } catch (error: QrocException) {
            if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
        }
    }

    /** The cursor of the message from which on nothing was read when the room was opened. */
    private fun firstUnread(now: List<TimelineItem>): String? {
        if (unreadAtFirst == 0) return null
        val others = now.filter { it.sender != session.own && it.content !is ItemContent.Other && it.content !is ItemContent.Change }
        return others.getOrNull((others.size - unreadAtFirst).coerceAtLeast(0))?.cursor
    }

    private suspend fun watchTyping(room: Room) =
        quietly {
            var looks = 0
            while (scope.isActive) {
                val typing = room.typing().map { names.value[it] ?: localName(it) }
                shown.update { if (it.typing == typing) it else it.copy(typing = typing) }
                delay(TYPING_MS)
                // Other keys of somebody are in no message.
                if (++looks % LOOKS_UNTIL_NAMES == 0) readNames(room)
            }
        }

    private suspend fun search(
        list: Timeline,
        eventId: String,
    ) {
        repeat(PAGES) {
            val found = items.value?.firstOrNull { it.eventId == eventId }
            if (found != null) {
                shown.update { it.copy(target = found.cursor) }
                return
            }
            val more = list.loadOlder(PAGE)
            delay(SETTLE_MS)
            if (!more && items.value?.none { it.eventId == eventId } == true) return
        }
    }

    /** Does what the officer asks, but going elsewhere. */
    fun on(event: TimelineEvent) {
        when (event) {
            TimelineEvent.Older -> older()
            TimelineEvent.Reload -> open()
            TimelineEvent.QuickPosition -> quick.position()
            TimelineEvent.QuickPhoto -> {
                val why = session.forbidden.value[Gate.SEND_PHOTO]
                if (why == null) composer.on(ComposerEvent.TakePhoto) else shown.update { it.copy(error = why) }
            }
            TimelineEvent.QuickHelp -> quick.help()
            TimelineEvent.Safe -> quick.safe()
            TimelineEvent.CloseThread -> go(null)
            TimelineEvent.DismissError -> shown.update { it.copy(error = null) }
            TimelineEvent.DismissDone -> shown.update { it.copy(done = null) }
            TimelineEvent.CloseSheet -> shown.update { it.copy(opened = null) }
            TimelineEvent.CloseViewer -> shown.update { it.copy(viewing = null) }
            TimelineEvent.KeepMessage -> shown.update { it.copy(removing = null) }
            TimelineEvent.SeenNewest -> {
                seen = true
                if (session.surroundings.attended.value) markRead()
            }
            TimelineEvent.TargetShown -> {
                searched = null
                shown.update { it.copy(target = null) }
            }
            is TimelineEvent.Reading -> reading = event.key
            is TimelineEvent.Appeared -> appeared(event.key)
            is TimelineEvent.Open -> shown.update { it.copy(opened = event.message) }
            is TimelineEvent.View -> shown.update { it.copy(viewing = event.message) }
            is TimelineEvent.OpenThread -> {
                shown.update { it.copy(opened = null) }
                go(event.root)
            }
            is TimelineEvent.Copy -> {
                session.surroundings.copy(event.text)
                shown.update { it.copy(opened = null, done = session.strings.copied) }
            }
            is TimelineEvent.AskRemove -> shown.update { it.copy(opened = null, removing = event.message) }
            is TimelineEvent.Compose -> composer.on(event.event)
            is TimelineEvent.Reply -> {
                shown.update { it.copy(opened = null) }
                event.message.eventId?.let { composer.reply(it, event.message.senderName) }
            }
            is TimelineEvent.Edit -> {
                shown.update { it.copy(opened = null) }
                val text = (event.message.body as? Body.Text)?.text
                if (text != null) event.message.eventId?.let { composer.edit(it, text) }
            }
            is TimelineEvent.Save -> save(event.message)
            is TimelineEvent.Play -> play(event.message, event.at)
            TimelineEvent.Pause -> voices.pause()
            is TimelineEvent.React -> act { room -> event.message.eventId?.let { room.react(it, event.symbol) } }
            is TimelineEvent.Remove -> act { room -> event.message.eventId?.let { room.redact(it) } }
            is TimelineEvent.Retry -> act { queued(event.message)?.let { session.retry(it) } }
            is TimelineEvent.Cancel -> act { queued(event.message)?.let { session.cancel(it) } }
            is TimelineEvent.Forward -> shown.update { it.copy(opened = null) }
            TimelineEvent.AskTake -> shown.update { it.copy(taking = true) }
            TimelineEvent.KeepUnknown -> shown.update { it.copy(taking = false) }
            TimelineEvent.Take -> take()
            TimelineEvent.Compare, TimelineEvent.Back, TimelineEvent.Details, TimelineEvent.Queue, is TimelineEvent.Map -> Unit
        }
    }

    /** To a thread, or back to the room: each has its own draft. */
    private fun go(root: String?) {
        thread.value = root
        composer.go(root)
    }

    private fun queued(message: Message): String? = items.value?.firstOrNull { it.cursor == message.key }?.txnId

    private fun act(work: suspend (Room) -> Unit) {
        shown.update { it.copy(opened = null, removing = null, error = null) }
        val here = room ?: return
        session.attempt(scope, { text -> shown.update { it.copy(error = text) } }) { work(here) }
    }

    /** Takes the other keys as they are. */
    private fun take() {
        val person = shown.value.changed
        shown.update { it.copy(taking = false) }
        if (person == null) return
        act {
            session.client.acceptChange(person.id)
            session.trustChanged()
        }
    }

    private fun older() {
        val list = timeline ?: return
        if (shown.value.loadingOlder) return
        shown.update { it.copy(loadingOlder = true, olderError = null) }
        scope.launch {
            try {
                val more = list.loadOlder(PAGE)
                shown.update { it.copy(loadingOlder = false, atStart = !more) }
            } catch (error: QrocException) {
                shown.update { it.copy(loadingOlder = false, olderError = session.strings.of(error)) }
            }
        }
    }

    private fun markRead() {
        seen = false
        val newest = items.value?.lastOrNull() ?: return
        if (newest.sender == session.own || newest.cursor == marked) return
        marked = newest.cursor
        val here = room ?: return
        scope.launch { quietly { here.markRead() } }
    }

    private fun appeared(key: String) {
        val here = room ?: return
        val eventId = items.value?.firstOrNull { it.cursor == key }?.eventId ?: return
        transfers.show(here, key, eventId)
    }

    private fun play(
        message: Message,
        at: Long,
    ) {
        val here = room ?: return
        message.eventId?.let { voices.play(here, message.key, it, at) }
    }

    private fun save(message: Message) {
        val here = room ?: return
        val eventId = message.eventId ?: return
        val name =
            when (val body = message.body) {
                is Body.Picture -> body.name
                is Body.File -> body.name
                is Body.Voice -> body.name
                else -> return
            }
        shown.update { it.copy(opened = null) }
        transfers.save(here, message.key, eventId, safe(name)) { where ->
            shown.update { it.copy(done = session.strings.savedTo(where)) }
        }
    }

    /** Closes what lies over the messages; says whether there was anything. */
    fun closeTop(): Boolean {
        val now = shown.value
        when {
            now.viewing != null -> on(TimelineEvent.CloseViewer)
            now.composer.attachment != null -> composer.on(ComposerEvent.DropAttachment)
            now.composer.voice != null -> composer.on(ComposerEvent.CancelVoice)
            now.composer.position != null -> composer.on(ComposerEvent.ClosePosition)
            now.opened != null -> on(TimelineEvent.CloseSheet)
            now.removing != null -> on(TimelineEvent.KeepMessage)
            now.composer.mode != ComposerMode.New -> composer.on(ComposerEvent.CancelMode)
            now.thread != null -> on(TimelineEvent.CloseThread)
            else -> return false
        }
        return true
    }

    /** A file was dropped here. */
    fun drop(files: List<Path>) {
        val file = files.singleOrNull()
        if (file == null) shown.update { it.copy(done = session.strings.oneFile) } else composer.drop(file)
    }

    /** Frees the timeline and the room. */
    fun close() {
        composer.close()
        timeline?.close()
        room?.close()
    }

    private companion object {
        const val PAGE = 50
        const val PAGES = 100
        const val TYPING_MS = 3_000L
        const val LOOKS_UNTIL_NAMES = 3
        const val SETTLE_MS = 50L
    }
}

/** A name that another device chose, made fit to be a file's name here. */
internal fun safe(name: String): String {
    val last = name.replace('\\', '/').substringAfterLast('/')
    val plain = last.filterNot { it.isISOControl() || it in "<>:\"|?*" || it in '\u202A'..'\u202E' || it in '\u2066'..'\u2069' }
    return plain.trimStart('.').trim().take(LONGEST_NAME).ifEmpty { "file" }
}

private const val LONGEST_NAME = 120

package eu.qroc.ui.shell

import eu.qroc.ui.details.DetailsEvent
import eu.qroc.ui.details.DetailsPresenter
import eu.qroc.ui.devices.DevicesEvent
import eu.qroc.ui.devices.DevicesPresenter
import eu.qroc.ui.map.MapEvent
import eu.qroc.ui.map.MapPresenter
import eu.qroc.ui.map.Place
import eu.qroc.ui.newroom.NewRoomEvent
import eu.qroc.ui.newroom.NewRoomPresenter
import eu.qroc.ui.policy.PolicyEvent
import eu.qroc.ui.policy.PolicyPresenter
import eu.qroc.ui.queue.QueueEvent
import eu.qroc.ui.queue.QueuePresenter
import eu.qroc.ui.recovery.RecoveryEvent
import eu.qroc.ui.recovery.RecoveryPresenter
import eu.qroc.ui.recovery.standing
import eu.qroc.ui.rooms.RoomsEvent
import eu.qroc.ui.rooms.RoomsPresenter
import eu.qroc.ui.rooms.RoomsState
import eu.qroc.ui.search.SearchEvent
import eu.qroc.ui.search.SearchPresenter
import eu.qroc.ui.settings.Farewell
import eu.qroc.ui.settings.SettingsEvent
import eu.qroc.ui.settings.SettingsPresenter
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelinePresenter
import eu.qroc.ui.verify.VerifyEvent
import eu.qroc.ui.verify.VerifyPresenter
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds
import eu.qroc.bridge.Connection as Link

/** A signed-in account: the list of rooms, and a stack of screens beside or above it. */
internal class MainPresenter(
    private val session: Session,
    parent: CoroutineScope,
    private val looks: Looks,
    private val leave: suspend (Farewell) -> Unit,
) {
    /** One screen of the stack; its work ends with it. */
    private class Screen(
        val scope: CoroutineScope,
        val state: Flow<Pane>,
        val on: (AppEvent) -> Unit,
        val timeline: TimelinePresenter? = null,
        /** Closes what lies over it; says whether there was anything. */
        val closeTop: () -> Boolean = { false },
        val free: () -> Unit = {},
    )

    private val scope = parent + SupervisorJob(parent.coroutineContext[Job])

    // Signing out ends this object's own work: it runs in the application's.
    private val outer = parent
    private val rooms = RoomsPresenter(session, scope) { open(it) }
    private val verify = VerifyPresenter(session, scope)
    private val stack = MutableStateFlow(emptyList<Screen>())
    private val shown = MutableStateFlow(Stage.Main(RoomsState()))
    private var brought: Brought? = null

    val state: StateFlow<Stage.Main> get() = shown

    val drafts: Drafts get() = session.drafts

    /** Begins to read. */
    @OptIn(ExperimentalCoroutinesApi::class)
    fun start() {
        rooms.start()
        verify.start()
        val pane: Flow<Pane?> = stack.flatMapLatest { it.lastOrNull()?.state ?: flowOf(null) }
        val main =
            combine(rooms.state, pane, session.forbidden, verify.state) { list, top, forbidden, verifying ->
                Stage.Main(list, top, forbidden, verifying)
            }
        scope.launch { main.collect { shown.value = it } }
    }

    /** Does what the officer asks on any of the screens. */
    fun on(event: AppEvent) {
        when (event) {
            is AppEvent.Rooms -> {
                rooms.on(event.event)
                follow(event.event)
            }
            is AppEvent.Verify -> verify.on(event.event)
            is AppEvent.SignIn, is AppEvent.Unlock -> Unit
            else -> stack.value.lastOrNull()?.on?.invoke(event)
        }
    }

    private fun follow(event: RoomsEvent) {
        when (event) {
            is RoomsEvent.Open -> open(event.id)
            RoomsEvent.New -> newRoom()
            RoomsEvent.Search -> search()
            RoomsEvent.Queue -> queue()
            RoomsEvent.Settings -> settings()
            RoomsEvent.KeepBrought -> bring(null)
            is RoomsEvent.Filter, is RoomsEvent.Accept, is RoomsEvent.Decline, RoomsEvent.Retry, RoomsEvent.More -> Unit
        }
    }

    private fun child() = scope + SupervisorJob(scope.coroutineContext[Job])

    /** Puts a screen on the stack, or alone on it. */
    private fun show(
        place: Screen,
        alone: Boolean,
    ) {
        val before = stack.value
        stack.value = if (alone) listOf(place) else before + place
        if (alone) before.forEach(::end)
        rooms.select(stack.value.firstNotNullOfOrNull { it.timeline?.roomId })
    }

    private fun end(place: Screen) {
        place.timeline?.close()
        place.free()
        place.scope.cancel()
    }

    /** Takes what another app shares: the list asks for a room. Nothing: it goes nowhere. */
    fun bring(what: Brought?) {
        brought?.files?.forEach(session.surroundings::release)
        brought = what
        if (what != null) leaveRoom()
        rooms.bring(what?.let { it.files.firstOrNull()?.fileName?.toString() ?: it.text })
    }

    /** Opens a room, at one of its messages where one is named. */
    fun show(
        roomId: String,
        eventId: String?,
    ) = open(roomId, eventId)

    /** Where the officer is. */
    fun whereabouts(): Whereabouts {
        val timeline = stack.value.firstNotNullOfOrNull { it.timeline }
        return Whereabouts(timeline?.roomId, timeline?.readingAt)
    }

    /** One step back. */
    fun back() {
        if (verify.state.value != null) return verify.on(VerifyEvent.Close)
        val timeline = stack.value.lastOrNull()?.timeline
        // What lies over a room goes first.
        if (timeline != null && timeline.closeTop()) return
        val top = stack.value.lastOrNull() ?: return
        if (top.closeTop()) return
        stack.value = stack.value.dropLast(1)
        end(top)
        rooms.select(stack.value.firstNotNullOfOrNull { it.timeline?.roomId })
    }

    private fun open(
        roomId: String,
        eventId: String? = null,
    ) {
        val there = stack.value.singleOrNull()?.timeline
        if (eventId == null && there?.roomId == roomId) return
        val what = brought
        brought = null
        rooms.bring(null)
        if (what?.text != null) {
            val place = Drafts.Place(roomId)
            session.drafts.type(place, listOf(session.drafts.at(place), what.text).filter(String::isNotBlank).joinToString("\n"))
        }
        val scope = child()
        val presenter = TimelinePresenter(session, scope, roomId, eventId)
        presenter.start()
        val place =
            Screen(
                scope,
                presenter.state.map { Pane.Room(it) },
                on = { event ->
                    if (event is AppEvent.Timeline) {
                        presenter.on(event.event)
                        when (event.event) {
                            TimelineEvent.Back -> back()
                            TimelineEvent.Details -> details(roomId)
                            TimelineEvent.Queue -> queue()
                            TimelineEvent.Compare -> presenter.state.value.changed?.let { compare(it.id, it.name) }
                            is TimelineEvent.Map -> map(roomId, event.event.place)
                            is TimelineEvent.Forward -> bring(Brought(event.event.text))
                            else -> Unit
                        }
                    }
                },
                presenter,
            )
        show(place, alone = true)
        if (what != null && what.files.isNotEmpty()) presenter.composer.bring(what.files)
    }

    private fun map(
        roomId: String,
        place: Place?,
    ) {
        val scope = child()
        val presenter = MapPresenter(session, scope, roomId, place)
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Map) {
                presenter.on(event.event)
                if (event.event == MapEvent.Back) back()
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Map(it) }, on, closeTop = presenter::closeTop), alone = false)
    }

    private fun details(roomId: String) {
        val scope = child()
        val presenter = DetailsPresenter(session, scope, roomId, left = { leaveRoom() })
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Details) {
                presenter.on(event.event)
                when (event.event) {
                    DetailsEvent.Back -> back()
                    is DetailsEvent.Compare -> compare(event.event.member.id, event.event.member.name)
                    else -> Unit
                }
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Details(it) }, on), alone = false)
    }

    private fun leaveRoom() {
        val before = stack.value
        stack.value = emptyList()
        before.forEach(::end)
        rooms.select(null)
    }

    private fun newRoom() {
        val scope = child()
        val presenter = NewRoomPresenter(session, scope) { open(it) }
        val on = { event: AppEvent ->
            if (event is AppEvent.NewRoom) {
                presenter.on(event.event)
                if (event.event == NewRoomEvent.Back) back()
            }
        }
        show(Screen(scope, presenter.state.map { Pane.NewRoom(it) }, on), alone = false)
    }

    private fun queue() {
        val scope = child()
        val presenter = QueuePresenter(session, scope)
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Queue) {
                presenter.on(event.event)
                if (event.event == QueueEvent.Back) back()
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Queue(it) }, on), alone = false)
    }

    /** Opens the search. */
    fun search() {
        val scope = child()
        val presenter = SearchPresenter(session, scope, { open(it) }, { room, event -> open(room, event) })
        val on = { event: AppEvent ->
            if (event is AppEvent.Search) {
                presenter.on(event.event)
                if (event.event == SearchEvent.Back) back()
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Search(it) }, on), alone = false)
    }

    private fun devices() {
        val scope = child()
        val presenter = DevicesPresenter(session, scope)
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Devices) {
                presenter.on(event.event)
                when (event.event) {
                    DevicesEvent.Back -> back()
                    DevicesEvent.Recovery -> recovery()
                    DevicesEvent.CompareAny -> compareOwn()
                    is DevicesEvent.Compare -> verify.begin(event.event.device.id, event.event.device.name, person = false)
                    else -> Unit
                }
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Devices(it) }, on), alone = false)
    }

    private fun compare(
        userId: String,
        name: String,
    ) = verify.begin(userId, name, person = true)

    private fun compareOwn() = verify.begin(session.own, session.strings.ownDevices, person = false)

    /** Looks once whether this device could get back what another one has lost, and leads there. */
    fun offerRecovery() {
        scope.launch {
            quietly {
                // It is known once the server has answered.
                session.link.first { it == Link.ONLINE }
                val found = withTimeoutOrNull(LOOK) { session.client.recoveryStates.first { standing(it).restorable } }
                if (found != null && stack.value.isEmpty()) recovery()
            }
        }
    }

    private fun recovery() {
        val scope = child()
        val presenter = RecoveryPresenter(session, scope)
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Recovery) {
                presenter.on(event.event)
                when (event.event) {
                    RecoveryEvent.Back -> back()
                    RecoveryEvent.Compare -> compareOwn()
                    else -> Unit
                }
            }
        }
        val state = presenter.state.map { Pane.Recovery(it) }
        show(Screen(scope, state, on, closeTop = presenter::closeTop, free = presenter::close), alone = false)
    }

    private fun policy() {
        val scope = child()
        val presenter = PolicyPresenter(session, scope)
        presenter.start()
        val on = { event: AppEvent -> if (event == AppEvent.Policy(PolicyEvent.Back)) back() }
        show(Screen(scope, presenter.state.map { Pane.Policy(it) }, on), alone = false)
    }

    private fun settings() {
        val scope = child()
        val presenter = SettingsPresenter(session, scope, looks) { farewell -> outer.async { leave(farewell) }.await() }
        presenter.start()
        val on = { event: AppEvent ->
            if (event is AppEvent.Settings) {
                presenter.on(event.event)
                when (event.event) {
                    SettingsEvent.Back -> back()
                    SettingsEvent.Devices -> devices()
                    SettingsEvent.Recovery -> recovery()
                    SettingsEvent.Policy -> policy()
                    SettingsEvent.Queue -> queue()
                    else -> Unit
                }
            }
        }
        show(Screen(scope, presenter.state.map { Pane.Settings(it) }, on), alone = false)
    }

    /** A file was dropped onto the window: it goes to the room that is open. */
    fun drop(files: List<Path>) {
        val timeline = stack.value.lastOrNull()?.timeline ?: return
        timeline.drop(files)
    }

    /** Ends all screens. */
    fun close() {
        stack.value.forEach(::end)
        rooms.close()
        session.close()
        scope.cancel()
    }

    private companion object {
        /** How long a new device waits to learn what the account has. */
        val LOOK = 60.seconds
    }
}

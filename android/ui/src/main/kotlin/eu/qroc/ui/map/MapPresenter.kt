package eu.qroc.ui.map

import eu.qroc.bridge.PolicyAction
import eu.qroc.bridge.Position
import eu.qroc.bridge.QrocException
import eu.qroc.ui.shell.PositionSharing
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch

/** Keeps the map of a room up to date for as long as it is shown. */
class MapPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    private val roomId: String,
    target: Place? = null,
) {
    private val shown = MutableStateFlow(MapState(roomId, session.roomNames.value[roomId] ?: "", target = target))
    private val ways = mutableMapOf<String, ArrayDeque<Place>>()
    private var positions = emptyList<Position>()
    private var reading: Job? = null
    private val ground = GroundReader(session, scope, shown)
    private val past = Past(session, scope, roomId, shown, ::show)

    val state: StateFlow<MapState> get() = shown

    /** Begins to read. */
    fun start() {
        if (reading == null) session.surroundings.sharing?.let(::follow)
        scope.launch { ground.open() }
        reading?.cancel()
        reading =
            scope.launch {
                try {
                    session.client.room(roomId).use { room ->
                        val name = room.summary().name
                        shown.update { it.copy(roomName = name, error = null) }
                        room.positions().use { list ->
                            coroutineScope {
                                val aging = launch { age() }
                                list.items.collect { take(it) }
                                aging.cancel()
                            }
                        }
                    }
                } catch (error: QrocException) {
                    if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
                }
            }
    }

    /** Shows the own sharing as it goes. */
    private fun follow(sharing: PositionSharing) {
        shown.update { it.copy(sharing = OwnSharing()) }
        scope.launch {
            combine(sharing.running, sharing.ended) { running, ended -> running to ended }.collect { (running, ended) ->
                val why = ended?.takeIf { it.roomId == roomId }?.why
                shown.update { state ->
                    val before = state.sharing ?: OwnSharing()
                    val on = roomId in running
                    state.copy(
                        sharing =
                            before.copy(
                                on = on,
                                until = running[roomId],
                                stopping = before.stopping && on,
                                problem = if (on) null else why?.let(::words) ?: before.problem,
                            ),
                    )
                }
            }
        }
    }

    private fun words(why: PositionSharing.Why): String? =
        when (why) {
            PositionSharing.Why.OVER -> null
            PositionSharing.Why.FORBIDDEN -> session.strings.errorPolicy
            PositionSharing.Why.NOT_ALLOWED -> session.strings.positionNotAllowed
            PositionSharing.Why.FAILED -> session.strings.sharingFailed
        }

    private fun own(change: (OwnSharing) -> OwnSharing) = shown.update { it.copy(sharing = it.sharing?.let(change)) }

    private fun share(minutes: Int) {
        val sharing = session.surroundings.sharing ?: return
        own { it.copy(asking = false, problem = null) }
        scope.launch {
            val begun = sharing.start(roomId, shown.value.roomName, minutes)
            if (!begun) own { it.copy(problem = session.strings.positionNotAllowed) }
        }
    }

    /** Closes what lies over the map; says whether there was anything. */
    fun closeTop(): Boolean {
        if (shown.value.sharing?.asking == true) {
            own { it.copy(asking = false) }
            return true
        }
        if (shown.value.past == null) return false
        past.close()
        return true
    }

    /** A position grows old without a change. */
    private suspend fun age() {
        while (scope.isActive) {
            delay(AGE_MS)
            show()
        }
    }

    private fun take(now: List<Position>) {
        positions = now
        for (position in now) {
            val way = ways.getOrPut(position.userId) { ArrayDeque() }
            val place = Place(position.fix.lat, position.fix.lon)
            if (way.lastOrNull() == place) continue
            way.addLast(place)
            if (way.size > LONGEST) way.removeFirst()
        }
        show()
    }

    private fun show() {
        val now = session.surroundings.now()
        shown.value.past?.at?.let { at ->
            shown.update { it.copy(officers = past.officers(at), ways = past.ways(at)) }
            return
        }
        val own = positions.firstOrNull { it.userId == session.own && now - it.fix.time.toEpochMilli() < HERE_MS }
        val here = own?.let { Place(it.fix.lat, it.fix.lon) }
        shown.update { state ->
            state.copy(
                officers = positions.map { officer(it, here, now) },
                ways = ways.filterValues { it.size > 1 }.map { (id, places) -> Way(id, places.toList()) },
            )
        }
    }

    private fun officer(
        position: Position,
        here: Place?,
        now: Long,
    ): Officer {
        val place = Place(position.fix.lat, position.fix.lon)
        return Officer(
            id = position.userId,
            name = position.displayName ?: localName(position.userId),
            place = place,
            accuracy = position.fix.accuracyM,
            measured = position.fix.time.toEpochMilli(),
            speed = position.fix.speedMps,
            heading = position.fix.headingDeg?.toInt(),
            battery = position.fix.battery,
            stale = position.staleFrom.toEpochMilli() <= now,
            until = position.liveUntil?.toEpochMilli(),
            distance = here?.let { distance(it, place) },
            bearing = here?.let { bearing(it, place) },
            own = position.userId == session.own,
        )
    }

    /** Does what the officer asks, but going elsewhere. */
    fun on(event: MapEvent) {
        when (event) {
            is MapEvent.Choose -> shown.update { it.copy(chosen = event.id) }
            MapEvent.Retry -> start()
            MapEvent.Earlier -> past.open()
            is MapEvent.At -> past.at(event.time)
            MapEvent.Now -> past.close()
            is MapEvent.Look -> ground.look(event.tiles)
            MapEvent.TakeMap -> ground.take()
            MapEvent.AskShare -> {
                val choices = CHOICES.filter { session.client.explain(PolicyAction.SharePosition(it.toLong())).allowed }
                own { it.copy(asking = true, choices = choices) }
            }
            is MapEvent.Share -> share(event.minutes)
            MapEvent.KeepPosition -> own { it.copy(asking = false) }
            MapEvent.StopShare -> {
                own { it.copy(stopping = true) }
                session.surroundings.sharing?.stop(roomId)
            }
            MapEvent.Back -> Unit
        }
    }

    private companion object {
        const val AGE_MS = 1_000L

        /** A quarter of an hour, an hour, half a shift, a shift. */
        val CHOICES = listOf(15, 60, 240, 480)

        /** Places of one way that are kept. */
        const val LONGEST = 1_000

        /** An older place of one's own is none to measure from. */
        const val HERE_MS = 3_600_000L
    }
}

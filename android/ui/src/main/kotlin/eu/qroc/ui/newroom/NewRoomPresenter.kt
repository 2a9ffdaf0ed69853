package eu.qroc.ui.newroom

import eu.qroc.bridge.RoomKind
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.attempt
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.userId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update

/** Makes a room. */
class NewRoomPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    private val open: (String) -> Unit,
) {
    private val shown = MutableStateFlow(NewRoomState())

    val state: StateFlow<NewRoomState> get() = shown

    /** Does what the officer asks, but going back. */
    fun on(event: NewRoomEvent) {
        when (event) {
            is NewRoomEvent.Name -> shown.update { it.copy(name = event.text, error = null) }
            is NewRoomEvent.Direct ->
                shown.update { it.copy(direct = event.direct, people = if (event.direct) it.people.take(1) else it.people) }
            is NewRoomEvent.Person -> shown.update { it.copy(person = event.text, personProblem = false) }
            NewRoomEvent.AddPerson -> add()
            is NewRoomEvent.RemovePerson -> shown.update { it.copy(people = it.people - event.id) }
            NewRoomEvent.Create -> create()
            NewRoomEvent.Back -> Unit
        }
    }

    /** Whether what was typed is on the list now, or nothing was typed. */
    private fun add(): Boolean {
        val typed = shown.value.person
        if (typed.isBlank()) return true
        val person = userId(typed, session.own)
        if (person == null || person == session.own) {
            shown.update { it.copy(personProblem = true) }
            return false
        }
        shown.update { it.copy(people = (it.people + person).distinct(), person = "") }
        return true
    }

    private fun create() {
        // A name that was typed and not added is meant to be invited, too.
        if (!add()) return
        val now = shown.value
        if (!now.complete || now.working) return
        shown.update { it.copy(working = true, error = null) }
        session.attempt(scope, { text -> shown.update { it.copy(working = false, error = text) } }) {
            val kind = if (now.direct) RoomKind.DIRECT else RoomKind.GROUP
            val name = if (now.direct) localName(now.people.first()) else now.name.trim()
            val roomId = session.client.createRoom(name, now.people, kind).use { it.roomId }
            session.roomNames.update { it + (roomId to name) }
            open(roomId)
        }
    }
}

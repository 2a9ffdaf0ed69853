package eu.qroc.ui.details

import eu.qroc.bridge.Membership
import eu.qroc.bridge.Room
import eu.qroc.bridge.RoomMember
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.attempt
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.userId
import eu.qroc.ui.verify.trust
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Shows who is in a room, invites, removes, leaves. */
class DetailsPresenter(
    private val session: Session,
    private val scope: CoroutineScope,
    private val roomId: String,
    private val left: () -> Unit,
) {
    private val shown = MutableStateFlow(DetailsState(roomId, session.roomNames.value[roomId] ?: roomId))

    val state: StateFlow<DetailsState> get() = shown

    /** Begins to read. */
    fun start() {
        // The first one is read at once.
        scope.launch { session.trust.collect { work { read(it) } } }
    }

    private suspend fun read(room: Room) {
        val summary = room.summary()
        val members = room.members()
        val power = members.firstOrNull { it.userId == session.own }?.power ?: 0
        val rows =
            members
                .filter { it.membership == Membership.JOIN || it.membership == Membership.INVITE }
                .map { row(it, power) }
                .sortedWith(compareBy({ !it.own }, { it.invited }, { !it.leads }, { it.name.lowercase() }))
        shown.update {
            it.copy(name = summary.name, topic = summary.topic, encrypted = summary.encrypted, members = rows)
        }
    }

    private fun row(
        member: RoomMember,
        power: Long,
    ) = MemberRow(
        id = member.userId,
        name = member.displayName?.takeIf { it.isNotBlank() } ?: localName(member.userId),
        own = member.userId == session.own,
        invited = member.membership == Membership.INVITE,
        leads = member.power >= LEADS,
        removable = member.userId != session.own && power >= MAY_REMOVE && member.power < power,
        trust = trust(member.trust),
    )

    /** Does what the officer asks, but going back. */
    fun on(event: DetailsEvent) {
        when (event) {
            DetailsEvent.Reload -> work { read(it) }
            is DetailsEvent.Person -> shown.update { it.copy(person = event.text, personProblem = false) }
            DetailsEvent.Invite -> invite()
            DetailsEvent.AskLeave -> shown.update { it.copy(leaving = true) }
            DetailsEvent.Leave -> {
                shown.update { it.copy(leaving = false) }
                work {
                    it.leave()
                    left()
                }
            }
            is DetailsEvent.AskRemove -> shown.update { it.copy(removing = event.member) }
            is DetailsEvent.Remove -> {
                shown.update { it.copy(removing = null) }
                work { room ->
                    room.kick(event.member.id)
                    shown.update { state -> state.copy(members = state.members?.filter { it.id != event.member.id }) }
                }
            }
            DetailsEvent.Stay -> shown.update { it.copy(leaving = false, removing = null, taking = null) }
            is DetailsEvent.AskTake -> shown.update { it.copy(taking = event.member) }
            is DetailsEvent.Take -> {
                shown.update { it.copy(taking = null) }
                work { room ->
                    session.client.acceptChange(event.member.id)
                    read(room)
                    session.trustChanged()
                }
            }
            is DetailsEvent.Compare, DetailsEvent.Back -> Unit
        }
    }

    private fun invite() {
        val person = userId(shown.value.person, session.own)
        if (person == null || person == session.own) {
            shown.update { it.copy(personProblem = true) }
            return
        }
        work { room ->
            room.invite(person)
            val row = MemberRow(person, localName(person), invited = true)
            shown.update { state ->
                val others = state.members.orEmpty().filter { it.id != person }
                state.copy(
                    person = "",
                    members = others + row,
                    done = session.strings.invitedDone(localName(person)),
                )
            }
        }
    }

    private fun work(work: suspend (Room) -> Unit) {
        if (shown.value.working) return
        shown.update { it.copy(working = true, error = null, done = null) }
        val job =
            session.attempt(scope, { text -> shown.update { it.copy(error = text) } }) {
                session.client.room(roomId).use { work(it) }
            }
        job.invokeOnCompletion { shown.update { it.copy(working = false) } }
    }

    private companion object {
        /** Power levels that rooms are made with. */
        const val LEADS = 50L
        const val MAY_REMOVE = 50L
    }
}

package eu.qroc.ui.shell

import androidx.compose.runtime.Immutable
import eu.qroc.ui.details.DetailsEvent
import eu.qroc.ui.details.DetailsState
import eu.qroc.ui.devices.DevicesEvent
import eu.qroc.ui.devices.DevicesState
import eu.qroc.ui.map.MapEvent
import eu.qroc.ui.map.MapState
import eu.qroc.ui.newroom.NewRoomEvent
import eu.qroc.ui.newroom.NewRoomState
import eu.qroc.ui.policy.PolicyEvent
import eu.qroc.ui.policy.PolicyState
import eu.qroc.ui.queue.QueueEvent
import eu.qroc.ui.queue.QueueState
import eu.qroc.ui.recovery.RecoveryEvent
import eu.qroc.ui.recovery.RecoveryState
import eu.qroc.ui.rooms.RoomsEvent
import eu.qroc.ui.rooms.RoomsState
import eu.qroc.ui.search.SearchEvent
import eu.qroc.ui.search.SearchState
import eu.qroc.ui.settings.SettingsEvent
import eu.qroc.ui.settings.SettingsState
import eu.qroc.ui.signin.SignInEvent
import eu.qroc.ui.signin.SignInState
import eu.qroc.ui.timeline.TimelineEvent
import eu.qroc.ui.timeline.TimelineState
import eu.qroc.ui.unlock.UnlockEvent
import eu.qroc.ui.unlock.UnlockState
import eu.qroc.ui.verify.VerifyEvent
import eu.qroc.ui.verify.VerifyState

/** What fills the window. */
@Immutable
sealed interface Stage {
    /** The profile is being looked at; shorter than the eye sees. */
    data object Starting : Stage

    data class SignIn(
        val state: SignInState,
    ) : Stage

    data class Unlock(
        val state: UnlockState,
    ) : Stage

    /** Signed in: the list of rooms, and beside or above it one other screen. */
    data class Main(
        val rooms: RoomsState,
        val pane: Pane? = null,
        /** What policy forbids, and why. */
        val forbidden: Map<Gate, String> = emptyMap(),
        /** A verification that is under way, over all of it. */
        val verifying: VerifyState? = null,
    ) : Stage
}

/** The screen beside or above the list of rooms. */
@Immutable
sealed interface Pane {
    data class Room(
        val state: TimelineState,
    ) : Pane

    data class Map(
        val state: MapState,
    ) : Pane

    data class Details(
        val state: DetailsState,
    ) : Pane

    data class NewRoom(
        val state: NewRoomState,
    ) : Pane

    data class Queue(
        val state: QueueState,
    ) : Pane

    data class Search(
        val state: SearchState,
    ) : Pane

    data class Devices(
        val state: DevicesState,
    ) : Pane

    data class Recovery(
        val state: RecoveryState,
    ) : Pane

    data class Policy(
        val state: PolicyState,
    ) : Pane

    data class Settings(
        val state: SettingsState,
    ) : Pane
}

/** What an officer does anywhere. */
sealed interface AppEvent {
    data class SignIn(
        val event: SignInEvent,
    ) : AppEvent

    data class Unlock(
        val event: UnlockEvent,
    ) : AppEvent

    data class Rooms(
        val event: RoomsEvent,
    ) : AppEvent

    data class Timeline(
        val event: TimelineEvent,
    ) : AppEvent

    data class Map(
        val event: MapEvent,
    ) : AppEvent

    data class Details(
        val event: DetailsEvent,
    ) : AppEvent

    data class NewRoom(
        val event: NewRoomEvent,
    ) : AppEvent

    data class Queue(
        val event: QueueEvent,
    ) : AppEvent

    data class Search(
        val event: SearchEvent,
    ) : AppEvent

    data class Devices(
        val event: DevicesEvent,
    ) : AppEvent

    data class Recovery(
        val event: RecoveryEvent,
    ) : AppEvent

    data class Verify(
        val event: VerifyEvent,
    ) : AppEvent

    data class Policy(
        val event: PolicyEvent,
    ) : AppEvent

    data class Settings(
        val event: SettingsEvent,
    ) : AppEvent
}

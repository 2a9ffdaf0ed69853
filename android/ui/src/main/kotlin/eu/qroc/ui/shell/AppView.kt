package eu.qroc.ui.shell

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.width
import androidx.compose.material3.Surface
import androidx.compose.material3.VerticalDivider
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.key
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import eu.qroc.ui.details.DetailsView
import eu.qroc.ui.devices.DevicesView
import eu.qroc.ui.map.MapView
import eu.qroc.ui.newroom.NewRoomView
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.policy.PolicyView
import eu.qroc.ui.queue.QueueView
import eu.qroc.ui.recovery.RecoveryView
import eu.qroc.ui.rooms.RoomsView
import eu.qroc.ui.search.SearchView
import eu.qroc.ui.settings.SettingsView
import eu.qroc.ui.signin.SignInView
import eu.qroc.ui.theme.Qroc
import eu.qroc.ui.timeline.TimelineView
import eu.qroc.ui.unlock.UnlockView
import eu.qroc.ui.verify.VerifySheet

/** The whole application: two panes where there is room, else one. */
@Composable
fun AppView(
    stage: Stage,
    brand: String,
    onEvent: (AppEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    Surface(modifier.fillMaxSize(), color = Qroc.colours.background, contentColor = Qroc.colours.body) {
        when (stage) {
            Stage.Starting -> Box(Modifier.fillMaxSize())
            is Stage.SignIn -> SignInView(stage.state, brand, { onEvent(AppEvent.SignIn(it)) })
            is Stage.Unlock -> UnlockView(stage.state, brand, { onEvent(AppEvent.Unlock(it)) })
            is Stage.Main ->
                CompositionLocalProvider(LocalForbidden provides stage.forbidden) {
                    MainView(stage, brand, onEvent)
                    stage.verifying?.let { VerifySheet(it) { event -> onEvent(AppEvent.Verify(event)) } }
                }
        }
    }
}

@Composable
private fun MainView(
    main: Stage.Main,
    brand: String,
    onEvent: (AppEvent) -> Unit,
) {
    BoxWithConstraints(Modifier.background(Qroc.colours.background)) {
        val wide = maxWidth >= TWO_PANES
        val list = if (maxWidth >= LARGE) 400.dp else 320.dp
        Row {
            if (wide || main.pane == null) {
                RoomsView(
                    // Beside its room a row is marked; alone the list leads anywhere.
                    if (wide) main.rooms else main.rooms.copy(selectedId = null),
                    brand,
                    { onEvent(AppEvent.Rooms(it)) },
                    if (wide) Modifier.width(list) else Modifier.weight(1f),
                )
            }
            if (wide) VerticalDivider(color = Qroc.colours.line)
            if (wide || main.pane != null) {
                Box(Modifier.weight(1f)) { PaneView(main.pane, wide, onEvent) }
            }
        }
    }
}

@Composable
private fun PaneView(
    pane: Pane?,
    wide: Boolean,
    onEvent: (AppEvent) -> Unit,
) {
    when (pane) {
        null -> EmptyNote(Icons.Chat, Qroc.strings.chooseRoomTitle, Qroc.strings.chooseRoomText)
        // A room of its own for each room: another one does not begin where this one was scrolled to.
        is Pane.Room ->
            key(pane.state.roomId, pane.state.thread) {
                TimelineView(pane.state, { onEvent(AppEvent.Timeline(it)) }, back = !wide)
            }
        is Pane.Map -> MapView(pane.state, { onEvent(AppEvent.Map(it)) })
        is Pane.Details -> DetailsView(pane.state, { onEvent(AppEvent.Details(it)) })
        is Pane.NewRoom -> NewRoomView(pane.state, { onEvent(AppEvent.NewRoom(it)) })
        is Pane.Queue -> QueueView(pane.state, { onEvent(AppEvent.Queue(it)) })
        is Pane.Search -> SearchView(pane.state, { onEvent(AppEvent.Search(it)) })
        is Pane.Devices -> DevicesView(pane.state, { onEvent(AppEvent.Devices(it)) })
        is Pane.Recovery -> RecoveryView(pane.state, { onEvent(AppEvent.Recovery(it)) })
        is Pane.Policy -> PolicyView(pane.state, { onEvent(AppEvent.Policy(it)) })
        is Pane.Settings -> SettingsView(pane.state, { onEvent(AppEvent.Settings(it)) })
    }
}

private val TWO_PANES = 720.dp
private val LARGE = 1100.dp

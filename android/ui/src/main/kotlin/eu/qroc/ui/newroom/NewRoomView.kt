package eu.qroc.ui.newroom

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.FilterChip
import androidx.compose.material3.FilterChipDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.Forbidden
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.parts.Target
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** Who should be in it, and what is it called? */
@Composable
fun NewRoomView(
    state: NewRoomState,
    onEvent: (NewRoomEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.newRoom, { onEvent(NewRoomEvent.Back) })
        Column(
            Modifier
                .weight(1f)
                .widthIn(max = 600.dp)
                .fillMaxWidth()
                .verticalScroll(rememberScrollState())
                .padding(16.dp),
            verticalArrangement = Arrangement.spacedBy(16.dp),
        ) {
            val forbidden = LocalForbidden.current[Gate.CREATE_ROOM]
            if (forbidden != null) {
                Forbidden(strings.newRoom, forbidden)
                return@Column
            }
            if (state.error != null) ErrorNote(state.error)
            Kinds(state, onEvent)
            if (!state.direct) {
                Field(
                    state.name,
                    { onEvent(NewRoomEvent.Name(it)) },
                    strings.roomName,
                    Modifier.testTag("name"),
                    hint = strings.roomNameHint,
                    enabled = !state.working,
                    last = false,
                )
            }
            People(state, onEvent)
            Mark(Icons.Lock, strings.alwaysEncrypted, Qroc.colours.verified)
        }
        Row(
            Modifier.fillMaxWidth().background(Qroc.colours.surface).padding(16.dp),
            horizontalArrangement = Arrangement.End,
        ) {
            MainButton(
                if (state.direct) strings.startChat else strings.createRoom,
                { onEvent(NewRoomEvent.Create) },
                enabled = state.complete && Gate.CREATE_ROOM !in LocalForbidden.current,
                working = state.working,
            )
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Kinds(
    state: NewRoomState,
    onEvent: (NewRoomEvent) -> Unit,
) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        listOf(false to Qroc.strings.kindGroup, true to Qroc.strings.kindDirect).forEach { (direct, text) ->
            FilterChip(
                selected = state.direct == direct,
                onClick = { onEvent(NewRoomEvent.Direct(direct)) },
                label = { Text(text, style = MaterialTheme.typography.labelLarge) },
                modifier = Modifier.heightIn(min = Target),
                enabled = !state.working,
                colors =
                    FilterChipDefaults.filterChipColors(
                        labelColor = Qroc.colours.body,
                        selectedContainerColor = Qroc.colours.own,
                        selectedLabelColor = Qroc.colours.onOwn,
                    ),
            )
        }
    }
}

@Composable
private fun People(
    state: NewRoomState,
    onEvent: (NewRoomEvent) -> Unit,
) {
    val strings = Qroc.strings
    state.people.forEach { person ->
        Row(
            Modifier
                .fillMaxWidth()
                .clip(RoundedCornerShape(12.dp))
                .background(Qroc.colours.surface)
                .padding(start = 16.dp),
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Text(
                person,
                Modifier.weight(1f),
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.bodyLarge,
            )
            IconAction(
                Icons.Close,
                strings.removePerson(person),
                { onEvent(NewRoomEvent.RemovePerson(person)) },
                enabled = !state.working,
            )
        }
    }
    if (state.direct && state.people.isNotEmpty()) return
    Field(
        state.person,
        { onEvent(NewRoomEvent.Person(it)) },
        if (state.direct) strings.person else strings.people,
        Modifier.testTag("person"),
        error = if (state.personProblem) strings.personWrong else null,
        hint = strings.personHint,
        enabled = !state.working,
        icon = Icons.Invite,
        onEnter = { onEvent(NewRoomEvent.AddPerson) },
    )
    SideButton(
        strings.addPerson,
        { onEvent(NewRoomEvent.AddPerson) },
        enabled = state.person.isNotBlank() && !state.working,
        icon = Icons.Add,
    )
}

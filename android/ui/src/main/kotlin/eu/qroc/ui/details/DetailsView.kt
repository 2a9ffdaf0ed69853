package eu.qroc.ui.details

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.Avatar
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TextAction
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc
import eu.qroc.ui.verify.ChangedActions
import eu.qroc.ui.verify.TakeQuestion
import eu.qroc.ui.verify.Trust
import eu.qroc.ui.verify.TrustMark

/** Who is here? */
@Composable
fun DetailsView(
    state: DetailsState,
    onEvent: (DetailsEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.roomDetails, { onEvent(DetailsEvent.Back) })
        LazyColumn(
            Modifier.weight(1f).widthIn(max = 720.dp).testTag("details"),
            contentPadding = PaddingValues(bottom = 24.dp),
        ) {
            item(key = "about") { About(state, onEvent) }
            item(key = "invite") { InviteBox(state, onEvent) }
            val members = state.members
            item(key = "heading") {
                Text(
                    if (members == null) strings.members else strings.memberCount(members.count { !it.invited }),
                    Modifier.padding(start = 16.dp, top = 16.dp, bottom = 4.dp).semantics { heading() },
                    color = Qroc.colours.secondary,
                    style = MaterialTheme.typography.titleSmall,
                )
            }
            if (members == null) {
                item(key = "loading") { Skeleton(rows = 4) }
            } else {
                items(members, key = { it.id }) { MemberItem(it, state.working, onEvent) }
            }
            item(key = "leave") {
                SideButton(
                    strings.leaveRoom,
                    { onEvent(DetailsEvent.AskLeave) },
                    Modifier.padding(horizontal = 16.dp, vertical = 24.dp),
                    danger = true,
                    enabled = !state.working,
                    icon = Icons.Leave,
                )
            }
        }
    }
    if (state.leaving) {
        Question(
            strings.leaveTitle(state.name),
            strings.leaveText,
            strings.leaveConfirm,
            { onEvent(DetailsEvent.Leave) },
            { onEvent(DetailsEvent.Stay) },
        )
    }
    val taking = state.taking
    if (taking != null) {
        TakeQuestion(taking.name, { onEvent(DetailsEvent.Take(taking)) }, { onEvent(DetailsEvent.Stay) })
    }
    val removing = state.removing
    if (removing != null) {
        Question(
            strings.kickTitle(removing.name, state.name),
            strings.kickText,
            strings.kickConfirm,
            { onEvent(DetailsEvent.Remove(removing)) },
            { onEvent(DetailsEvent.Stay) },
        )
    }
}

@Composable
private fun About(
    state: DetailsState,
    onEvent: (DetailsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(
        Modifier.fillMaxWidth().background(Qroc.colours.surface).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        Text(state.name, style = MaterialTheme.typography.headlineSmall)
        if (state.topic.isNotBlank()) {
            Text(state.topic, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyLarge)
        }
        if (state.encrypted) {
            Mark(Icons.Lock, strings.encryptedRoom, Qroc.colours.verified)
        } else {
            Mark(Icons.Unlocked, strings.notEncryptedLong, Qroc.colours.waiting)
        }
        if (state.error != null) {
            ErrorNote(state.error, action = strings.tryAgain, onAction = { onEvent(DetailsEvent.Reload) })
        }
        if (state.done != null) Mark(Icons.Sent, state.done, Qroc.colours.verified)
    }
}

@Composable
private fun InviteBox(
    state: DetailsState,
    onEvent: (DetailsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Field(
            state.person,
            { onEvent(DetailsEvent.Person(it)) },
            strings.invitePerson,
            Modifier.testTag("person"),
            error = if (state.personProblem) strings.personWrong else null,
            hint = strings.personHint,
            enabled = !state.working,
            icon = Icons.Invite,
            onEnter = { if (state.person.isNotBlank()) onEvent(DetailsEvent.Invite) },
        )
        SideButton(
            strings.invite,
            { onEvent(DetailsEvent.Invite) },
            enabled = state.person.isNotBlank() && !state.working,
            icon = Icons.Add,
        )
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun MemberItem(
    member: MemberRow,
    working: Boolean,
    onEvent: (DetailsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Row(
        Modifier.fillMaxWidth().heightIn(min = 72.dp).padding(horizontal = 16.dp, vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Avatar(member.name)
        Column(Modifier.weight(1f)) {
            Text(
                if (member.own) strings.youNamed(member.name) else member.name,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.titleMedium,
            )
            Text(
                member.id,
                color = Qroc.colours.secondary,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.bodyMedium,
            )
            if (member.leads) Mark(Icons.Verified, strings.leads, Qroc.colours.secondary)
            if (member.invited) Mark(Icons.Clock, strings.notJoinedYet, Qroc.colours.waiting)
            member.trust?.let { TrustMark(it) }
            when (member.trust) {
                null, Trust.VERIFIED -> Unit
                Trust.UNVERIFIED -> TextAction(strings.compare, { onEvent(DetailsEvent.Compare(member)) }, Modifier.offset(x = FLUSH))
                Trust.CHANGED ->
                    FlowRow(Modifier.offset(x = FLUSH)) {
                        ChangedActions({ onEvent(DetailsEvent.Compare(member)) }) { onEvent(DetailsEvent.AskTake(member)) }
                    }
            }
        }
        if (member.removable) {
            IconAction(
                Icons.Leave,
                strings.removeMember(member.name),
                { onEvent(DetailsEvent.AskRemove(member)) },
                enabled = !working,
                tint = Qroc.colours.danger,
            )
        }
    }
}

/** A short text that can be hit stands where other words begin. */
private val FLUSH = (-12).dp

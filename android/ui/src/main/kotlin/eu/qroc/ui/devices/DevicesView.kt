package eu.qroc.ui.devices

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Field
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.MainButton
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** Where am I signed in? */
@Composable
fun DevicesView(
    state: DevicesState,
    onEvent: (DevicesEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.devices, { onEvent(DevicesEvent.Back) })
        if (state.error != null) {
            ErrorNote(
                state.error,
                Modifier.padding(16.dp),
                action = strings.tryAgain,
                onAction = { onEvent(DevicesEvent.Reload) },
            )
        }
        Box(Modifier.weight(1f)) {
            if (state.devices == null) {
                if (state.error == null) Skeleton(rows = 3)
            } else {
                LazyColumn(Modifier.fillMaxHeight().widthIn(max = 720.dp).testTag("devices")) {
                    if (!state.verified) item(key = "unverified") { UnverifiedNote(state.devices.size > 1, onEvent) }
                    items(state.devices, key = { it.id }) { DeviceItem(it, state.verified, onEvent) }
                }
            }
        }
    }
    val leaving = state.leaving
    if (leaving != null) {
        Question(
            strings.deviceSignOutTitle(leaving.name),
            strings.deviceSignOutText,
            strings.signOut,
            { onEvent(DevicesEvent.SignOut) },
            { onEvent(DevicesEvent.Keep) },
            confirmEnabled = state.password.isNotEmpty() && !state.working,
        ) {
            Field(
                state.password,
                { onEvent(DevicesEvent.Password(it)) },
                strings.password,
                Modifier.testTag("password"),
                error = if (state.wrongPassword) strings.passwordWrong else null,
                secret = true,
                enabled = !state.working,
                onEnter = { if (state.password.isNotEmpty()) onEvent(DevicesEvent.SignOut) },
            )
        }
    }
}

/** What this device lacks, and the two ways to it. */
@Composable
private fun UnverifiedNote(
    others: Boolean,
    onEvent: (DevicesEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(
        Modifier.fillMaxWidth().background(Qroc.colours.surface).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
            Icon(Icons.Unverified, null, Modifier.size(24.dp), tint = Qroc.colours.waiting)
            Text(strings.deviceUnverifiedLong, style = MaterialTheme.typography.bodyMedium)
        }
        if (others) {
            MainButton(strings.compareOwn, { onEvent(DevicesEvent.CompareAny) }, Modifier.fillMaxWidth(), icon = Icons.Devices)
        }
        SideButton(strings.useRecoveryKey, { onEvent(DevicesEvent.Recovery) }, Modifier.fillMaxWidth(), icon = Icons.Lock)
    }
}

@Composable
private fun DeviceItem(
    device: DeviceRow,
    verified: Boolean,
    onEvent: (DevicesEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Row(
        Modifier.fillMaxWidth().heightIn(min = 88.dp).padding(horizontal = 16.dp, vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(Icons.Devices, null, Modifier.size(32.dp), tint = colours.accent)
        Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(2.dp)) {
            Text(
                device.name,
                maxLines = 2,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.titleMedium,
            )
            val seen = if (device.lastSeen > 0) strings.lastSeen(Qroc.times.ago(device.lastSeen)) else null
            Text(
                listOfNotNull(device.id, seen).joinToString(" · "),
                color = colours.secondary,
                style = MaterialTheme.typography.bodyMedium,
            )
            when (device.trust) {
                DeviceTrust.THIS -> {
                    Mark(Icons.Sent, strings.thisDevice, colours.accent)
                    if (verified) Mark(Icons.Verified, strings.verified, colours.verified)
                }
                DeviceTrust.VERIFIED -> Mark(Icons.Verified, strings.verified, colours.verified)
                DeviceTrust.UNVERIFIED -> {
                    Mark(Icons.Unverified, strings.unverified, colours.waiting)
                    // A device that is not verified itself cannot vouch for another one.
                    if (verified) {
                        SideButton(
                            strings.compare,
                            { onEvent(DevicesEvent.Compare(device)) },
                            Modifier.padding(top = 4.dp),
                            icon = Icons.Verified,
                        )
                    }
                }
            }
        }
        if (device.trust != DeviceTrust.THIS) {
            IconAction(
                Icons.Leave,
                strings.signOutDevice(device.name),
                { onEvent(DevicesEvent.AskSignOut(device)) },
                tint = colours.danger,
            )
        }
    }
}

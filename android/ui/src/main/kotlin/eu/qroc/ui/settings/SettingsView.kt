package eu.qroc.ui.settings

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.format.size
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Question
import eu.qroc.ui.parts.SideButton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Appearance
import eu.qroc.ui.theme.Qroc

/** Languages, each by its own name. */
val LANGUAGES: Map<String, String> =
    mapOf("en" to "English", "de" to "Deutsch", "fr" to "Français", "el" to "Ελληνικά")

/** Who am I here, and how does it look? */
@Composable
fun SettingsView(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.settings, { onEvent(SettingsEvent.Back) })
        Column(Modifier.weight(1f).verticalScroll(rememberScrollState()).testTag("settings")) {
            if (state.error != null) ErrorNote(state.error, Modifier.padding(16.dp))
            Account(state)
            Link(Icons.Devices, strings.devices) { onEvent(SettingsEvent.Devices) }
            Link(Icons.Verified, strings.recovery) { onEvent(SettingsEvent.Recovery) }
            Link(Icons.Lock, strings.policyTitle) { onEvent(SettingsEvent.Policy) }
            Link(
                Icons.Queue,
                if (state.waiting > 0) strings.waitingCount(state.waiting) else strings.queueTitle,
            ) { onEvent(SettingsEvent.Queue) }
            HorizontalDivider(color = Qroc.colours.line)
            Section(strings.appearance) {
                Appearance.entries.forEach {
                    Option(look(it), state.appearance == it) { onEvent(SettingsEvent.Look(it)) }
                }
            }
            Section(strings.languageTitle) {
                Option(strings.systemLanguage, state.language == null) { onEvent(SettingsEvent.Language(null)) }
                LANGUAGES.forEach { (tag, name) ->
                    Option(name, state.language == tag) { onEvent(SettingsEvent.Language(tag)) }
                }
            }
            Section(strings.storage) {
                Fact(strings.storageUsed(size(state.databaseBytes, strings)))
                Fact(strings.storageSealed)
            }
            Section(strings.about) {
                Fact(strings.version(state.version))
                Fact(strings.licence)
            }
            HorizontalDivider(color = Qroc.colours.line)
            Leaving(state, onEvent)
        }
    }
    Questions(state, onEvent)
}

@Composable
private fun look(appearance: Appearance): String =
    when (appearance) {
        Appearance.SYSTEM -> Qroc.strings.lookSystem
        Appearance.LIGHT -> Qroc.strings.lookLight
        Appearance.DARK -> Qroc.strings.lookDark
        Appearance.NIGHT -> Qroc.strings.lookNight
    }

@Composable
private fun Account(state: SettingsState) {
    val strings = Qroc.strings
    Column(
        Modifier.fillMaxWidth().background(Qroc.colours.surface).padding(16.dp),
        verticalArrangement = Arrangement.spacedBy(4.dp),
    ) {
        Text(state.userId, Modifier.semantics { heading() }, style = MaterialTheme.typography.titleLarge)
        Text(state.server, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
        Text(
            strings.deviceIs(state.deviceId),
            color = Qroc.colours.secondary,
            style = MaterialTheme.typography.bodyMedium,
        )
        if (state.verified) {
            Mark(Icons.Verified, strings.deviceVerified, Qroc.colours.verified)
        } else {
            Mark(Icons.Unverified, strings.deviceUnverified, Qroc.colours.waiting)
        }
        val last = if (state.lastSync > 0) strings.lastSync(Qroc.times.ago(state.lastSync)) else strings.neverSynced
        Text(last, color = Qroc.colours.secondary, style = MaterialTheme.typography.bodyMedium)
    }
}

@Composable
private fun Link(
    icon: ImageVector,
    text: String,
    onClick: () -> Unit,
) {
    Row(
        Modifier
            .fillMaxWidth()
            .clickable(role = Role.Button, onClick = onClick)
            .heightIn(min = 56.dp)
            .padding(horizontal = 16.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(icon, null, Modifier.size(24.dp), tint = Qroc.colours.accent)
        Text(text, style = MaterialTheme.typography.bodyLarge)
    }
}

@Composable
private fun Section(
    title: String,
    content: @Composable ColumnScope.() -> Unit,
) {
    Column(Modifier.padding(vertical = 8.dp).selectableGroup()) {
        Text(
            title,
            Modifier.padding(horizontal = 16.dp, vertical = 8.dp).semantics { heading() },
            color = Qroc.colours.secondary,
            style = MaterialTheme.typography.titleSmall,
        )
        content()
    }
}

@Composable
private fun Option(
    text: String,
    selected: Boolean,
    onClick: () -> Unit,
) {
    Row(
        Modifier
            .fillMaxWidth()
            .selectable(selected, role = Role.RadioButton, onClick = onClick)
            .heightIn(min = 48.dp)
            .padding(horizontal = 16.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        RadioButton(selected, onClick = null)
        Text(text, style = MaterialTheme.typography.bodyLarge)
    }
}

@Composable
private fun Fact(text: String) {
    Text(text, Modifier.padding(horizontal = 16.dp, vertical = 4.dp), style = MaterialTheme.typography.bodyLarge)
}

@Composable
private fun Leaving(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(16.dp)) {
        SideButton(
            strings.signOut,
            { onEvent(SettingsEvent.Ask(Farewell.SIGN_OUT)) },
            Modifier.fillMaxWidth(),
            enabled = !state.working,
            icon = Icons.Leave,
        )
        SideButton(
            strings.wipe,
            { onEvent(SettingsEvent.Ask(Farewell.WIPE)) },
            Modifier.fillMaxWidth(),
            danger = true,
            enabled = !state.working,
            icon = Icons.Delete,
        )
    }
}

@Composable
private fun Questions(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = Qroc.strings
    val lost = if (state.waiting > 0) " " + strings.waitingIsLost(state.waiting) else ""
    when (state.asking) {
        null -> Unit
        Farewell.SIGN_OUT ->
            Question(
                strings.signOutTitle,
                strings.signOutText + lost,
                strings.signOut,
                { onEvent(SettingsEvent.Confirm(Farewell.SIGN_OUT)) },
                { onEvent(SettingsEvent.Stay) },
            )
        Farewell.WIPE ->
            Question(
                strings.wipeTitle,
                strings.wipeText + lost,
                strings.wipeConfirm,
                { onEvent(SettingsEvent.Confirm(Farewell.WIPE)) },
                { onEvent(SettingsEvent.Stay) },
            )
    }
}

package eu.qroc.ui.policy

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Mark
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc

/** What has the organisation decided? */
@Composable
fun PolicyView(
    state: PolicyState,
    onEvent: (PolicyEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = Qroc.strings
    Column(modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.policyTitle, { onEvent(PolicyEvent.Back) })
        val groups = state.groups
        when {
            groups == null -> Skeleton(rows = 5)
            groups.isEmpty() -> EmptyNote(Icons.Verified, strings.policyEmptyTitle, strings.policyEmptyText)
            else ->
                LazyColumn(Modifier.fillMaxSize()) {
                    groups.forEach { group ->
                        item(group.title) {
                            Text(
                                group.title,
                                Modifier.padding(start = 16.dp, end = 16.dp, top = 20.dp, bottom = 4.dp).semantics { heading() },
                                color = Qroc.colours.secondary,
                                style = MaterialTheme.typography.titleSmall,
                            )
                        }
                        items(group.rules, key = { it.key }) { RuleRow(it) }
                    }
                }
        }
    }
}

@Composable
private fun RuleRow(rule: Rule) {
    val colours = Qroc.colours
    Column {
        Row(
            Modifier.fillMaxWidth().padding(horizontal = 16.dp, vertical = 12.dp),
            horizontalArrangement = Arrangement.spacedBy(16.dp),
            verticalAlignment = Alignment.Top,
        ) {
            Icon(Icons.Lock, null, Modifier.padding(top = 2.dp).size(24.dp), tint = colours.secondary)
            Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(2.dp)) {
                Text(rule.title, style = MaterialTheme.typography.titleMedium)
                Text(rule.value, color = colours.accent, style = MaterialTheme.typography.bodyLarge)
                if (rule.description.isNotEmpty()) {
                    Text(rule.description, color = colours.secondary, style = MaterialTheme.typography.bodyMedium)
                }
                Text(rule.source, color = colours.secondary, style = MaterialTheme.typography.bodyMedium)
                rule.problem?.let { Mark(Icons.Warning, it, colours.waiting) }
            }
        }
        HorizontalDivider(color = colours.line)
    }
}

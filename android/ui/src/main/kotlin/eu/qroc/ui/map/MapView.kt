package eu.qroc.ui.map

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import eu.qroc.ui.format.direction
import eu.qroc.ui.format.distance
import eu.qroc.ui.parts.EmptyNote
import eu.qroc.ui.parts.ErrorNote
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.Skeleton
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.theme.Qroc
import kotlin.math.roundToInt

/** Who is where? */
@Composable
fun MapView(
    state: MapState,
    onEvent: (MapEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    Box(modifier.fillMaxSize()) {
        MapPage(state, onEvent)
        if (state.sharing?.asking == true) SharingSheet(state.sharing, onEvent)
    }
}

@Composable
private fun MapPage(
    state: MapState,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    Column(Modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(strings.mapOf(state.roomName), { onEvent(MapEvent.Back) }, subtitle = { Summary(state) }) {
            if (state.officers != null && state.past == null) {
                IconAction(Icons.Clock, strings.mapEarlier, { onEvent(MapEvent.Earlier) })
            }
            when {
                state.taking -> CircularProgressIndicator(Modifier.padding(12.dp).size(24.dp), strokeWidth = 2.dp)
                state.source == MapSource.POLICY -> IconAction(Icons.Map, strings.mapFetch, { onEvent(MapEvent.TakeMap) })
                state.source == MapSource.FILE -> IconAction(Icons.Map, strings.mapFile, { onEvent(MapEvent.TakeMap) })
            }
        }
        if (state.error != null) {
            ErrorNote(
                state.error,
                Modifier.padding(16.dp),
                action = strings.tryAgain,
                onAction = { onEvent(MapEvent.Retry) },
            )
        }
        val officers = state.officers
        Box(Modifier.weight(1f)) {
            when {
                officers == null -> if (state.error == null) Skeleton(rows = 5)
                officers.isEmpty() && state.target == null && state.past == null ->
                    EmptyNote(Icons.Pin, strings.mapEmptyTitle, strings.mapEmptyText)
                else -> MapAndList(state, officers, onEvent)
            }
        }
        when {
            state.past != null -> PastBar(state.past, onEvent)
            state.sharing != null -> SharingBar(state.sharing, onEvent)
        }
    }
}

@Composable
private fun Summary(state: MapState) {
    val strings = Qroc.strings
    val officers = state.officers?.ifEmpty { null } ?: return
    val stale = officers.count { it.stale }
    val text =
        listOfNotNull(
            strings.mapPeople(officers.size - stale),
            if (stale > 0) strings.mapStaleCount(stale) else null,
        )
    Text(
        text.joinToString(" · "),
        color = if (stale > 0) Qroc.colours.waiting else Qroc.colours.secondary,
        style = MaterialTheme.typography.bodyMedium,
    )
}

/** The map above the list, or beside it where there is room. */
@Composable
private fun MapAndList(
    state: MapState,
    officers: List<Officer>,
    onEvent: (MapEvent) -> Unit,
) {
    BoxWithConstraints {
        if (maxWidth >= BESIDE) {
            Row {
                MapCanvas(state, officers, Modifier.weight(1f).fillMaxHeight(), onEvent)
                People(state, officers, onEvent, Modifier.width(320.dp).fillMaxHeight())
            }
        } else {
            val most = maxHeight * LIST_PART
            Column {
                MapCanvas(state, officers, Modifier.weight(1f).fillMaxWidth(), onEvent)
                People(state, officers, onEvent, Modifier.fillMaxWidth().heightIn(max = most))
            }
        }
    }
}

@Composable
private fun People(
    state: MapState,
    officers: List<Officer>,
    onEvent: (MapEvent) -> Unit,
    modifier: Modifier,
) {
    LazyColumn(modifier.background(Qroc.colours.surface)) {
        items(officers, key = { it.id }) { officer ->
            val chosen = officer.id == state.chosen
            OfficerRow(officer, chosen, state.past != null) { onEvent(MapEvent.Choose(if (chosen) null else officer.id)) }
            HorizontalDivider(color = Qroc.colours.line)
        }
    }
}

@Composable
private fun OfficerRow(
    officer: Officer,
    chosen: Boolean,
    past: Boolean,
    onClick: () -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    Row(
        Modifier
            .fillMaxWidth()
            .background(if (chosen) colours.selected else colours.surface)
            .clickable(role = Role.Button, onClick = onClick)
            .semantics { selected = chosen }
            .heightIn(min = 64.dp)
            .padding(horizontal = 16.dp, vertical = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Icon(
            if (officer.stale) Icons.Clock else Icons.Pin,
            null,
            Modifier.size(28.dp),
            tint = if (officer.stale) colours.waiting else colours.accent,
        )
        Column(Modifier.weight(1f)) {
            Text(
                if (officer.own) strings.youNamed(officer.name) else officer.name,
                maxLines = 1,
                overflow = TextOverflow.Ellipsis,
                style = MaterialTheme.typography.titleMedium,
            )
            Text(
                facts(officer, past),
                color = if (officer.stale) colours.waiting else colours.secondary,
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        if (officer.distance != null && officer.bearing != null && !officer.own) {
            Column(horizontalAlignment = Alignment.End) {
                Text(distance(officer.distance, strings), style = MaterialTheme.typography.titleMedium)
                Text(
                    direction(officer.bearing, strings),
                    color = colours.secondary,
                    style = MaterialTheme.typography.bodyMedium,
                )
            }
        }
    }
}

/** How old, how sure, how fast, until when. */
@Composable
private fun facts(
    officer: Officer,
    past: Boolean,
): String {
    val strings = Qroc.strings
    val times = Qroc.times
    return listOfNotNull(
        if (past) times.clock(officer.measured) else times.ago(officer.measured),
        if (officer.stale) strings.mapStale else null,
        officer.accuracy?.let { strings.accuracy(it.roundToInt()) },
        officer.speed?.takeIf { it > STANDING && !officer.stale }?.let { strings.kmPerHour((it * KMH).roundToInt()) },
        officer.until?.takeIf { !officer.stale }?.let { strings.sharesUntil(times.clock(it)) },
        officer.battery?.takeIf { it <= LOW }?.let { strings.batteryLow("$it %") },
    ).joinToString(" · ")
}

private val BESIDE = 720.dp
private const val LIST_PART = 0.42f

/** Metres per second. */
private const val STANDING = 0.7
private const val KMH = 3.6
private const val LOW = 20

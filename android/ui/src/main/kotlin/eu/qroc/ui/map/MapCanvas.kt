package eu.qroc.ui.map

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.gestures.detectTransformGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberUpdatedState
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.listSaver
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clipToBounds
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.layout.onSizeChanged
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.toSize
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.RoundAction
import eu.qroc.ui.parts.ZOOM_STEP
import eu.qroc.ui.parts.wheel
import eu.qroc.ui.theme.Qroc
import kotlinx.coroutines.withContext

/** The map itself: moved with a finger or the mouse, larger with two fingers, the wheel or the buttons. */
@Composable
internal fun MapCanvas(
    state: MapState,
    officers: List<Officer>,
    modifier: Modifier = Modifier,
    onEvent: (MapEvent) -> Unit,
) {
    val strings = Qroc.strings
    val colours = Qroc.colours
    var size by remember { mutableStateOf(Size.Zero) }
    // Where the officer moved it; until then it shows everybody.
    var moved by rememberSaveable(stateSaver = saver) { mutableStateOf<Chart?>(null) }
    val chart = moved ?: whole(state, officers, size)
    val now by rememberUpdatedState(chart)
    val people by rememberUpdatedState(officers)
    Follow(state, officers) { place -> moved = (now ?: return@Follow).copy(middle = place) }
    val picture = groundPicture(chart, size, state.ground, onEvent)
    Box(modifier.clipToBounds().background(if (state.ground == null) colours.background else colours.ground.land)) {
        val text = rememberTextMeasurer(cacheSize = CACHED)
        val style = MaterialTheme.typography.labelLarge
        val small = MaterialTheme.typography.labelSmall
        Canvas(
            Modifier
                .fillMaxSize()
                .onSizeChanged { size = it.toSize() }
                .semantics { contentDescription = strings.mapDescription(officers.size) }
                .pointerInput(Unit) {
                    detectTransformGestures { centre, pan, zoom, _ ->
                        moved = now?.zoomed(zoom, centre, size)?.moved(pan, size)
                    }
                }.pointerInput(Unit) {
                    detectTapGestures(
                        onDoubleTap = { at -> moved = now?.zoomed(2f, at, size) },
                        onTap = { at -> onEvent(MapEvent.Choose(now?.let { nearest(it, people, at, size, 32.dp.toPx()) })) },
                    )
                }.pointerInput(Unit) { wheel { at, factor -> moved = now?.zoomed(factor, at, size) } },
        ) {
            if (chart != null) scene(chart, state, officers, picture, text, style, small, strings, colours)
        }
        state.ground?.attribution?.let { Attribution(it, Modifier.align(Alignment.TopStart)) }
        Column(
            Modifier.align(Alignment.BottomEnd).padding(12.dp),
            verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            val middle = Offset(size.width / 2, size.height / 2)
            RoundAction(Icons.People, strings.mapShowAll) { moved = null }
            RoundAction(Icons.Add, strings.mapCloser) { moved = now?.zoomed(ZOOM_STEP, middle, size) }
            RoundAction(Icons.Less, strings.mapFarther) { moved = now?.zoomed(1 / ZOOM_STEP, middle, size) }
        }
    }
}

/** Whose data the map is. */
@Composable
private fun Attribution(
    text: String,
    modifier: Modifier,
) {
    Text(
        text,
        modifier.background(Qroc.colours.surface.copy(alpha = PLATE)).padding(horizontal = 6.dp, vertical = 2.dp),
        color = Qroc.colours.body,
        maxLines = 2,
        overflow = TextOverflow.Ellipsis,
        style = MaterialTheme.typography.labelSmall,
    )
}

/** Has the tiles read that are looked at, and the ground drawn where they are. */
@Composable
private fun groundPicture(
    chart: Chart?,
    size: Size,
    ground: Ground?,
    onEvent: (MapEvent) -> Unit,
): GroundPicture? {
    if (chart == null || ground == null || size.minDimension <= 0f) return null
    var picture by remember { mutableStateOf<GroundPicture?>(null) }
    val wanted = remember(chart, size, ground.minZoom, ground.maxZoom) { chart.tiles(larger(size), ground.minZoom..ground.maxZoom).map { it.address } }
    val tell by rememberUpdatedState(onEvent)
    LaunchedEffect(wanted) { tell(MapEvent.Look(wanted.distinct())) }
    val density = LocalDensity.current
    val palette = Qroc.colours
    val thread = LocalGroundThread.current
    LaunchedEffect(chart, size, ground, palette) {
        // What is not read yet would be a hole; until then the last picture is moved.
        val whole = wanted.all { it in ground.tiles }
        if (whole || picture == null) picture = withContext(thread) { paint(chart, size, ground, density, palette) }
    }
    return picture
}

/** Who is chosen comes into the middle, once; they may then be lost from sight again. */
@Composable
private fun Follow(
    state: MapState,
    officers: List<Officer>,
    centre: (Place) -> Unit,
) {
    val found = officers.firstOrNull { it.id == state.chosen }
    LaunchedEffect(state.chosen) { found?.let { centre(it.place) } }
}

private fun whole(
    state: MapState,
    officers: List<Officer>,
    size: Size,
): Chart? {
    if (size.minDimension <= 0f) return null
    state.target?.let { return Chart(it, STREET) }
    // Those who are heard of, and else whoever there is.
    val people = officers.filter { !it.stale }.ifEmpty { officers }.map { it.place }
    return Chart.around(people, size, STREET)
}

private fun nearest(
    chart: Chart,
    officers: List<Officer>,
    at: Offset,
    size: Size,
    reach: Float,
): String? =
    officers
        .map { it.id to (chart.offset(it.place, size) - at).getDistance() }
        .filter { it.second <= reach }
        .minByOrNull { it.second }
        ?.first

private val saver: Saver<Chart?, Any> =
    listSaver(
        save = { if (it == null) emptyList() else listOf(it.middle.lat, it.middle.lon, it.metresPerPixel) },
        restore = { if (it.isEmpty()) null else Chart(Place(it[0], it[1]), it[2]) },
    )

/** Metres of one pixel where a street fills the screen. */
private const val STREET = 0.5
private const val CACHED = 128
private const val PLATE = 0.85f

package eu.qroc.ui.timeline

import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.gestures.detectTransformGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clipToBounds
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.graphicsLayer
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.layout.onSizeChanged
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.toSize
import eu.qroc.ui.parts.Forbidden
import eu.qroc.ui.parts.IconAction
import eu.qroc.ui.parts.Icons
import eu.qroc.ui.parts.RoundAction
import eu.qroc.ui.parts.TopBar
import eu.qroc.ui.parts.ZOOM_STEP
import eu.qroc.ui.parts.Zoom
import eu.qroc.ui.parts.wheel
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.LocalForbidden
import eu.qroc.ui.theme.Qroc

/** A picture as large as the screen. */
@Composable
internal fun PictureViewer(
    message: Message,
    onEvent: (TimelineEvent) -> Unit,
) {
    val picture = (message.body as? Body.Picture)?.picture ?: return
    val strings = Qroc.strings
    val forbidden = LocalForbidden.current[Gate.SAVE]
    Column(Modifier.fillMaxSize().background(Qroc.colours.background)) {
        TopBar(message.senderName, { onEvent(TimelineEvent.CloseViewer) }) {
            if (forbidden == null) IconAction(Icons.Save, strings.save, { onEvent(TimelineEvent.Save(message)) })
        }
        if (forbidden != null) Forbidden(strings.save, forbidden, Modifier.padding(horizontal = 16.dp))
        Zoomable(picture, strings.photoFrom(message.senderName), Modifier.weight(1f))
        message.body.caption?.let {
            Text(
                it,
                Modifier.heightIn(max = 160.dp).verticalScroll(rememberScrollState()).padding(16.dp),
                style = MaterialTheme.typography.bodyLarge,
            )
        }
    }
}

/** Larger with two fingers, a double touch, the wheel or the buttons; then moved with a finger. */
@Composable
private fun Zoomable(
    picture: ImageBitmap,
    label: String,
    modifier: Modifier,
) {
    var zoom by remember { mutableStateOf(Zoom()) }
    var size by remember { mutableStateOf(Size.Zero) }
    Box(
        modifier
            .fillMaxSize()
            .clipToBounds()
            .onSizeChanged { size = it.toSize() }
            .pointerInput(Unit) {
                detectTransformGestures { centre, pan, factor, _ -> zoom = zoom.zoomed(factor, centre, size).moved(pan, size) }
            }.pointerInput(Unit) {
                detectTapGestures(onDoubleTap = { at -> zoom = if (zoom.scale > 1f) Zoom() else zoom.zoomed(DOUBLE, at, size) })
            }.pointerInput(Unit) { wheel { at, factor -> zoom = zoom.zoomed(factor, at, size) } },
    ) {
        Image(
            picture,
            label,
            Modifier.fillMaxSize().testTag("picture").graphicsLayer {
                scaleX = zoom.scale
                scaleY = zoom.scale
                translationX = zoom.shift.x
                translationY = zoom.shift.y
            },
            contentScale = ContentScale.Fit,
        )
        Column(Modifier.align(Alignment.BottomEnd).padding(12.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
            val middle = Offset(size.width / 2, size.height / 2)
            RoundAction(Icons.Add, Qroc.strings.mapCloser) { zoom = zoom.zoomed(ZOOM_STEP, middle, size) }
            RoundAction(Icons.Less, Qroc.strings.mapFarther) { zoom = zoom.zoomed(1 / ZOOM_STEP, middle, size) }
        }
    }
}

private const val DOUBLE = 3f

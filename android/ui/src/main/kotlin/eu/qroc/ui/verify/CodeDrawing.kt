package eu.qroc.ui.verify

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.widthIn
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import eu.qroc.ui.theme.Qroc
import kotlin.math.floor

/** A code for a scanner: dark on light in every appearance, as the standard wants it, with its margin. */
@Composable
internal fun CodeDrawing(
    modules: Modules,
    modifier: Modifier = Modifier,
) {
    val described = Qroc.strings.verifyCodeShown
    Canvas(
        modifier
            .widthIn(max = 320.dp)
            .fillMaxWidth()
            .aspectRatio(1f)
            .testTag("code")
            .semantics { contentDescription = described },
    ) {
        drawRect(Color.White)
        val side = modules.rows.size + 2 * QUIET
        // Whole pixels: a blurred edge costs a scanner more than a margin that is a little wider.
        val pixels = floor(size.minDimension / side).coerceAtLeast(1f)
        val edge = floor((size.minDimension - pixels * modules.rows.size) / 2)
        modules.rows.forEachIndexed { row, line ->
            line.forEachIndexed { column, dark ->
                if (dark) drawRect(Color.Black, Offset(edge + column * pixels, edge + row * pixels), Size(pixels, pixels))
            }
        }
    }
}

/** Light modules around it. */
private const val QUIET = 4

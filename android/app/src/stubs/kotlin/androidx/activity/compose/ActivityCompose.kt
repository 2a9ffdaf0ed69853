// Stands for the few declarations of androidx.activity.compose that the shell uses: never shipped. It draws nothing.
package androidx.activity.compose

import androidx.activity.ComponentActivity
import androidx.compose.runtime.Composable

@Suppress("UNUSED_PARAMETER", "UnusedReceiverParameter")
fun ComponentActivity.setContent(content: @Composable () -> Unit) = Unit

@Suppress("UNUSED_PARAMETER")
@Composable
fun BackHandler(
    enabled: Boolean = true,
    onBack: () -> Unit,
): Unit = throw UnsupportedOperationException()

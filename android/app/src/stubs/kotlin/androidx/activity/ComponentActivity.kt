// Stands for the few declarations of androidx.activity that the shell uses, where Google's registry is not: never shipped.
package androidx.activity

open class ComponentActivity : android.app.Activity()

@Suppress("UnusedReceiverParameter")
fun ComponentActivity.enableEdgeToEdge() = Unit

package eu.qroc.app

import android.content.Intent
import android.os.Bundle
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import eu.qroc.platform.Channels
import eu.qroc.platform.Incoming
import eu.qroc.platform.ScreenGuard
import eu.qroc.ui.format.Times
import eu.qroc.ui.shell.AppView
import eu.qroc.ui.shell.Brought
import eu.qroc.ui.shell.Stage
import eu.qroc.ui.theme.Branding
import eu.qroc.ui.theme.QrocTheme
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.time.ZoneId

/** The screen: everything that lasts is the application's. */
class MainActivity : ComponentActivity() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    private val app get() = application as QrocApplication

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        // Until policy was read: no picture of this window, and none in the list of recent apps.
        ScreenGuard.secure(window, true)
        enableEdgeToEdge()
        app.surroundings.front = this
        app.start(savedInstanceState?.getByteArray(STATE))
        if (savedInstanceState == null) take(intent)
        scope.launch { app.duty.client.collectLatest { client -> if (client != null) ScreenGuard.follow(window, client) } }
        scope.launch {
            app.presenter.state.filterIsInstance<Stage.Main>().first()
            app.surroundings.permissions.askForNotifications()
        }
        setContent { Content() }
    }

    @Composable
    private fun Content() {
        val presenter = app.presenter
        val stage by presenter.state.collectAsState()
        val looks by presenter.looks.state.collectAsState()
        val strings by presenter.looks.strings.collectAsState()
        val times = remember(strings) { Times(strings, ZoneId.systemDefault(), System::currentTimeMillis) }
        BackHandler(enabled = (stage as? Stage.Main)?.let { it.pane != null || it.verifying != null } == true) { presenter.back() }
        QrocTheme(strings, times, brand, looks.appearance) {
            AppView(stage, brand.name, presenter::on, Modifier.safeDrawingPadding())
        }
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        setIntent(intent)
        take(intent)
    }

    /** A touch on a notification, or what another app shares. */
    private fun take(intent: Intent) {
        intent.getStringExtra(Channels.ROOM)?.let { app.presenter.goTo(it) }
        if (intent.action != Intent.ACTION_SEND && intent.action != Intent.ACTION_SEND_MULTIPLE) return
        scope.launch {
            val limit = app.surroundings.largestFile()
            val brought = withContext(Dispatchers.IO) { Incoming.read(this@MainActivity, intent, app.passing(), limit) }
            when (brought) {
                is Incoming.Text -> app.presenter.bring(Brought(brought.text))
                is Incoming.Files -> app.presenter.bring(Brought(brought.text, brought.files.map(app.surroundings::keep)))
                is Incoming.Refused -> refuse(brought.reason)
            }
        }
    }

    private fun refuse(reason: Incoming.Reason) {
        val text =
            when (reason) {
                Incoming.Reason.TOO_LARGE -> R.string.incoming_too_large
                Incoming.Reason.UNREADABLE, Incoming.Reason.NOTHING -> R.string.incoming_unreadable
                Incoming.Reason.TOO_MANY -> R.string.incoming_too_many
            }
        Toast.makeText(this, text, Toast.LENGTH_LONG).show()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        SealedState.seal(app.presenter.whereabouts())?.let { outState.putByteArray(STATE, it) }
    }

    override fun onStart() {
        super.onStart()
        app.shown()
    }

    override fun onResume() {
        super.onResume()
        app.surroundings.front = this
        app.duty.attended.value = true
    }

    override fun onPause() {
        app.duty.attended.value = false
        super.onPause()
    }

    override fun onStop() {
        app.hidden()
        super.onStop()
    }

    override fun onDestroy() {
        if (app.surroundings.front === this) app.surroundings.front = null
        scope.cancel()
        super.onDestroy()
    }

    @Deprecated("androidx has another way, which is not needed for two answers")
    override fun onActivityResult(
        requestCode: Int,
        resultCode: Int,
        data: Intent?,
    ) {
        @Suppress("DEPRECATION")
        super.onActivityResult(requestCode, resultCode, data)
        app.surroundings.answers.result(requestCode, resultCode, data)
    }

    override fun onRequestPermissionsResult(
        requestCode: Int,
        permissions: Array<String>,
        grantResults: IntArray,
    ) {
        super.onRequestPermissionsResult(requestCode, permissions, grantResults)
        app.surroundings.answers.result(requestCode, if (grantResults.any { it == 0 }) RESULT_OK else RESULT_CANCELED, null)
    }

    private companion object {
        const val STATE = "eu.qroc.state"
        val brand = Branding("QROC")
    }
}

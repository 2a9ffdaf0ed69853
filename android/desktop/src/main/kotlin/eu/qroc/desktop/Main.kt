package eu.qroc.desktop

import androidx.compose.foundation.ExperimentalFoundationApi
import androidx.compose.foundation.draganddrop.dragAndDropTarget
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.Modifier
import androidx.compose.ui.draganddrop.DragAndDropEvent
import androidx.compose.ui.draganddrop.DragAndDropTarget
import androidx.compose.ui.draganddrop.DragData
import androidx.compose.ui.draganddrop.dragData
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEvent
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.isCtrlPressed
import androidx.compose.ui.input.key.isMetaPressed
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.type
import androidx.compose.ui.unit.DpSize
import androidx.compose.ui.unit.dp
import androidx.compose.ui.window.ApplicationScope
import androidx.compose.ui.window.Window
import androidx.compose.ui.window.application
import androidx.compose.ui.window.rememberWindowState
import eu.qroc.bridge.Client
import eu.qroc.ui.StringsEn
import eu.qroc.ui.format.Times
import eu.qroc.ui.shell.AppPresenter
import eu.qroc.ui.shell.AppView
import eu.qroc.ui.shell.Looks
import eu.qroc.ui.theme.Branding
import eu.qroc.ui.theme.QrocTheme
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import java.awt.Dimension
import java.awt.Frame
import java.awt.event.WindowAdapter
import java.awt.event.WindowEvent
import java.net.URI
import java.nio.file.FileSystemNotFoundException
import java.nio.file.Path
import java.time.ZoneId
import kotlin.system.exitProcess

private val brand = Branding("QROC")

/** Opens the window. `--profile DIR` chooses another profile than this user's own. */
fun main(arguments: Array<String>) {
    val profile = profile(arguments.toList()) ?: usage()
    var front: () -> Unit = {}
    val instance = SingleInstance.take(profile.toAbsolutePath()) { front() } ?: return
    Client.init()
    var frame: Frame? = null
    var texts = { StringsEn as eu.qroc.ui.Strings }
    val surroundings = DesktopSurroundings(Places.settings(), { texts() }, { frame })
    val looks = Looks(surroundings)
    texts = { looks.strings.value }
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    val presenter = AppPresenter(scope, profile, surroundings, looks)
    application(exitProcessOnExit = false) {
        MainWindow(presenter, scope) { window ->
            frame = window
            watch(window, surroundings)
            front = { java.awt.EventQueue.invokeLater { raise(window) } }
        }
    }
    instance.close()
    exitProcess(0)
}

private fun profile(arguments: List<String>): Path? =
    when {
        arguments.isEmpty() -> Places.profile()
        arguments.size == 2 && arguments[0] == "--profile" -> Path.of(arguments[1])
        else -> null
    }

private fun usage(): Nothing {
    System.err.println("usage: qroc-desktop [--profile DIR]")
    exitProcess(2)
}

/** What comes while the window is behind others, or small, is not seen. */
private fun watch(
    frame: Frame,
    surroundings: DesktopSurroundings,
) {
    surroundings.attended.value = frame.isFocused
    val listener =
        object : WindowAdapter() {
            override fun windowGainedFocus(event: WindowEvent) {
                surroundings.attended.value = true
            }

            override fun windowLostFocus(event: WindowEvent) {
                surroundings.attended.value = false
            }
        }
    frame.addWindowFocusListener(listener)
}

private fun raise(frame: Frame) {
    frame.extendedState = frame.extendedState and Frame.ICONIFIED.inv()
    frame.toFront()
    frame.requestFocus()
}

@OptIn(ExperimentalFoundationApi::class)
@Composable
private fun ApplicationScope.MainWindow(
    presenter: AppPresenter,
    scope: CoroutineScope,
    opened: (Frame) -> Unit,
) {
    val size = rememberWindowState(size = DpSize(1100.dp, 760.dp))
    val close: () -> Unit = {
        scope.launch {
            presenter.end()
            exitApplication()
        }
    }
    Window(close, size, title = brand.name, onPreviewKeyEvent = { keys(presenter, it, close) }) {
        LaunchedEffect(Unit) {
            window.minimumSize = Dimension(360, 480)
            opened(window)
            presenter.start()
        }
        val stage by presenter.state.collectAsState()
        val looks by presenter.looks.state.collectAsState()
        val strings by presenter.looks.strings.collectAsState()
        val times = remember(strings) { Times(strings, ZoneId.systemDefault(), System::currentTimeMillis) }
        val target = remember { FileTarget(presenter) }
        QrocTheme(strings, times, brand, looks.appearance) {
            AppView(
                stage,
                brand.name,
                presenter::on,
                Modifier.dragAndDropTarget({ true }, target),
            )
        }
    }
}

/** Ctrl+K jumps to anything, Escape goes one step back, Ctrl+Q ends. */
private fun keys(
    presenter: AppPresenter,
    event: KeyEvent,
    close: () -> Unit,
): Boolean {
    if (event.type != KeyEventType.KeyDown) return false
    val command = event.isCtrlPressed || event.isMetaPressed
    when {
        command && event.key == Key.K -> presenter.jump()
        command && event.key == Key.Q -> close()
        event.key == Key.Escape -> presenter.back()
        else -> return false
    }
    return true
}

/** Takes files that are dropped onto the window. */
@OptIn(ExperimentalComposeUiApi::class)
private class FileTarget(
    private val presenter: AppPresenter,
) : DragAndDropTarget {
    override fun onDrop(event: DragAndDropEvent): Boolean {
        val data = event.dragData() as? DragData.FilesList ?: return false
        val files = data.readFiles().mapNotNull(::path)
        if (files.isEmpty()) return false
        presenter.drop(files)
        return true
    }
}

/** The path of a dropped file; nothing for what is on no disk here. */
internal fun path(uri: String): Path? =
    try {
        Path.of(URI(uri))
    } catch (_: IllegalArgumentException) {
        null
    } catch (_: java.net.URISyntaxException) {
        null
    } catch (_: FileSystemNotFoundException) {
        null
    }

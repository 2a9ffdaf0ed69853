package eu.qroc.ui.core

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import eu.qroc.bridge.Fix
import eu.qroc.ui.shell.Loudspeaker
import eu.qroc.ui.shell.Microphone
import eu.qroc.ui.shell.PositionSharing
import eu.qroc.ui.shell.Surroundings
import kotlinx.coroutines.flow.MutableStateFlow
import org.jetbrains.skia.Image
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant

/** A receiver that is at pier four; a sharing that another part of the program would do. */
internal class Receiver : PositionSharing {
    override val running = MutableStateFlow(emptyMap<String, Long?>())
    override val ended = MutableStateFlow<PositionSharing.Ended?>(null)
    var allowed = true
    var fix: Fix? = Fix(38.7071, -9.1355, Instant.now(), 12.0)

    override suspend fun start(
        roomId: String,
        roomName: String,
        minutes: Int,
    ): Boolean {
        if (allowed) running.value = mapOf(roomId to System.currentTimeMillis() + minutes * 60_000L)
        return allowed
    }

    override fun stop(roomId: String) {
        running.value = emptyMap()
        ended.value = PositionSharing.Ended(roomId, PositionSharing.Why.OVER)
    }

    override suspend fun here() = fix
}

/** A desk with a screen: dialogs answer what the story says. */
internal class Desk(
    override val sharing: Receiver? = null,
) : Surroundings {
    var choice: Path? = null
    var target: Path? = null
    var copied: String? = null
    override var microphone: Microphone? = null
    override var loudspeaker: Loudspeaker? = null
    private var settings = mapOf("language" to "en", "appearance" to "light")
    override val deviceName = "desk"
    override val version = "0.1.0"

    override val attended = MutableStateFlow(true)

    /** What was told beside the window. */
    val calls = mutableListOf<Boolean>()

    override suspend fun asked(waits: Boolean) {
        calls += waits
    }

    override fun now() = System.currentTimeMillis()

    override suspend fun chooseFile(photo: Boolean) = choice

    override suspend fun save(
        name: String,
        fetch: suspend (Path) -> Unit,
    ): String? =
        target?.let {
            fetch(it)
            "$it"
        }

    override suspend fun decode(file: Path): ImageBitmap? = decode(Files.readAllBytes(file))

    override suspend fun decode(bytes: ByteArray): ImageBitmap? =
        runCatching { Image.makeFromEncoded(bytes).toComposeImageBitmap() }.getOrNull()

    override fun copy(text: String) {
        copied = text
    }

    override fun loadSettings() = settings

    override fun saveSettings(settings: Map<String, String>) {
        this.settings = settings
    }
}

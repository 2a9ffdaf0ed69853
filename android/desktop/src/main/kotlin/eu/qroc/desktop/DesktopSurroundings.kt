package eu.qroc.desktop

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.Surroundings
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.withContext
import org.jetbrains.skia.Image
import org.jetbrains.skia.Rect
import org.jetbrains.skia.Surface
import java.awt.FileDialog
import java.awt.Frame
import java.awt.Toolkit
import java.awt.datatransfer.StringSelection
import java.io.IOException
import java.net.InetAddress
import java.nio.file.Files
import java.nio.file.Path
import java.util.Properties
import kotlin.math.max
import kotlin.math.roundToInt

/** What a desktop does for the screens: dialogs, clipboard, pictures, settings. */
class DesktopSurroundings(
    private val settingsFile: Path,
    private val strings: () -> Strings,
    private val window: () -> Frame?,
) : Surroundings {
    override val deviceName: String =
        try {
            InetAddress.getLocalHost().hostName
        } catch (_: IOException) {
            System.getProperty("os.name")
        }

    override val version: String = DesktopSurroundings::class.java.`package`.implementationVersion ?: VERSION

    override val attended = MutableStateFlow(true)

    override val microphone = DesktopMicrophone()

    override val loudspeaker = DesktopLoudspeaker()

    override fun now(): Long = System.currentTimeMillis()

    override suspend fun chooseFile(photo: Boolean): Path? =
        dialog(if (photo) strings().choosePhoto else strings().chooseFile, FileDialog.LOAD, null) { dialog ->
            if (photo) dialog.setFilenameFilter { _, name -> PHOTO.matches(name.lowercase()) }
        }

    override suspend fun save(
        name: String,
        fetch: suspend (Path) -> Unit,
    ): String? {
        val to = dialog(strings().chooseFolder, FileDialog.SAVE, name) {} ?: return null
        fetch(to)
        return "$to"
    }

    /** Blocks its own thread while it is open; the window goes on. */
    private suspend fun dialog(
        title: String,
        mode: Int,
        name: String?,
        prepare: (FileDialog) -> Unit,
    ): Path? =
        withContext(Dispatchers.IO) {
            val dialog = FileDialog(window(), title, mode)
            try {
                name?.let { dialog.file = it }
                prepare(dialog)
                dialog.isVisible = true
                dialog.file?.let { Path.of(dialog.directory, it) }
            } finally {
                dialog.dispose()
            }
        }

    override suspend fun decode(file: Path): ImageBitmap? {
        val bytes =
            withContext(Dispatchers.IO) {
                try {
                    if (Files.size(file) > LARGEST) null else Files.readAllBytes(file)
                } catch (_: IOException) {
                    null
                }
            }
        return bytes?.let { decode(it) }
    }

    override suspend fun decode(bytes: ByteArray): ImageBitmap? =
        withContext(Dispatchers.Default) {
            try {
                small(bytes)
            } catch (_: IllegalArgumentException) {
                // Skia's word for no picture.
                null
            }
        }

    /** A picture of a camera is ten times larger than what is looked at. */
    private fun small(bytes: ByteArray): ImageBitmap? =
        Image.makeFromEncoded(bytes).use { image ->
            val scale = EDGE / max(image.width, image.height).toFloat()
            if (scale >= 1f) return image.toComposeImageBitmap()
            val width = max(1, (image.width * scale).roundToInt())
            val height = max(1, (image.height * scale).roundToInt())
            Surface.makeRasterN32Premul(width, height).use { surface ->
                surface.canvas.drawImageRect(image, Rect.makeWH(width.toFloat(), height.toFloat()))
                surface.makeImageSnapshot().use { it.toComposeImageBitmap() }
            }
        }

    private val caller by lazy { Caller(strings) { window() } }

    override suspend fun asked(waits: Boolean) = caller.call(waits)

    override fun copy(text: String) {
        Toolkit.getDefaultToolkit().systemClipboard.setContents(StringSelection(text), null)
    }

    override fun loadSettings(): Map<String, String> =
        try {
            val properties = Properties()
            if (Files.exists(settingsFile)) Files.newBufferedReader(settingsFile).use { properties.load(it) }
            properties.stringPropertyNames().associateWith { properties.getProperty(it) }
        } catch (_: IOException) {
            emptyMap()
        } catch (_: IllegalArgumentException) {
            // Not what this program wrote.
            emptyMap()
        }

    override fun saveSettings(settings: Map<String, String>) {
        try {
            Files.createDirectories(settingsFile.parent)
            val properties = Properties().apply { putAll(settings) }
            Files.newBufferedWriter(settingsFile).use { properties.store(it, null) }
        } catch (_: IOException) {
            // The looks are then forgotten; nothing else is.
        }
    }

    private companion object {
        const val VERSION = "0.1.0"

        /** Pixels of the longer edge. */
        const val EDGE = 1600

        /** Bytes of a file that is still looked at. */
        const val LARGEST = 64L * 1024 * 1024
        val PHOTO = Regex(".*\\.(jpe?g|png|webp|gif|bmp|tiff?)")
    }
}

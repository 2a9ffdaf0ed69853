package eu.qroc.ui.shell

import androidx.compose.ui.graphics.ImageBitmap
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import java.nio.file.Path

/** What the platform does for the screens. Each call may take its time; nothing of it is a rule. */
interface Surroundings {
    companion object {
        private val FREE: StateFlow<Boolean> = MutableStateFlow(false)
    }

    /** What this device is called in the list of devices. */
    val deviceName: String

    /** What runs, as in `0.1.0`. */
    val version: String

    /** Whether the officer is looking: what comes meanwhile counts as seen. */
    val attended: StateFlow<Boolean>

    /** The time, in milliseconds since 1970. */
    fun now(): Long

    /** Lets the officer choose a file; nothing where they did not. */
    suspend fun chooseFile(photo: Boolean): Path?

    /**
     * Lets the officer choose where a file called [name] goes, and has it fetched to a path there; says where it is then, or
     * nothing where they did not choose.
     */
    suspend fun save(
        name: String,
        fetch: suspend (Path) -> Unit,
    ): String?

    /** Reads the picture in a file that was chosen here, made no larger than a screen; nothing where it is none. */
    suspend fun decode(file: Path): ImageBitmap?

    /** Reads a picture from memory, made no larger than a screen; nothing where it is none. Puts nothing on the disk. */
    suspend fun decode(bytes: ByteArray): ImageBitmap?

    /** A file that [chooseFile], [takePhoto] or another app gave is not needed any more. */
    fun release(file: Path) = Unit

    /** Whether there is a camera to take photos with. */
    val hasCamera: Boolean get() = false

    /** Lets the officer take a photo; nothing where they did not. */
    suspend fun takePhoto(): Path? = null

    /** Whether what is fetched costs by volume. */
    val metered: StateFlow<Boolean> get() = FREE

    /** Where this device is; nothing where it has no receiver. */
    val sharing: PositionSharing? get() = null

    /**
     * Says, beside a window that nobody looks at, that somebody asks the officer for something that is no message; or takes
     * that away. Nothing of who and what is in it.
     */
    suspend fun asked(waits: Boolean) = Unit

    /** What hears the officer; nothing where there is no microphone. */
    val microphone: Microphone? get() = null

    /** What the officer hears; nothing where there is no loudspeaker. */
    val loudspeaker: Loudspeaker? get() = null

    /** Puts text on the clipboard. */
    fun copy(text: String)

    /** Settings of the looks; nothing of it is secret. */
    fun loadSettings(): Map<String, String>

    /** Keeps them. */
    fun saveSettings(settings: Map<String, String>)
}

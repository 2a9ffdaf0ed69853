package eu.qroc.ui.shell

import androidx.compose.ui.graphics.ImageBitmap
import kotlinx.coroutines.flow.StateFlow
import java.nio.file.Path

/** What the platform does for the screens. Each call may take its time; nothing of it is a rule. */
interface Surroundings {
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

    /** Lets the officer choose where a file goes; nothing where they did not. */
    suspend fun chooseTarget(name: String): Path?

    /** A folder in memory, readable by this user only, where a file may be opened for a moment; nothing without one. */
    fun memory(): Path?

    /** Reads a picture, made no larger than a screen; nothing where it is none. */
    suspend fun decode(file: Path): ImageBitmap?

    /** Puts text on the clipboard. */
    fun copy(text: String)

    /** Settings of the looks; nothing of it is secret. */
    fun loadSettings(): Map<String, String>

    /** Keeps them. */
    fun saveSettings(settings: Map<String, String>)
}

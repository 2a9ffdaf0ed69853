package eu.qroc.app

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.ImageDecoder
import android.os.Build
import android.provider.DocumentsContract
import android.provider.MediaStore
import android.provider.Settings.Global
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import eu.qroc.platform.Duty
import eu.qroc.platform.GuardedClipboard
import eu.qroc.platform.Incoming
import eu.qroc.platform.Links
import eu.qroc.platform.MemoryFile
import eu.qroc.platform.PassingFiles
import eu.qroc.ui.shell.Surroundings
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.ConcurrentHashMap
import kotlin.math.max

/** What a phone does for the screens: pickers, camera, pictures, clipboard, settings. Contents pass through memory alone. */
internal class PhoneSurroundings(
    private val app: QrocApplication,
    private val duty: Duty,
    private val links: Links,
    private val settings: Settings,
    private val passing: Path,
) : Surroundings {
    /** The activity that the officer looks at. */
    @Volatile
    var front: Activity? = null
    val answers = Answers { front }
    val permissions = Permissions(app, answers, settings)
    override val sharing = PhoneSharing(app, permissions, duty.scope)
    private val clipboard = GuardedClipboard(app) { duty.client.value }
    private val files = ConcurrentHashMap<Path, MemoryFile>()

    override val deviceName: String
        get() = Global.getString(app.contentResolver, Global.DEVICE_NAME) ?: "${Build.MANUFACTURER} ${Build.MODEL}"

    override val version: String get() = app.packageManager.getPackageInfo(app.packageName, 0).versionName.orEmpty()

    override val attended: StateFlow<Boolean> get() = duty.attended

    override val metered: StateFlow<Boolean> get() = links.metered

    override fun now(): Long = System.currentTimeMillis()

    override suspend fun chooseFile(photo: Boolean): Path? {
        val ask =
            when {
                !photo -> Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*")
                Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU -> Intent(MediaStore.ACTION_PICK_IMAGES)
                else -> Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*")
            }
        val uri = answers.ask(ask)?.data ?: return null
        val sent = Intent(Intent.ACTION_SEND).putExtra(Intent.EXTRA_STREAM, uri)
        val limit = largestFile()
        return when (val read = withContext(Dispatchers.IO) { Incoming.read(app, sent, passing, limit) }) {
            is Incoming.Files -> keep(read.files.single())
            // A path that is no file: the screen says that it cannot be read.
            else -> passing.resolve("none")
        }
    }

    override val hasCamera: Boolean
        get() = Intent(MediaStore.ACTION_IMAGE_CAPTURE).resolveActivity(app.packageManager) != null

    override suspend fun takePhoto(): Path? {
        val memory =
            try {
                withContext(Dispatchers.IO) { MemoryFile.make(passing, "photo.jpg") }
            } catch (_: IOException) {
                return passing.resolve("none")
            }
        val (intent, uri) = PassingFiles.camera(app, memory)
        if (answers.ask(intent) == null) {
            PassingFiles.withdraw(uri)
            return null
        }
        return PassingFiles.take(uri)?.let(::keep)
    }

    override suspend fun save(
        name: String,
        fetch: suspend (Path) -> Unit,
    ): String? {
        val ask = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*").putExtra(Intent.EXTRA_TITLE, name)
        val uri = answers.ask(ask)?.data ?: return null
        // What policy lets leave the app lies here in plain until it is where the officer wants it.
        val folder = withContext(Dispatchers.IO) { Files.createTempDirectory(Files.createDirectories(passing), "s") }
        val file = folder.resolve("file")
        var whole = false
        try {
            fetch(file)
            withContext(Dispatchers.IO) {
                app.contentResolver.openOutputStream(uri, "wt")?.use { Files.copy(file, it) } ?: throw IOException("no such place")
            }
            whole = true
            return name
        } finally {
            withContext(NonCancellable + Dispatchers.IO) {
                folder.toFile().deleteRecursively()
                // Half a file is worse than none.
                if (!whole) runCatching { DocumentsContract.deleteDocument(app.contentResolver, uri) }
            }
        }
    }

    /** A file in memory that the screens use until they release it. */
    fun keep(file: MemoryFile): Path = file.path.also { files[it] = file }

    override fun release(file: Path) {
        files.remove(file)?.close()
    }

    /** Bytes that policy lets anybody send at once; memory holds no more at a time. */
    suspend fun largestFile(): Long {
        val key =
            try {
                duty.client.value?.policy()?.firstOrNull { it.key == "share.max_upload_mb" }
            } catch (_: QrocException) {
                null
            }
        val megabytes = (key?.value as? PolicyValue.Number)?.number ?: MEGABYTES
        return minOf(megabytes, LARGEST_MEGABYTES) * MEGA
    }

    override suspend fun decode(file: Path): ImageBitmap? = small(ImageDecoder.createSource(file.toFile()))

    override suspend fun decode(bytes: ByteArray): ImageBitmap? = small(ImageDecoder.createSource(ByteBuffer.wrap(bytes)))

    /** A picture of a camera is ten times larger than what is looked at. */
    private suspend fun small(source: ImageDecoder.Source): ImageBitmap? =
        withContext(Dispatchers.IO) {
            try {
                val bitmap: Bitmap =
                    ImageDecoder.decodeBitmap(source) { decoder, info, _ ->
                        decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
                        val longer = max(info.size.width, info.size.height)
                        if (longer > EDGE) decoder.setTargetSampleSize((longer + EDGE - 1) / EDGE)
                    }
                bitmap.asImageBitmap()
            } catch (_: IOException) {
                // No picture.
                null
            }
        }

    override suspend fun asked(waits: Boolean) = app.announcer.asked(duty.client.value, waits)

    override fun copy(text: String) {
        clipboard.copy(text)
    }

    override fun loadSettings(): Map<String, String> = settings.looks()

    override fun saveSettings(settings: Map<String, String>) = this.settings.looks(settings)

    private companion object {
        const val MEGABYTES = 100L
        const val LARGEST_MEGABYTES = 256L
        const val MEGA = 1_000_000L

        /** Pixels of the longer edge. */
        const val EDGE = 1600
    }
}

package eu.qroc.platform

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.CancellationSignal
import android.os.ParcelFileDescriptor
import android.os.SystemClock
import android.provider.MediaStore
import android.provider.OpenableColumns
import java.io.FileNotFoundException
import java.security.SecureRandom
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.minutes

/**
 * Files in memory that pass between this app and another one that an officer chose: the camera writes a photo into one, a
 * viewer reads one. Not exported: another app reaches only the one address that it was handed, for ten minutes.
 */
class PassingFiles : ContentProvider() {
    override fun onCreate(): Boolean = true

    override fun openFile(
        uri: Uri,
        mode: String,
    ): ParcelFileDescriptor {
        val file = find(uri) ?: throw FileNotFoundException()
        if (!file.writable && mode != "r") throw FileNotFoundException("read only")
        return file.memory.open(mode)
    }

    override fun openFile(
        uri: Uri,
        mode: String,
        signal: CancellationSignal?,
    ): ParcelFileDescriptor = openFile(uri, mode)

    override fun getType(uri: Uri): String? = find(uri)?.mime

    override fun query(
        uri: Uri,
        projection: Array<out String>?,
        selection: String?,
        selectionArgs: Array<out String>?,
        sortOrder: String?,
    ): Cursor? {
        val file = find(uri) ?: return null
        val columns = projection ?: arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        return MatrixCursor(columns, 1).apply {
            addRow(
                columns.map {
                    when (it) {
                        OpenableColumns.DISPLAY_NAME -> file.memory.path.fileName.toString()
                        OpenableColumns.SIZE -> file.memory.bytes
                        else -> null
                    }
                },
            )
        }
    }

    override fun insert(
        uri: Uri,
        values: ContentValues?,
    ): Uri? = null

    override fun delete(
        uri: Uri,
        selection: String?,
        selectionArgs: Array<out String>?,
    ): Int = 0

    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<out String>?,
    ): Int = 0

    private class Passing(
        val memory: MemoryFile,
        val mime: String,
        val writable: Boolean,
        val until: Long,
    )

    companion object {
        private val passing = ConcurrentHashMap<String, Passing>()
        private val VALID = 10.minutes.inWholeMilliseconds
        private const val TOKEN_BYTES = 16

        private fun find(uri: Uri): Passing? {
            drop()
            return uri.pathSegments.singleOrNull()?.let { passing[it] }
        }

        /** Frees what nobody may read any more. */
        private fun drop() {
            val now = SystemClock.elapsedRealtime()
            passing.entries.removeIf { (_, file) -> (file.until < now).also { if (it) file.memory.close() } }
        }

        private fun offer(
            context: Context,
            memory: MemoryFile,
            mime: String,
            writable: Boolean,
        ): Uri {
            drop()
            val token = ByteArray(TOKEN_BYTES).also(SecureRandom()::nextBytes).joinToString("") { "%02x".format(it) }
            passing[token] = Passing(memory, mime, writable, SystemClock.elapsedRealtime() + VALID)
            return Uri.parse("content://${authority(context)}/$token")
        }

        private fun authority(context: Context) = "${context.packageName}.passing"

        /** Ends what [offer] began: the memory is freed. */
        fun withdraw(uri: Uri) {
            uri.pathSegments.singleOrNull()?.let { passing.remove(it) }?.memory?.close()
        }

        /** Takes the file back from another app, which wrote it: the caller closes it now. */
        fun take(uri: Uri): MemoryFile? = uri.pathSegments.singleOrNull()?.let { passing.remove(it) }?.memory

        /** Asks the camera for a photo, which it writes into [into]: the intent, and the address to [take] it from. */
        fun camera(
            context: Context,
            into: MemoryFile,
        ): Pair<Intent, Uri> {
            val uri = offer(context, into, "image/jpeg", writable = true)
            val intent =
                Intent(MediaStore.ACTION_IMAGE_CAPTURE)
                    .putExtra(MediaStore.EXTRA_OUTPUT, uri)
                    .addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION)
            intent.clipData = android.content.ClipData.newRawUri("", uri)
            return intent to uri
        }

        /** Hands [file] to the app that the officer chooses, for reading; policy was asked by the caller. */
        fun hand(
            context: Context,
            file: MemoryFile,
            mime: String,
            view: Boolean,
        ): Intent {
            val uri = offer(context, file, mime, writable = false)
            val intent =
                if (view) {
                    Intent(Intent.ACTION_VIEW).setDataAndType(uri, mime)
                } else {
                    Intent(Intent.ACTION_SEND).setType(mime).putExtra(Intent.EXTRA_STREAM, uri)
                }
            intent.clipData = android.content.ClipData.newRawUri("", uri)
            intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
            return Intent.createChooser(intent, null).addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        }
    }
}

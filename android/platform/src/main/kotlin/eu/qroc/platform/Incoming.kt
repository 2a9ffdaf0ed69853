package eu.qroc.platform

import android.content.ContentResolver
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.provider.OpenableColumns
import java.io.IOException
import java.nio.file.Path

/** What another app shares with this one. */
sealed interface Incoming {
    /** A text. */
    data class Text(
        val text: String,
    ) : Incoming

    /** Files, in memory; whoever has them closes them. */
    data class Files(
        val files: List<MemoryFile>,
        val text: String?,
    ) : Incoming

    /** It cannot be taken. */
    data class Refused(
        val reason: Reason,
    ) : Incoming

    enum class Reason { TOO_LARGE, UNREADABLE, TOO_MANY, NOTHING }

    companion object {
        /**
         * Reads what [intent] brings, [limit] bytes at most, into memory where the system lets it. Only what another app serves is read: a path, or an address of our
         * own, could be a file of ours that somebody else wants sent.
         */
        fun read(
            context: Context,
            intent: Intent,
            folder: Path,
            limit: Long,
        ): Incoming {
            val text = intent.getCharSequenceExtra(Intent.EXTRA_TEXT)?.toString()?.takeIf { it.isNotBlank() }
            val uris = uris(intent)
            if (uris.isEmpty()) return if (text == null) Refused(Reason.NOTHING) else Text(text.take(LONGEST_TEXT))
            if (uris.size > MOST) return Refused(Reason.TOO_MANY)
            val files = mutableListOf<MemoryFile>()
            var left = limit
            for (uri in uris) {
                val taken = if (foreign(context, uri)) take(context, uri, folder, left) else Taken.Not(Reason.UNREADABLE)
                when (taken) {
                    is Taken.Not -> {
                        files.forEach { it.close() }
                        return Refused(taken.reason)
                    }
                    is Taken.Whole -> {
                        left -= taken.file.bytes
                        files += taken.file
                    }
                }
            }
            return Files(files, text)
        }

        private fun foreign(
            context: Context,
            uri: Uri,
        ): Boolean {
            if (uri.scheme != ContentResolver.SCHEME_CONTENT) return false
            // "0@authority" is the same authority, named with its user.
            val authority = uri.authority?.substringAfterLast('@') ?: return false
            val provider = context.packageManager.resolveContentProvider(authority, 0)
            return provider?.packageName != context.packageName
        }

        private sealed interface Taken {
            class Whole(
                val file: MemoryFile,
            ) : Taken

            class Not(
                val reason: Reason,
            ) : Taken
        }

        private fun take(
            context: Context,
            uri: Uri,
            folder: Path,
            limit: Long,
        ): Taken {
            var file: MemoryFile? = null
            var reason = Reason.UNREADABLE
            try {
                val made = MemoryFile.make(folder, name(context, uri), disk = true).also { file = it }
                context.contentResolver.openInputStream(uri)?.use { from ->
                    val whole = made.output().use { to -> copy(from, to, limit) }
                    if (whole) return Taken.Whole(made)
                    reason = Reason.TOO_LARGE
                }
            } catch (_: IOException) {
                // Not there, or it stopped.
            } catch (_: SecurityException) {
                // Not shared with us.
            } catch (_: RuntimeException) {
                // Whatever the other app throws comes here.
            }
            file?.close()
            return Taken.Not(reason)
        }

        private fun copy(
            from: java.io.InputStream,
            to: java.io.OutputStream,
            limit: Long,
        ): Boolean {
            val buffer = ByteArray(BUFFER)
            var left = limit
            while (true) {
                val count = from.read(buffer)
                if (count < 0) return true
                left -= count
                if (left < 0) return false
                to.write(buffer, 0, count)
            }
        }

        private fun name(
            context: Context,
            uri: Uri,
        ): String {
            val told =
                context.contentResolver.query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { rows ->
                    if (rows.moveToFirst() && !rows.isNull(0)) rows.getString(0) else null
                }
            return told ?: uri.lastPathSegment ?: "file"
        }

        private fun uris(intent: Intent): List<Uri> =
            when (intent.action) {
                Intent.ACTION_SEND ->
                    listOfNotNull(
                        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
                            intent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java)
                        } else {
                            @Suppress("DEPRECATION")
                            intent.getParcelableExtra(Intent.EXTRA_STREAM) as? Uri
                        },
                    )
                Intent.ACTION_SEND_MULTIPLE ->
                    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
                        intent.getParcelableArrayListExtra(Intent.EXTRA_STREAM, Uri::class.java).orEmpty()
                    } else {
                        @Suppress("DEPRECATION")
                        intent.getParcelableArrayListExtra<Uri>(Intent.EXTRA_STREAM).orEmpty()
                    }
                else -> emptyList()
            }

        private const val MOST = 20
        private const val LONGEST_TEXT = 60_000
        private const val BUFFER = 64 * 1024
    }
}

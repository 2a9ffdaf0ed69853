package eu.qroc.platform

import android.os.ParcelFileDescriptor
import android.system.ErrnoException
import android.system.Os
import java.io.FileDescriptor
import java.io.FileInputStream
import java.io.FileOutputStream
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID

/**
 * A file that is in memory and on no disk, for contents on their way into the app or out of it. Its [path] is valid in this
 * process until it is closed.
 */
class MemoryFile private constructor(
    /** Nothing where it lies on the disk. */
    private val memory: FileDescriptor?,
    private val folder: Path,
    /** Where the core reads it, under the name that it is sent with. */
    val path: Path,
) : AutoCloseable {
    /** Its length. */
    val bytes: Long get() = Files.size(path)

    /** Writes from its beginning. */
    fun output(): OutputStream = FileOutputStream(path.toFile())

    /** Reads from its beginning. */
    fun input(): InputStream = FileInputStream(path.toFile())

    /** A descriptor of it for another process: for reading, or for writing, too. */
    fun open(mode: String): ParcelFileDescriptor = ParcelFileDescriptor.open(path.toFile(), ParcelFileDescriptor.parseMode(mode))

    /** Frees the memory. */
    override fun close() {
        Files.deleteIfExists(path)
        Files.deleteIfExists(folder)
        memory?.let(::free)
    }

    companion object {
        /**
         * Makes an empty one. A link to it stands in a folder of its own below [folder], since what is sent is called as its
         * path is: the name, and nothing else, is on the disk until it is closed. Where the system does not let memory be
         * opened by a path, and [disk] says so, it is a private file there instead, removed when it is closed: only for what
         * lies on this device already.
         *
         * @throws IOException where there is no memory, or no room for the link.
         */
        fun make(
            folder: Path,
            name: String,
            disk: Boolean = false,
        ): MemoryFile {
            val own = Files.createTempDirectory(Files.createDirectories(folder), "m")
            val path = own.resolve(safe(name))
            return try {
                inMemory(own, path)
            } catch (error: IOException) {
                Files.deleteIfExists(path)
                if (!disk) {
                    Files.deleteIfExists(own)
                    throw error
                }
                MemoryFile(null, own, Files.createFile(path))
            }
        }

        private fun inMemory(
            folder: Path,
            path: Path,
        ): MemoryFile {
            val mark = UUID.randomUUID().toString()
            val memory =
                try {
                    Os.memfd_create(mark, 0)
                } catch (error: ErrnoException) {
                    throw IOException("no file in memory", error)
                }
            try {
                Files.createSymbolicLink(path, named(mark))
                // Not every system lets it be opened again.
                FileInputStream(path.toFile()).close()
                return MemoryFile(memory, folder, path)
            } catch (error: IOException) {
                free(memory)
                throw error
            }
        }

        /** The kernel's own path of the memory that was made under this mark: Java does not tell the descriptor's number. */
        private fun named(mark: String): Path =
            Files.list(Path.of("/proc/self/fd")).use { all ->
                all.filter { runCatching { mark in "${Files.readSymbolicLink(it)}" }.getOrDefault(false) }.findFirst()
            }.orElseThrow { IOException("memory without a path") }

        private fun free(memory: FileDescriptor) {
            try {
                Os.close(memory)
            } catch (_: ErrnoException) {
                // It is gone.
            }
        }

        /** Removes what an earlier process has left; what links led to is gone with it. */
        fun clear(folder: Path) {
            folder.toFile().deleteRecursively()
        }

        /** A name that another app chose, made fit to be a file's name. */
        internal fun safe(name: String): String {
            val last = name.replace('\\', '/').substringAfterLast('/').filterNot { it.isISOControl() }
            return last.trimStart('.').trim().take(LONGEST).ifEmpty { "file" }
        }

        private const val LONGEST = 120
    }
}

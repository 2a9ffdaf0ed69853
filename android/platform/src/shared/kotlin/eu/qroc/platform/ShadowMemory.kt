package eu.qroc.platform

import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import java.io.File
import java.io.FileDescriptor
import java.io.RandomAccessFile

/** Linux' own call, which Java has not: a file in memory that has no name any more. */
@Implements(Os::class)
class ShadowMemory {
    companion object {
        /** A kernel without it. */
        @Volatile var missing = false

        private val open = mutableMapOf<FileDescriptor, RandomAccessFile>()

        /** What was not freed. */
        val left get() = synchronized(open) { open.size }

        @JvmStatic
        @Implementation
        @Suppress("ktlint:standard:function-naming", "UnusedParameter")
        fun memfd_create(
            name: String,
            flags: Int,
        ): FileDescriptor {
            if (missing) throw ErrnoException("memfd_create", OsConstants.ENOSYS)
            val file = File("/dev/shm", name)
            val access = RandomAccessFile(file, "rw")
            file.delete()
            return access.fd.also { synchronized(open) { open[it] = access } }
        }

        @JvmStatic
        @Implementation
        fun close(descriptor: FileDescriptor) {
            synchronized(open) { open.remove(descriptor) }?.close()
        }
    }
}

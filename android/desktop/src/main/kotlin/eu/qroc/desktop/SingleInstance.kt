package eu.qroc.desktop

import java.io.IOException
import java.net.StandardProtocolFamily
import java.net.UnixDomainSocketAddress
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.channels.FileLock
import java.nio.channels.OverlappingFileLockException
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.WRITE
import kotlin.concurrent.thread

/**
 * One window for a profile: who comes second asks the first to come to the front. The lock is the system's and ends with
 * the process; the socket beside it only carries the asking.
 */
class SingleInstance private constructor(
    private val lock: FileLock,
    private val server: ServerSocketChannel?,
    private val socket: Path,
) : AutoCloseable {
    override fun close() {
        server?.close()
        Files.deleteIfExists(socket)
        lock.channel().close()
    }

    companion object {
        /** Takes the profile, or asks the window that has it to show itself and returns nothing. */
        fun take(
            profile: Path,
            onAsked: () -> Unit,
        ): SingleInstance? {
            // Beside the profile, which is the core's alone.
            Files.createDirectories(profile.parent)
            val socket = profile.resolveSibling("${profile.fileName}.desktop.sock")
            val channel = FileChannel.open(profile.resolveSibling("${profile.fileName}.desktop.lock"), CREATE, WRITE)
            val lock =
                try {
                    channel.tryLock()
                } catch (_: OverlappingFileLockException) {
                    // This very process has it.
                    null
                }
            if (lock == null) {
                channel.close()
                ask(socket)
                return null
            }
            Files.deleteIfExists(socket)
            return SingleInstance(lock, listen(socket, onAsked), socket)
        }

        private fun ask(socket: Path) {
            try {
                SocketChannel.open(UnixDomainSocketAddress.of(socket)).use { it.write(ByteBuffer.wrap(byteArrayOf(1))) }
            } catch (_: IOException) {
                // It is about to start or to end: there is nothing to bring to the front.
            }
        }

        /** Without a socket, as where the path is too long for one, a second start just ends. */
        private fun listen(
            socket: Path,
            onAsked: () -> Unit,
        ): ServerSocketChannel? =
            try {
                val server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                server.bind(UnixDomainSocketAddress.of(socket))
                thread(isDaemon = true, name = "single-instance") {
                    try {
                        while (true) {
                            server.accept().close()
                            onAsked()
                        }
                    } catch (_: IOException) {
                        // Closed.
                    }
                }
                server
            } catch (_: IOException) {
                null
            } catch (_: UnsupportedOperationException) {
                null
            }
    }
}

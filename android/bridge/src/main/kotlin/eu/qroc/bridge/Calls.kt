package eu.qroc.bridge

import eu.qroc.bridge.generated.Disposable
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicBoolean

/** An object of the library: freed by [close], or when nobody has it any more. */
internal class Owned<out T>(
    private val inner: T,
) where T : Disposable {
    private val isClosed = AtomicBoolean(false)

    /** Calls the library, never on the caller's thread: what comes back may be long. */
    suspend fun <R> call(work: suspend (T) -> R): R =
        withContext(Dispatchers.Default) {
            translated { if (isClosed.get()) throw closed() else unlessFreed { work(inner) } }
        }

    /** As [call], for what ends with this object: once it is closed, nothing comes any more. */
    suspend fun <R : Any> pull(work: suspend (T) -> R?): R? =
        try {
            call(work)
        } catch (error: QrocException.Closed) {
            if (isClosed.get()) null else throw error
        }

    /** Calls the library for what it answers from memory. */
    fun <R> now(work: (T) -> R): R = translated { if (isClosed.get()) throw closed() else unlessFreed { work(inner) } }

    fun close() {
        if (isClosed.compareAndSet(false, true)) inner.destroy()
    }

    /** A call that comes just as another thread closes the object. */
    private inline fun <R> unlessFreed(work: () -> R): R =
        try {
            work()
        } catch (error: IllegalStateException) {
            if (isClosed.get()) throw closed() else throw error
        }
}

/** Runs [make], never on the caller's thread. What it made is freed again where the caller was cancelled meanwhile. */
internal suspend fun <T : AutoCloseable?> opened(make: suspend () -> T): T {
    var made: T? = null
    try {
        return withContext(Dispatchers.Default) { translated { make() }.also { made = it } }
    } catch (error: CancellationException) {
        made?.close()
        throw error
    }
}

package eu.qroc.bridge

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Turns pulls into a flow: each collection begins anew, pulls only while its collector is free, and ends with `null`.
 *
 * One collector at a time, since the library keeps what one screen shows; more share one with `shareIn`.
 */
internal fun <T> pulled(
    restart: () -> Unit,
    next: suspend () -> T?,
): Flow<T> {
    val busy = AtomicBoolean(false)
    return flow {
        check(busy.compareAndSet(false, true)) { "one collector at a time: share the flow with shareIn" }
        try {
            restart()
            while (true) emit(next() ?: break)
        } finally {
            busy.set(false)
        }
    }.buffer(0).flowOn(Dispatchers.Default)
}

/** Turns steps into whole lists. */
internal fun <T> Flow<List<Diff<T>>>.lists(): Flow<List<T>> {
    val steps = this
    return flow {
        var list = emptyList<T>()
        steps.collect { batch ->
            list = list.patched(batch)
            emit(list)
        }
    }
}

package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import eu.qroc.bridge.generated.QueueDiff as GeneratedDiff
import eu.qroc.bridge.generated.SendQueue as GeneratedSendQueue

/** What waits to be sent, in all rooms, oldest first, kept up to date. */
public class SendQueue internal constructor(
    inner: GeneratedSendQueue,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** What to change, batch by batch: first a [Diff.Reset]. Ends when this or the client is closed. */
    public val changes: Flow<List<Diff<QueueItem>>> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { queue -> queue.next()?.map { it.toBridge() } } },
        )

    /** The whole queue, after each change. */
    public val items: Flow<List<QueueItem>> = changes.lists()

    /** Lets an action that failed or waits try again now. Runs to its end even when cancelled. */
    public suspend fun retry(id: Long): Unit = inner.call { it.retry(id) }

    /** Takes an action back that the server does not have. Runs to its end even when cancelled. */
    public suspend fun cancel(id: Long): Unit = inner.call { it.cancel(id) }

    /** Ends the flows and frees the queue. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

private fun GeneratedDiff.toBridge(): Diff<QueueItem> =
    when (this) {
        is GeneratedDiff.Reset -> Diff.Reset(items.map { it.toBridge() })
        is GeneratedDiff.Insert -> Diff.Insert(index.toInt(), item.toBridge())
        is GeneratedDiff.Set -> Diff.Set(index.toInt(), item.toBridge())
        is GeneratedDiff.Remove -> Diff.Remove(index.toInt())
    }

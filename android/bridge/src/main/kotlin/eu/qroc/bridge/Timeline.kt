package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import eu.qroc.bridge.generated.Timeline as GeneratedTimeline
import eu.qroc.bridge.generated.TimelineDiff as GeneratedDiff

/** The newest messages of a room, oldest first, kept up to date. It begins with 50. */
public class Timeline internal constructor(
    inner: GeneratedTimeline,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** What to change, batch by batch: first a [Diff.Reset]. Ends when this or the client is closed. */
    public val changes: Flow<List<Diff<TimelineItem>>> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { timeline -> timeline.next()?.map { it.toBridge() } } },
        )

    /** The whole list, after each change. */
    public val items: Flow<List<TimelineItem>> = changes.lists()

    /**
     * Makes the timeline longer by up to [count] older messages, fetched from the server where they are not stored.
     * Returns whether there may be more behind them. Cancelling it ends it; what was fetched stays.
     *
     * @throws QrocException.Network where they cannot be fetched: what is stored comes all the same.
     */
    public suspend fun loadOlder(count: Int = 50): Boolean =
        inner.call { it.loadOlder(count.coerceAtLeast(0).toUInt()) }

    /** Ends the flows and frees the timeline. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

private fun GeneratedDiff.toBridge(): Diff<TimelineItem> =
    when (this) {
        is GeneratedDiff.Reset -> Diff.Reset(items.map { it.toBridge() })
        is GeneratedDiff.Insert -> Diff.Insert(index.toInt(), item.toBridge())
        is GeneratedDiff.Set -> Diff.Set(index.toInt(), item.toBridge())
        is GeneratedDiff.Remove -> Diff.Remove(index.toInt())
    }

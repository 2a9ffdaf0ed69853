package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import eu.qroc.bridge.generated.RoomList as GeneratedRoomList
import eu.qroc.bridge.generated.RoomListDiff as GeneratedDiff

/** The rooms of an account, newest first, kept up to date. It begins with 50. */
public class RoomList internal constructor(
    inner: GeneratedRoomList,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** What to change, batch by batch: first a [Diff.Reset]. Ends when this or the client is closed. */
    public val changes: Flow<List<Diff<RoomSummary>>> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { list -> list.next()?.map { it.toBridge() } } },
        )

    /** The whole list, after each change. */
    public val rooms: Flow<List<RoomSummary>> = changes.lists()

    /** Makes the list longer by up to [count] rooms. */
    public fun loadMore(count: Int = 50): Unit = inner.now { it.loadMore(count.coerceAtLeast(0).toUInt()) }

    /** Shows only rooms with this as part of their name; without one, all. */
    public fun setFilter(filter: String?): Unit = inner.now { it.setFilter(filter) }

    /** Ends the flows and frees the list. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

private fun GeneratedDiff.toBridge(): Diff<RoomSummary> =
    when (this) {
        is GeneratedDiff.Reset -> Diff.Reset(items.map { it.toBridge() })
        is GeneratedDiff.Insert -> Diff.Insert(index.toInt(), item.toBridge())
        is GeneratedDiff.Set -> Diff.Set(index.toInt(), item.toBridge())
        is GeneratedDiff.Remove -> Diff.Remove(index.toInt())
    }

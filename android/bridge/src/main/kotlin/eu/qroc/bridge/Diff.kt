package eu.qroc.bridge

/** One step from the list that a screen shows to the list that is stored. Steps are applied in order. */
public sealed interface Diff<out T> {
    /** The whole list is [items]. */
    public data class Reset<out T>(
        public val items: List<T>,
    ) : Diff<T>

    /** [item] is put in and stands at [index] then. */
    public data class Insert<out T>(
        public val index: Int,
        public val item: T,
    ) : Diff<T>

    /** What stands at [index] is [item] now. */
    public data class Set<out T>(
        public val index: Int,
        public val item: T,
    ) : Diff<T>

    /** What stood at [index] is gone. */
    public data class Remove(
        public val index: Int,
    ) : Diff<Nothing>
}

/** Applies a batch of steps, and returns the new list. */
public fun <T> List<T>.patched(steps: List<Diff<T>>): List<T> {
    val list = toMutableList()
    for (step in steps) {
        when (step) {
            is Diff.Reset -> {
                list.clear()
                list.addAll(step.items)
            }
            is Diff.Insert -> list.add(step.index, step.item)
            is Diff.Set -> list[step.index] = step.item
            is Diff.Remove -> list.removeAt(step.index)
        }
    }
    return list
}

// Stand-ins for the few types of androidx.lifecycle that the window of Compose Multiplatform 1.7.3 links against; the
// real library is published in a registry of its own only. They hold a state and tell nobody.
package androidx.lifecycle

abstract class Lifecycle {
    abstract val currentState: State

    enum class State { DESTROYED, INITIALIZED, CREATED, STARTED, RESUMED }
}

interface LifecycleOwner {
    val lifecycle: Lifecycle
}

class LifecycleRegistry(
    @Suppress("UNUSED_PARAMETER") owner: LifecycleOwner,
) : Lifecycle() {
    override var currentState: State = State.INITIALIZED
}

class ViewModelStore {
    fun clear() = Unit
}

interface ViewModelStoreOwner {
    val viewModelStore: ViewModelStore
}

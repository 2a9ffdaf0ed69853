package eu.qroc.ui.shell

import eu.qroc.bridge.Fix
import kotlinx.coroutines.flow.StateFlow

/** Where this device is, and sharing that live: what goes on is the platform's, so that it outlives the screens. */
interface PositionSharing {
    /** What is shared now, by room: until when, in milliseconds since 1970; nothing for as long as policy allows. */
    val running: StateFlow<Map<String, Long?>>

    /** The sharing that ended last, by room; nothing since another one was begun. */
    val ended: StateFlow<Ended?>

    /** Begins; says whether the officer and the system let it. How it ends is in [ended]. */
    suspend fun start(
        roomId: String,
        roomName: String,
        minutes: Int,
    ): Boolean

    /** Ends it; it is gone from [running] when the others know. */
    fun stop(roomId: String)

    /** Where this device is now, asked for at most some seconds; nothing where it does not know. */
    suspend fun here(): Fix?

    /** How a sharing ended. */
    data class Ended(
        val roomId: String,
        val why: Why,
    )

    enum class Why { OVER, FORBIDDEN, NOT_ALLOWED, FAILED }
}

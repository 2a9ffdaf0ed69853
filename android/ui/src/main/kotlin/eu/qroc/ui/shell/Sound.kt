package eu.qroc.ui.shell

import kotlinx.coroutines.flow.StateFlow

/** Hears the officer. Nothing of it comes onto the disk. */
interface Microphone {
    /** Begins to record; nothing where there is none, or it may not be used. */
    suspend fun record(): Recording?
}

/** What is being recorded. */
interface Recording {
    /** How loud it is now, from 0 to 1. */
    val level: StateFlow<Float>

    /** Ends it, and gives a WAV file; nothing where nothing was heard. */
    suspend fun stop(): ByteArray?

    /** Ends it, and keeps nothing. */
    fun discard()
}

/** Lets the officer hear. */
interface Loudspeaker {
    /**
     * Plays samples of one channel, 16 bits each with a sign, the lower byte first, [rate] a second, until [next] gives none;
     * [heard] is told how many came out so far. Ends with its caller. False where there is nothing to hear with.
     */
    suspend fun play(
        rate: Int,
        next: suspend () -> ByteArray?,
        heard: (Long) -> Unit,
    ): Boolean
}

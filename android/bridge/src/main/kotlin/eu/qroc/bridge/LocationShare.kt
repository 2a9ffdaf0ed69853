package eu.qroc.bridge

import eu.qroc.bridge.generated.LocationReading as GeneratedReading
import eu.qroc.bridge.generated.LocationShare as GeneratedLocationShare
import eu.qroc.bridge.generated.LocationSource as GeneratedLocationSource
import eu.qroc.bridge.generated.Pace as GeneratedPace
import eu.qroc.bridge.generated.SharePace as GeneratedSharePace
import eu.qroc.bridge.generated.SharedPositions as GeneratedSharedPositions
import eu.qroc.bridge.generated.Unavailable as GeneratedUnavailable

/**
 * A sharing of the own position that goes on. Every fix is kept as it comes, also without the network, and sent while the
 * client is in the foreground. Closing the client leaves it as the end of the process does: what was kept is sent by the
 * next run, and the others see it until its time is over or [Room.stopSharing] says so.
 */
public class LocationShare internal constructor(
    inner: GeneratedLocationShare,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** Ends it; [ended] says when the others know. */
    public fun stop(): Unit = inner.now { it.stop() }

    /**
     * Waits until it is over, by [stop], its time, the end of the source, policy, or by leaving the room, and for up to
     * half a minute until the others know. Says what it came to. Cancelling this ends the waiting alone.
     */
    public suspend fun ended(): SharedPositions = inner.call { it.ended().toBridge() }

    /** Ends it, and frees it. */
    override fun close(): Unit = inner.close()
}

/**
 * Says where the device is: the platform's receiver. Called on the library's threads; it may take its time, and may call
 * the core. What it throws counts as no signal, and it is asked again a second later.
 */
public interface LocationSource {
    /** Waits for the next reading; `null` when there will be no more, which ends the sharing. */
    public suspend fun next(): LocationReading?

    /** Says how it is going, so that the receiver can rest. */
    public suspend fun setPace(pace: Pace): Unit = Unit
}

/** What the platform's receiver has to say. */
public sealed interface LocationReading {
    /** Where the device is. */
    public data class At(
        public val fix: Fix,
    ) : LocationReading

    /** It does not know. */
    public data class Nowhere(
        public val reason: Unavailable,
    ) : LocationReading
}

/** Why the platform does not know where it is. */
public enum class Unavailable {
    /** The person or the system does not allow it. */
    NOT_ALLOWED,

    /** Positioning is switched off. */
    SWITCHED_OFF,

    /** No signal, so far or for now. */
    NO_SIGNAL,
}

/** How often a position is to be shared. */
public enum class SharePace {
    /** By what the officer does. */
    AUTO,

    /** Everything at once. */
    CHASE,

    /** Seldom. */
    PATROL,
}

/** How it is going, so that a receiver can rest. */
public enum class Pace {
    /** A fix about every second. */
    CHASE,

    /** A fix every few seconds. */
    PATROL,

    /** Standing: a fix now and then. */
    STILL,
}

/**
 * What one sharing came to.
 *
 * @property fixes taken from the receiver.
 * @property sent those that the server has: those from which the others follow.
 * @property waiting those that are sent when the network is back.
 * @property bytes of what was sent, as encrypted content.
 */
public data class SharedPositions(
    public val fixes: Int,
    public val sent: Int,
    public val waiting: Int,
    public val bytes: Long,
)

internal class BridgedLocationSource(
    private val source: LocationSource,
) : GeneratedLocationSource {
    override suspend fun next(): GeneratedReading? =
        when (val reading = guarded { source.next() }) {
            null -> null
            is LocationReading.At -> GeneratedReading.At(reading.fix.toGenerated())
            is LocationReading.Nowhere -> GeneratedReading.Nowhere(reading.reason.toGenerated())
        }

    override suspend fun setPace(pace: GeneratedPace): Unit =
        guarded {
            source.setPace(
                when (pace) {
                    GeneratedPace.CHASE -> Pace.CHASE
                    GeneratedPace.PATROL -> Pace.PATROL
                    GeneratedPace.STILL -> Pace.STILL
                },
            )
        }
}

private fun Unavailable.toGenerated(): GeneratedUnavailable =
    when (this) {
        Unavailable.NOT_ALLOWED -> GeneratedUnavailable.NOT_ALLOWED
        Unavailable.SWITCHED_OFF -> GeneratedUnavailable.SWITCHED_OFF
        Unavailable.NO_SIGNAL -> GeneratedUnavailable.NO_SIGNAL
    }

internal fun SharePace.toGenerated(): GeneratedSharePace =
    when (this) {
        SharePace.AUTO -> GeneratedSharePace.AUTO
        SharePace.CHASE -> GeneratedSharePace.CHASE
        SharePace.PATROL -> GeneratedSharePace.PATROL
    }

private fun GeneratedSharedPositions.toBridge(): SharedPositions =
    SharedPositions(fixes = fixes.toInt(), sent = sent.toInt(), waiting = waiting.toInt(), bytes = bytes.toLong())

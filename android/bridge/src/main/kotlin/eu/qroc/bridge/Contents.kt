package eu.qroc.bridge

import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import eu.qroc.bridge.generated.Contents as GeneratedContents
import eu.qroc.bridge.generated.ContentsRights as GeneratedRights
import eu.qroc.bridge.generated.Objection as GeneratedObjection
import eu.qroc.bridge.generated.Part as GeneratedPart
import eu.qroc.bridge.generated.Playback as GeneratedPlayback

/** Which file of a message is looked at. */
public enum class Part {
    /** The small picture; of a picture without one, itself. */
    PREVIEW,

    /** What was sent. */
    FILE,
}

/**
 * What policy has against something.
 *
 * @property policyKey the key that decided, such as `share.save_to_device`.
 * @property policySource where its value comes from.
 */
public data class Objection(
    public val policyKey: String,
    public val policySource: String,
)

/**
 * What may be done with a file besides looking at it: `null`, or what policy has against it.
 *
 * @property save against saving it.
 * @property openExternal against opening it with another program.
 */
public data class ContentsRights(
    public val save: Objection?,
    public val openExternal: Objection?,
)

/**
 * A file of a message, proven to the last byte and read without being saved: nothing of it lies on the disk in plain.
 * Close it when it is no longer shown; then it may be thrown out to make room for others.
 */
public class Contents internal constructor(
    inner: GeneratedContents,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** Its length in bytes. */
    public val length: Long = inner.length().toLong()

    /** Its name, safe to be a file's. */
    public val name: String = inner.name()

    /** Its MIME type, by content. */
    public val mime: String = inner.mime()

    /** Says what policy lets be done with it besides looking. */
    public suspend fun rights(): ContentsRights = inner.call { it.rights().toBridge() }

    /**
     * Reads up to [count] bytes from [offset] on; fewer mean the end. For players, such as Android's `MediaDataSource`:
     * any place costs the same.
     */
    public suspend fun readAt(
        offset: Long,
        count: Int,
    ): ByteArray {
        require(offset >= 0 && count >= 0) { "neither offset nor count is negative" }
        return inner.call { it.readAt(offset.toULong(), count.toUInt()) }
    }

    /** Reads all of it; at most 64 MiB. */
    public suspend fun bytes(): ByteArray = inner.call { it.bytes() }

    /** Plays its sound: of a voice message, a recording or a clip, from a time on. It is decoded as fast as it is taken. */
    public suspend fun play(from: Duration = Duration.ZERO): Playback = opened { inner.call { Playback(it.play(from.toJavaDuration())) } }

    /** Saves it to [to], a directory or the file's path, if policy lets it. Runs to its end even when cancelled. */
    public suspend fun save(
        to: Path,
        overwrite: Boolean = false,
    ): Downloaded = inner.call { it.save(to.toString(), overwrite).toBridge() }

    /**
     * Puts a copy into the directory [to] for another program that is to open it, if policy lets it. Remove it afterwards.
     * Runs to its end even when cancelled.
     */
    public suspend fun handOut(to: Path): Downloaded = inner.call { it.handOut(to.toString()).toBridge() }

    /** Frees it. */
    override fun close(): Unit = inner.close()
}

/** A file that is played. Close it to stop it. */
public class Playback internal constructor(
    inner: GeneratedPlayback,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** Samples of a second. */
    public val rate: Int = inner.rate().toInt()

    /**
     * Waits for the next samples, about a fifth of a second: one channel, 16 bits each with a sign, the lower byte first.
     * Nothing after the last ones. For one reader.
     */
    public suspend fun next(): ByteArray? = inner.pull { it.next() }

    /** Stops and frees it. */
    override fun close(): Unit = inner.close()
}

internal fun Part.toGenerated(): GeneratedPart =
    when (this) {
        Part.PREVIEW -> GeneratedPart.PREVIEW
        Part.FILE -> GeneratedPart.FILE
    }

private fun GeneratedObjection.toBridge(): Objection = Objection(policyKey, policySource)

private fun GeneratedRights.toBridge(): ContentsRights = ContentsRights(save?.toBridge(), openExternal?.toBridge())

package eu.qroc.bridge

import java.nio.file.Path
import java.time.Instant
import kotlin.io.path.Path
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.Downloaded as GeneratedDownloaded
import eu.qroc.bridge.generated.QueueItem as GeneratedQueueItem
import eu.qroc.bridge.generated.QueuedKind as GeneratedQueuedKind
import eu.qroc.bridge.generated.Sent as GeneratedSent
import eu.qroc.bridge.generated.SentFile as GeneratedSentFile
import eu.qroc.bridge.generated.SignatureCheck as GeneratedSignatureCheck
import eu.qroc.bridge.generated.TreatAs as GeneratedTreatAs
import eu.qroc.bridge.generated.Trim as GeneratedTrim

/** How a file is to be treated. */
public enum class TreatAs {
    /** By its content: photos and clips are prepared, recordings lose their tags, everything else goes as it is. */
    AUTO,

    /** As it is. Not for photos, clips and recordings, whose metadata would go along: it is removed first. */
    FILE,

    /** As a photo, or not at all. */
    IMAGE,

    /** As a clip, or not at all. */
    VIDEO,

    /** As a voice message, or not at all. */
    VOICE,
}

/**
 * The part of a clip that is wanted.
 *
 * @property from what is before is left out.
 * @property until what is after is left out; without it nothing is.
 */
public data class Trim(
    public val from: Duration,
    public val until: Duration? = null,
)

/**
 * What became of something that was sent.
 *
 * @property txnId ours; names it in the timeline and in the queue.
 * @property eventId the server's id, once it has one.
 * @property state where it is on its way.
 * @property reason why it waits or failed: a word such as `network` or `forbidden`.
 */
public data class Sent(
    public val txnId: String,
    public val eventId: String?,
    public val state: SendState,
    public val reason: String?,
)

/**
 * What became of a file that was sent.
 *
 * @property sent the message.
 * @property mime what is sent, by content.
 * @property sourceBytes length of the file.
 * @property sentBytes length of what is sent, before sealing.
 * @property thumbnailBytes length of the preview, before sealing.
 * @property sha256 of what is sent, before sealing, in hexadecimal.
 * @property blurhash coarse colours for the time before the preview is there.
 * @property width pixels.
 * @property height pixels.
 * @property duration how long it plays.
 * @property metadataLeft whether it may still name its author: not every document can be taken apart.
 */
public data class SentFile(
    public val sent: Sent,
    public val mime: String,
    public val sourceBytes: Long,
    public val sentBytes: Long,
    public val thumbnailBytes: Long?,
    public val sha256: String,
    public val blurhash: String?,
    public val width: Int?,
    public val height: Int?,
    public val duration: Duration?,
    public val metadataLeft: Boolean = false,
)

/**
 * A file that was fetched.
 *
 * @property path where it is now.
 * @property bytes its length.
 * @property mime by content.
 * @property sha256 of the file, in hexadecimal.
 * @property original whether these are the unchanged bytes that the sender had.
 * @property signedBy user and device that signed what is said of the original.
 * @property signature what that signature is worth.
 */
public data class Downloaded(
    public val path: Path,
    public val bytes: Long,
    public val mime: String,
    public val sha256: String,
    public val original: Boolean = false,
    public val signedBy: String? = null,
    public val signature: SignatureCheck? = null,
)

/** What the signature of an original is worth. */
public enum class SignatureCheck {
    /** The device signed exactly this. */
    VALID,

    /** It did not, or something else. */
    INVALID,

    /** The device is not known, so that nothing can be said. */
    UNKNOWN_DEVICE,
}

/** What a queued action is. */
public enum class QueuedKind {
    /** A message, or anything else for the room. */
    MESSAGE,

    /** The removal of a message. */
    REDACTION,

    /** A read receipt. */
    READ,

    /** A change of membership. */
    MEMBERSHIP,

    /** How the account has a room, or what is pinned there. */
    SETTING,
}

/**
 * Something that waits to be sent.
 *
 * @property id names it to retry or cancel.
 * @property roomId Matrix id of the room.
 * @property kind what it is.
 * @property state queued, sending or failed.
 * @property attempts tries so far.
 * @property nextTry not tried before.
 * @property reason why the last try failed: a word such as `network` or `forbidden`.
 * @property txnId ours; names it in the timeline.
 */
public data class QueueItem(
    public val id: Long,
    public val roomId: String,
    public val kind: QueuedKind,
    public val state: SendState,
    public val attempts: Int,
    public val nextTry: Instant?,
    public val reason: String?,
    public val txnId: String,
)

internal fun TreatAs.toGenerated(): GeneratedTreatAs =
    when (this) {
        TreatAs.AUTO -> GeneratedTreatAs.AUTO
        TreatAs.FILE -> GeneratedTreatAs.FILE
        TreatAs.IMAGE -> GeneratedTreatAs.IMAGE
        TreatAs.VIDEO -> GeneratedTreatAs.VIDEO
        TreatAs.VOICE -> GeneratedTreatAs.VOICE
    }

internal fun Trim.toGenerated(): GeneratedTrim = GeneratedTrim(from.toJavaDuration(), until?.toJavaDuration())

internal fun GeneratedSent.toBridge(): Sent =
    Sent(txnId = txnId, eventId = eventId, state = state.toBridge(), reason = reason)

internal fun GeneratedSentFile.toBridge(): SentFile =
    SentFile(
        sent = sent.toBridge(),
        mime = mime,
        sourceBytes = sourceBytes.toLong(),
        sentBytes = sentBytes.toLong(),
        thumbnailBytes = thumbnailBytes?.toLong(),
        sha256 = sha256,
        blurhash = blurhash,
        width = width?.toInt(),
        height = height?.toInt(),
        duration = duration?.toKotlinDuration(),
        metadataLeft = metadataLeft,
    )

internal fun GeneratedDownloaded.toBridge(): Downloaded =
    Downloaded(
        path = Path(path),
        bytes = bytes.toLong(),
        mime = mime,
        sha256 = sha256,
        original = original,
        signedBy = signedBy,
        signature =
            when (signature) {
                null -> null
                GeneratedSignatureCheck.VALID -> SignatureCheck.VALID
                GeneratedSignatureCheck.INVALID -> SignatureCheck.INVALID
                GeneratedSignatureCheck.UNKNOWN_DEVICE -> SignatureCheck.UNKNOWN_DEVICE
            },
    )

private fun GeneratedQueuedKind.toBridge(): QueuedKind =
    when (this) {
        GeneratedQueuedKind.MESSAGE -> QueuedKind.MESSAGE
        GeneratedQueuedKind.REDACTION -> QueuedKind.REDACTION
        GeneratedQueuedKind.READ -> QueuedKind.READ
        GeneratedQueuedKind.MEMBERSHIP -> QueuedKind.MEMBERSHIP
        GeneratedQueuedKind.SETTING -> QueuedKind.SETTING
    }

internal fun GeneratedQueueItem.toBridge(): QueueItem =
    QueueItem(
        id = id,
        roomId = roomId,
        kind = kind.toBridge(),
        state = state.toBridge(),
        attempts = attempts.toInt(),
        nextTry = nextTry,
        reason = reason,
        txnId = txnId,
    )

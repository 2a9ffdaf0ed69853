package eu.qroc.ui.composer

import androidx.compose.runtime.Immutable
import androidx.compose.ui.graphics.ImageBitmap

/** What the bar below a timeline shows. */
@Immutable
data class ComposerState(
    val text: String = "",
    val mode: ComposerMode = ComposerMode.New,
    val menu: Boolean = false,
    val attachment: Attachment? = null,
    val position: PositionDraft? = null,
    /** A voice message that is being recorded. */
    val voice: VoiceDraft? = null,
    /** Whether there is a microphone. */
    val microphone: Boolean = false,
    /** Whether photos can be taken here. */
    val camera: Boolean = false,
    /** Whether this officer is no longer in the room. */
    val left: Boolean = false,
    /** How often a text came back that could not be sent. */
    val returned: Int = 0,
) {
    val canSend: Boolean get() = text.isNotBlank() && !left
}

/** What sending will do. */
@Immutable
sealed interface ComposerMode {
    data object New : ComposerMode

    data class Reply(
        val sender: String,
        val text: String,
    ) : ComposerMode

    data class Edit(
        val text: String,
    ) : ComposerMode
}

/** A file that was chosen and not sent yet. */
@Immutable
data class Attachment(
    val name: String,
    val photo: Boolean,
    val sourceBytes: Long,
    /** What will be sent; nothing while it is worked out. */
    val sentBytes: Long? = null,
    val picture: ImageBitmap? = null,
    /** Whether place and camera data are taken out. */
    val cleaned: Boolean = false,
    val caption: String = "",
    val working: Boolean = false,
    /** Why it cannot be sent. */
    val problem: String? = null,
)

/** A voice message that is being recorded, or was and is not sent. */
@Immutable
data class VoiceDraft(
    val lengthMs: Long = 0,
    /** How loud it was, the newest last: 0 to 1. */
    val levels: List<Float> = emptyList(),
    /** Whether it cannot grow longer. */
    val full: Boolean = false,
    val sending: Boolean = false,
    /** Why it was not sent. */
    val problem: String? = null,
)

/** A place that is being typed. */
@Immutable
data class PositionDraft(
    val text: String = "",
)

/** What an officer does there. */
sealed interface ComposerEvent {
    data class Text(
        val text: String,
    ) : ComposerEvent

    data object Send : ComposerEvent

    data object CancelMode : ComposerEvent

    data object Menu : ComposerEvent

    data object CloseMenu : ComposerEvent

    data object PickPhoto : ComposerEvent

    data object PickFile : ComposerEvent

    data object TakePhoto : ComposerEvent

    data object Record : ComposerEvent

    data object CancelVoice : ComposerEvent

    data object SendVoice : ComposerEvent

    data class Caption(
        val text: String,
    ) : ComposerEvent

    data object SendAttachment : ComposerEvent

    data object DropAttachment : ComposerEvent

    data object Position : ComposerEvent

    data class PositionText(
        val text: String,
    ) : ComposerEvent

    data object SendPosition : ComposerEvent

    data object ClosePosition : ComposerEvent
}

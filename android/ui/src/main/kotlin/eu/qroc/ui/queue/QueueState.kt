package eu.qroc.ui.queue

import androidx.compose.runtime.Immutable

/** What waits to be sent. */
@Immutable
data class QueueState(
    /** Oldest first; nothing while they are read. */
    val items: List<QueueRow>? = null,
    val error: String? = null,
    /** The one whose cancelling is asked about. */
    val cancelling: QueueRow? = null,
)

@Immutable
data class QueueRow(
    val id: Long,
    val roomName: String,
    val kind: QueueKind,
    val state: QueueItemState,
    val attempts: Int = 0,
    /** Not before, in milliseconds since 1970; 0 for at once. */
    val nextTs: Long = 0,
    /** Why the last try did not work. */
    val why: String? = null,
)

enum class QueueKind { MESSAGE, REMOVAL, READ, MEMBERSHIP, SETTING }

enum class QueueItemState { WAITING, SENDING, FAILED }

/** What an officer does there. */
sealed interface QueueEvent {
    data object Back : QueueEvent

    data class Retry(
        val row: QueueRow,
    ) : QueueEvent

    data class AskCancel(
        val row: QueueRow,
    ) : QueueEvent

    data class Cancel(
        val row: QueueRow,
    ) : QueueEvent

    data object Keep : QueueEvent
}

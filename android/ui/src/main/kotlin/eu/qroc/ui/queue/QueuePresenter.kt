package eu.qroc.ui.queue

import eu.qroc.bridge.QueueItem
import eu.qroc.bridge.QueuedKind
import eu.qroc.bridge.SendState
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.attempt
import eu.qroc.ui.shell.reason
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Shows what waits to be sent, and lets it be tried again or taken back. */
class QueuePresenter(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val shown = MutableStateFlow(QueueState())

    val state: StateFlow<QueueState> get() = shown

    /** Begins to follow the queue. */
    fun start() {
        scope.launch {
            combine(session.queue, session.roomNames) { queue, names -> queue?.map { row(it, names) } }
                .collect { rows -> shown.update { it.copy(items = rows) } }
        }
    }

    /** Does what the officer asks, but going back. */
    fun on(event: QueueEvent) {
        when (event) {
            is QueueEvent.Retry -> attempt { session.retry(event.row.id) }
            is QueueEvent.AskCancel -> shown.update { it.copy(cancelling = event.row) }
            is QueueEvent.Cancel -> {
                shown.update { it.copy(cancelling = null) }
                attempt { session.cancel(event.row.id) }
            }
            QueueEvent.Keep -> shown.update { it.copy(cancelling = null) }
            QueueEvent.Back -> Unit
        }
    }

    private fun attempt(work: suspend () -> Unit) {
        shown.update { it.copy(error = null) }
        session.attempt(scope, { text -> shown.update { it.copy(error = text) } }, work)
    }

    private fun row(
        item: QueueItem,
        names: Map<String, String>,
    ) = QueueRow(
        id = item.id,
        roomName = names[item.roomId] ?: item.roomId,
        kind =
            when (item.kind) {
                QueuedKind.MESSAGE -> QueueKind.MESSAGE
                QueuedKind.REDACTION -> QueueKind.REMOVAL
                QueuedKind.READ -> QueueKind.READ
                QueuedKind.MEMBERSHIP -> QueueKind.MEMBERSHIP
                QueuedKind.SETTING -> QueueKind.SETTING
            },
        state =
            when (item.state) {
                SendState.FAILED -> QueueItemState.FAILED
                SendState.SENDING -> QueueItemState.SENDING
                SendState.QUEUED, SendState.SENT -> QueueItemState.WAITING
            },
        attempts = item.attempts,
        nextTs = item.nextTry?.toEpochMilli()?.takeIf { it > session.surroundings.now() } ?: 0,
        why = item.reason?.let { session.strings.reason(it) },
    )
}

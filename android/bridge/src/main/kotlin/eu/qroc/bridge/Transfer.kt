package eu.qroc.bridge

import kotlinx.coroutines.flow.Flow
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.Transfer as GeneratedTransfer
import eu.qroc.bridge.generated.TransferProgress as GeneratedProgress
import eu.qroc.bridge.generated.TransferState as GeneratedState

/**
 * How far a transfer is.
 *
 * @property done what is done, in the unit of [total].
 * @property total all of it: bytes, or of a clip that is being prepared milliseconds; 0 while it is not known.
 * @property left how long the rest takes if it goes on like this; missing at the start.
 */
public data class TransferProgress(
    public val done: Long,
    public val total: Long,
    public val left: Duration?,
)

/** How a file stands on its way. */
public sealed interface TransferState {
    /** It is made small and sealed, before it is sent. Not durable yet: the message is there when this is over. */
    public data class Preparing(
        public val progress: TransferProgress,
    ) : TransferState

    /** Its message is queued, and waits for its turn, the network, or a limit; [reason] is a word such as `network`. */
    public data class Waiting(
        public val reason: String?,
    ) : TransferState

    /** It is on its way to the server, or from there. */
    public data class Moving(
        public val progress: TransferProgress,
    ) : TransferState

    /**
     * It did not work: [Transfer.retry] or [Transfer.cancel].
     *
     * @property code a stable word for what it was.
     * @property textKey names its text, in the app's languages.
     */
    public data class Failed(
        public val code: String,
        public val textKey: String,
    ) : TransferState

    /** It is there. The last one. */
    public data object Done : TransferState

    /** It was taken back, or given up. The last one. */
    public data object Cancelled : TransferState
}

/**
 * A file on its way to the server or from there, moved by the library whichever screen looks. What is sent goes on whether
 * or not this is kept; what is fetched ends with [close].
 */
public class Transfer internal constructor(
    inner: GeneratedTransfer,
) : AutoCloseable {
    private val inner = Owned(inner)

    /** Transaction id of the message that the file is sent with, which names it in the timeline; `null` where one is fetched. */
    public val txnId: String? = inner.txnId()

    /** What is sent, once it was prepared by this transfer. */
    public val sentFile: SentFile? get() = inner.now { it.sentFile()?.toBridge() }

    /**
     * How it stands, from now on, progress at most ten times a second; one that nobody took in time is left out. Ends after
     * the last one, and when this or the client is closed. Cancelling ends the looking alone.
     */
    public val states: Flow<TransferState> =
        pulled(
            restart = { this.inner.now { it.restart() } },
            next = { this.inner.pull { it.next()?.toBridge() } },
        )

    /** What was fetched, once that is done: close it when it is no longer shown. */
    public fun contents(): Contents? = inner.now { transfer -> transfer.contents()?.let(::Contents) }

    /** Gives it up, or takes its message back, which the server does not have then. Runs to its end even when cancelled. */
    public suspend fun cancel(): Unit = inner.call { it.cancel() }

    /** Lets what failed or waits try again now. Runs to its end even when cancelled. */
    public suspend fun retry(): Unit = inner.call { it.retry() }

    /** Ends the flows and frees it. */
    override fun close() {
        runCatching { inner.now { it.end() } }
        inner.close()
    }
}

private fun GeneratedProgress.toBridge() = TransferProgress(done.toLong(), total.toLong(), left?.toKotlinDuration())

private fun GeneratedState.toBridge(): TransferState =
    when (this) {
        is GeneratedState.Preparing -> TransferState.Preparing(progress.toBridge())
        is GeneratedState.Waiting -> TransferState.Waiting(reason)
        is GeneratedState.Moving -> TransferState.Moving(progress.toBridge())
        is GeneratedState.Failed -> TransferState.Failed(code, textKey)
        is GeneratedState.Done -> TransferState.Done
        is GeneratedState.Cancelled -> TransferState.Cancelled
    }

package eu.qroc.platform

import android.app.NotificationManager
import android.app.RemoteInput
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.net.Uri
import eu.qroc.bridge.QrocException
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.seconds

/** Takes an answer that was typed into a notification, and "mark as read". */
class ReplyReceiver : BroadcastReceiver() {
    override fun onReceive(
        context: Context,
        intent: Intent,
    ) {
        val roomId = intent.data?.schemeSpecificPart ?: return
        val text = RemoteInput.getResultsFromIntent(intent)?.getCharSequence(TEXT)?.toString()?.trim()
        if (intent.action == ANSWER && text.isNullOrEmpty()) return
        val pending: PendingResult? = goAsync()
        val duty = Duty.of(context)
        duty.scope.launch {
            try {
                act(context, duty, roomId, text.takeIf { intent.action == ANSWER })
            } finally {
                pending?.finish()
            }
        }
    }

    private suspend fun act(
        context: Context,
        duty: Duty,
        roomId: String,
        text: String?,
    ) {
        val client = (duty.wake() as? Woken.Open)?.client
        if (client == null) {
            notSent(context, roomId, text)
            return
        }
        try {
            client.room(roomId).use { room ->
                // On the disk when it returns: it is sent, however this process ends.
                if (text != null) room.send(text)
                room.markRead()
            }
            context.getSystemService(NotificationManager::class.java).cancel(roomId, Announcer.NOTE)
        } catch (_: QrocException) {
            notSent(context, roomId, text)
            return
        }
        SyncJob.soon(context)
        try {
            if (!duty.attended.value) client.syncOnce(SEND)
        } catch (_: QrocException) {
            // The job sends it.
        }
    }

    /** Says that it was not sent, with what was typed: nothing of it is lost. */
    private fun notSent(
        context: Context,
        roomId: String,
        text: String?,
    ) {
        if (text == null) return
        val note =
            android.app.Notification
                .Builder(context, Channels.MESSAGES)
                .setSmallIcon(R.drawable.note_message)
                .setContentTitle(context.getString(R.string.note_not_sent))
                .setRemoteInputHistory(arrayOf(text))
                .setVisibility(android.app.Notification.VISIBILITY_PRIVATE)
                .setContentIntent(Channels.openApp(context, roomId))
                .setAutoCancel(true)
                .build()
        context.getSystemService(NotificationManager::class.java).notify(roomId, Announcer.NOTE, note)
    }

    companion object {
        /** Names the text that was typed. */
        const val TEXT = "text"
        private const val ANSWER = "eu.qroc.platform.ANSWER"
        private const val READ = "eu.qroc.platform.READ"

        /** The system gives a receiver ten seconds. */
        private val SEND = 8.seconds

        /** The room is the data, which tells two intents apart; extras do not. */
        internal fun answer(
            context: Context,
            roomId: String,
        ) = intent(context, ANSWER, roomId)

        internal fun read(
            context: Context,
            roomId: String,
        ) = intent(context, READ, roomId)

        private fun intent(
            context: Context,
            action: String,
            roomId: String,
        ) = Intent(context, ReplyReceiver::class.java).setAction(action).setData(Uri.fromParts("qroc-room", roomId, null))
    }
}

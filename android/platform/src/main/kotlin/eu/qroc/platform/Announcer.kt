package eu.qroc.platform

import android.app.KeyguardManager
import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Person
import android.app.RemoteInput
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import eu.qroc.bridge.Client
import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.Membership
import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.RoomSummary
import eu.qroc.bridge.TimelineItem
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.onStart
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.time.Instant
import java.time.LocalTime

/** How much a notification shows: the words of `push.preview`. */
enum class Preview { FULL, SENDER, NONE }

/**
 * Says that messages have come: how much of them, policy says (`push.preview`); while the device is locked nothing of
 * them. A room has one notification, which goes when the room was read, here or elsewhere.
 */
class Announcer(
    private val context: Context,
    private val duty: Duty,
    private val now: () -> LocalTime = LocalTime::now,
) {
    private val manager = context.getSystemService(NotificationManager::class.java)
    private val one = Mutex()
    private val announced = mutableMapOf<String, Told>()

    private data class Told(
        val time: Instant?,
        val unread: Int,
        val preview: Preview,
    )

    /** Follows the open account, whichever it is; goes on until cancelled. */
    suspend fun follow() {
        Channels.make(context)
        duty.client.collectLatest { client ->
            if (client == null) {
                clear()
                return@collectLatest
            }
            try {
                val known = combine(client.rooms(), deviceLocks(), duty.attended) { rooms, _, attended -> rooms to attended }
                known.conflate().collect { (rooms, attended) -> show(client, rooms, quiet = attended) }
            } catch (_: QrocException) {
                // Closed, or contents are held back: what is shown is taken away.
                clear()
            }
        }
    }

    /** Shows what is unread now; with [quiet] only takes away what was read. */
    suspend fun show(
        client: Client,
        rooms: List<RoomSummary>,
        quiet: Boolean,
    ): Unit = one.withLock {
        val preview = preview(client)
        for (room in rooms) {
            val unread = if (room.membership == Membership.JOIN) room.unread else 0
            when {
                unread == 0 -> if (announced.remove(room.roomId) != null) manager.cancel(room.roomId, NOTE)
                quiet -> Unit
                else -> announce(client, room, preview)
            }
        }
    }

    private suspend fun announce(
        client: Client,
        room: RoomSummary,
        preview: Preview,
    ) {
        val told = Told(room.lastTime, room.unread, preview)
        val before = announced.put(room.roomId, told)
        if (before == told) return
        // What is shown otherwise because the screen was locked makes no sound again.
        val silent = before != null && before.time == told.time || quietHours(client)
        val messages = if (preview == Preview.NONE) emptyList() else newest(client, room)
        manager.notify(room.roomId, NOTE, note(room, messages, preview, silent))
    }

    private suspend fun newest(
        client: Client,
        room: RoomSummary,
    ): List<TimelineItem> =
        client.room(room.roomId).use { open ->
            val own = client.signedIn.userId
            val items = open.page(limit = MOST, offline = true)
            items
                .filter { it.sender != own && it.content !is ItemContent.Other && it.content !is ItemContent.Change }
                .takeLast(room.unread)
        }

    private fun note(
        room: RoomSummary,
        messages: List<TimelineItem>,
        preview: Preview,
        silent: Boolean,
    ): Notification {
        val hidden = hidden(room.unread)
        val builder =
            Notification
                .Builder(context, Channels.MESSAGES)
                .setSmallIcon(R.drawable.note_message)
                .setCategory(Notification.CATEGORY_MESSAGE)
                .setOnlyAlertOnce(silent)
                .setAutoCancel(true)
                .setContentIntent(Channels.openApp(context, room.roomId))
                .setVisibility(Notification.VISIBILITY_PRIVATE)
                .setPublicVersion(hidden.build())
        if (preview == Preview.NONE || messages.isEmpty()) {
            return hidden.setContentIntent(Channels.openApp(context, null)).setOnlyAlertOnce(silent).setAutoCancel(true).build()
        }
        val last = messages.last()
        builder
            .setWhen(last.time.toEpochMilli())
            .setShowWhen(true)
            .setNumber(room.unread)
            .setContentTitle(room.name)
        if (preview == Preview.SENDER) {
            val senders = messages.map(::name).distinct().joinToString()
            builder.setContentText(context.resources.getQuantityString(R.plurals.note_from, room.unread, room.unread, senders))
        } else {
            val style = Notification.MessagingStyle(Person.Builder().setName(context.getString(R.string.note_you)).build())
            style.setConversationTitle(room.name).setGroupConversation(room.members > 2)
            for (item in messages) {
                style.addMessage(words(item), item.time.toEpochMilli(), Person.Builder().setName(name(item)).setKey(item.sender).build())
            }
            builder.setStyle(style)
        }
        return builder.addAction(answer(room.roomId)).addAction(read(room.roomId)).build()
    }

    /** That something has come, and nothing of it: neither room nor person. */
    private fun hidden(unread: Int) =
        Notification
            .Builder(context, Channels.MESSAGES)
            .setSmallIcon(R.drawable.note_message)
            .setCategory(Notification.CATEGORY_MESSAGE)
            .setContentTitle(context.resources.getQuantityString(R.plurals.note_hidden, unread, unread))
            .setVisibility(Notification.VISIBILITY_PUBLIC)

    private fun answer(roomId: String): Notification.Action {
        val input = RemoteInput.Builder(ReplyReceiver.TEXT).setLabel(context.getString(R.string.note_answer)).build()
        // What was typed is put into the intent by the system, so this one can be changed; it names its receiver.
        val intent = PendingIntent.getBroadcast(context, roomId.hashCode(), ReplyReceiver.answer(context, roomId), PendingIntent.FLAG_MUTABLE)
        return Notification.Action
            .Builder(null, context.getString(R.string.note_answer), intent)
            .addRemoteInput(input)
            // Who finds the phone answers for nobody.
            .setAuthenticationRequired(true)
            .build()
    }

    private fun read(roomId: String): Notification.Action {
        val intent =
            PendingIntent.getBroadcast(context, roomId.hashCode(), ReplyReceiver.read(context, roomId), PendingIntent.FLAG_IMMUTABLE)
        return Notification.Action
            .Builder(null, context.getString(R.string.note_read), intent)
            .setAuthenticationRequired(true)
            .build()
    }

    private fun name(item: TimelineItem) = item.senderName ?: item.sender.removePrefix("@").substringBefore(':')

    private fun words(item: TimelineItem): String =
        when (val content = item.content) {
            is ItemContent.Text -> content.body
            is ItemContent.Media -> content.caption ?: content.attachment.name
            is ItemContent.Place -> context.getString(R.string.note_position)
            else -> context.getString(R.string.note_other)
        }

    /** What policy allows, and less while the device is locked. */
    private suspend fun preview(client: Client): Preview {
        if (context.getSystemService(KeyguardManager::class.java).isDeviceLocked) return Preview.NONE
        return when ((value(client, "push.preview") as? PolicyValue.Text)?.text) {
            "full" -> Preview.FULL
            "sender" -> Preview.SENDER
            else -> Preview.NONE
        }
    }

    private suspend fun quietHours(client: Client): Boolean {
        val text = (value(client, "push.quiet_hours") as? PolicyValue.Text)?.text ?: return false
        val (from, until) = text.split('-').mapNotNull { runCatching { LocalTime.parse(it) }.getOrNull() }.takeIf { it.size == 2 } ?: return false
        val time = now()
        return if (from <= until) time >= from && time < until else time >= from || time < until
    }

    private suspend fun value(
        client: Client,
        key: String,
    ): PolicyValue? = client.policy().firstOrNull { it.key == key }?.value

    /** Each time that the device is locked or unlocked: what may be shown is another. */
    private fun deviceLocks(): Flow<Unit> =
        callbackFlow {
            val receiver =
                object : BroadcastReceiver() {
                    override fun onReceive(
                        context: Context,
                        intent: Intent,
                    ) {
                        trySend(Unit)
                    }
                }
            val filter = IntentFilter(Intent.ACTION_USER_PRESENT).apply { addAction(Intent.ACTION_SCREEN_OFF) }
            context.registerReceiver(receiver, filter, Context.RECEIVER_NOT_EXPORTED)
            awaitClose { context.unregisterReceiver(receiver) }
        }.onStart { emit(Unit) }

    /**
     * Says that somebody asks the officer for something that is no message, or not any more. Who and what is behind the touch:
     * nothing of it is here, whatever policy says of messages.
     */
    suspend fun asked(
        client: Client?,
        waits: Boolean,
    ): Unit =
        one.withLock {
            if (!waits) {
                manager.cancel(ASKED)
                return
            }
            Channels.make(context)
            val note =
                Notification
                    .Builder(context, Channels.MESSAGES)
                    .setSmallIcon(R.drawable.note_message)
                    .setCategory(Notification.CATEGORY_MESSAGE)
                    .setContentTitle(context.getString(R.string.note_asked))
                    .setContentIntent(Channels.openApp(context, null))
                    .setOnlyAlertOnce(client != null && quietHours(client))
                    .setAutoCancel(true)
                    .setVisibility(Notification.VISIBILITY_PUBLIC)
            manager.notify(ASKED, note.build())
        }

    /** Takes everything away. */
    private suspend fun clear() =
        one.withLock {
            manager.cancel(ASKED)
            announced.keys.forEach { manager.cancel(it, NOTE) }
            announced.clear()
        }

    companion object {
        internal const val NOTE = 2
        internal const val ASKED = 3
        private const val MOST = 10
    }
}

package eu.qroc.platform

import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent

/** The kinds of notifications, as the system's settings list them, and where a touch leads. */
object Channels {
    /** What colleagues write. */
    const val MESSAGES = "messages"

    /** That the own position is shared. */
    const val SHARING = "sharing"

    /** Names the room that the app is to open. */
    const val ROOM = "eu.qroc.room"

    /** Makes them; making them again changes their names alone. */
    fun make(context: Context) {
        val messages =
            NotificationChannel(MESSAGES, context.getString(R.string.channel_messages), NotificationManager.IMPORTANCE_HIGH)
        val sharing =
            NotificationChannel(SHARING, context.getString(R.string.channel_sharing), NotificationManager.IMPORTANCE_LOW)
        context.getSystemService(NotificationManager::class.java).createNotificationChannels(listOf(messages, sharing))
    }

    /** Opens the app, at a room where one is named. */
    fun openApp(
        context: Context,
        roomId: String?,
    ): PendingIntent? {
        val launch = context.packageManager.getLaunchIntentForPackage(context.packageName) ?: return null
        val intent = Intent(launch).addFlags(Intent.FLAG_ACTIVITY_SINGLE_TOP or Intent.FLAG_ACTIVITY_CLEAR_TOP)
        if (roomId != null) intent.putExtra(ROOM, roomId)
        // One for each room: the extras of an intent do not tell two apart.
        return PendingIntent.getActivity(context, roomId.hashCode(), intent, PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT)
    }
}

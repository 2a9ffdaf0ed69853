package eu.qroc.platform

import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Service
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.IBinder
import android.text.format.DateFormat
import eu.qroc.bridge.Client
import eu.qroc.bridge.LocationShare
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.SharePace
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.util.Date
import kotlin.time.Duration.Companion.minutes

/**
 * Shares the position while the app is not on the screen: a service in the foreground, whose notification says with which
 * rooms and until when, and stops it with one touch.
 */
class SharingService : Service() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    private val jobs = mutableMapOf<String, Job>()
    private val shares = mutableMapOf<String, LocationShare>()
    private val stopped = mutableSetOf<String>()

    override fun onBind(intent: Intent?): IBinder? = null

    override fun onStartCommand(
        intent: Intent?,
        flags: Int,
        startId: Int,
    ): Int {
        val roomId = intent?.getStringExtra(ROOM)
        try {
            // At once, also where there is nothing to do: the system ends an app that promised and did not.
            startForeground(NOTE, note(), ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION)
        } catch (_: SecurityException) {
            // Without the permission there is no such service.
            roomId?.let { ended(it, Ending.NOT_ALLOWED) }
            stopSelf()
            return START_NOT_STICKY
        }
        when (intent?.action) {
            START -> if (roomId != null) begin(roomId, intent)
            STOP -> (roomId?.let(::listOf) ?: jobs.keys.toList()).forEach(::stop)
        }
        if (jobs.isEmpty()) stopSelf()
        // What is begun anew after the process was killed would be nobody's decision.
        return START_NOT_STICKY
    }

    private fun begin(
        roomId: String,
        intent: Intent,
    ) {
        if (roomId in jobs) return
        val client = Duty.of(this).client.value
        if (client == null) {
            ended(roomId, Ending.FAILED)
            return
        }
        val minutes = intent.getIntExtra(MINUTES, 0)
        val until = if (minutes > 0) System.currentTimeMillis() + minutes.minutes.inWholeMilliseconds else null
        running.update { it + (roomId to Sharing(intent.getStringExtra(NAME).orEmpty(), until)) }
        jobs[roomId] = scope.launch(start = CoroutineStart.LAZY) { share(client, roomId, minutes) }
        jobs[roomId]?.start()
        show()
    }

    private suspend fun share(
        client: Client,
        roomId: String,
        minutes: Int,
    ) {
        var ending = Ending.OVER
        try {
            PhoneLocation(this).use { source ->
                client.room(roomId).use { room ->
                    room.shareLocation(source, SharePace.AUTO, minutes.takeIf { it > 0 }?.minutes).use { share ->
                        shares[roomId] = share
                        if (roomId in stopped) share.stop()
                        share.ended()
                    }
                }
            }
        } catch (_: QrocException.Policy) {
            ending = Ending.FORBIDDEN
        } catch (_: QrocException) {
            ending = Ending.FAILED
        } finally {
            shares -= roomId
            stopped -= roomId
            jobs -= roomId
            ended(roomId, ending)
            if (jobs.isEmpty()) stopSelf() else show()
        }
    }

    private fun stop(roomId: String) {
        // It ends when the others know; until then the notification stays.
        stopped += roomId
        shares[roomId]?.stop()
    }

    private fun ended(
        roomId: String,
        ending: Ending,
    ) {
        running.update { it - roomId }
        last.value = roomId to ending
    }

    private fun show() = getSystemService(NotificationManager::class.java).notify(NOTE, note())

    private fun note(): Notification {
        Channels.make(this)
        val now = running.value.values
        val clock = DateFormat.getTimeFormat(this)
        val lines =
            now.map { one ->
                val until = one.until
                if (until == null) getString(R.string.sharing_with, one.room) else getString(R.string.sharing_until, one.room, clock.format(Date(until)))
            }
        val stop =
            PendingIntent.getService(this, 0, Intent(this, SharingService::class.java).setAction(STOP), PendingIntent.FLAG_IMMUTABLE)
        return Notification
            .Builder(this, Channels.SHARING)
            .setSmallIcon(R.drawable.note_position)
            .setContentTitle(getString(R.string.sharing_title))
            .setContentText(lines.joinToString())
            .setStyle(Notification.BigTextStyle().bigText(lines.joinToString("\n")))
            .setOngoing(true)
            .setForegroundServiceBehavior(Notification.FOREGROUND_SERVICE_IMMEDIATE)
            // With whom is nobody's business who finds the phone; that it is shared, is.
            .setVisibility(Notification.VISIBILITY_PRIVATE)
            .setPublicVersion(
                Notification
                    .Builder(this, Channels.SHARING)
                    .setSmallIcon(R.drawable.note_position)
                    .setContentTitle(getString(R.string.sharing_title))
                    .build(),
            ).setContentIntent(Channels.openApp(this, null))
            .addAction(Notification.Action.Builder(null, getString(R.string.sharing_stop), stop).build())
            .build()
    }

    override fun onDestroy() {
        // The others see it end when its time is over, or when the app says so the next time.
        shares.values.forEach { runCatching { it.stop() } }
        running.value = emptyMap()
        scope.cancel()
        super.onDestroy()
    }

    /** A sharing that goes on: with which room, and until when, in milliseconds since 1970. */
    data class Sharing(
        val room: String,
        val until: Long?,
    )

    /** How a sharing ended. */
    enum class Ending { OVER, FORBIDDEN, NOT_ALLOWED, FAILED }

    companion object {
        private const val START = "eu.qroc.platform.SHARE"
        private const val STOP = "eu.qroc.platform.STOP_SHARING"
        private const val ROOM = "room"
        private const val NAME = "name"
        private const val MINUTES = "minutes"
        private const val NOTE = 1
        private val running = MutableStateFlow(emptyMap<String, Sharing>())
        private val last = MutableStateFlow<Pair<String, Ending>?>(null)

        /** What is shared now, by room. */
        val sharings: StateFlow<Map<String, Sharing>> get() = running

        /** The sharing that ended last. */
        val lastEnding: StateFlow<Pair<String, Ending>?> get() = last

        /** Begins to share with a room, for so many minutes; 0: for as long as policy allows. */
        fun start(
            context: Context,
            roomId: String,
            room: String,
            minutes: Int,
        ) {
            last.value = null
            context.startForegroundService(intent(context, START, roomId).putExtra(NAME, room).putExtra(MINUTES, minutes))
        }

        /** Stops sharing with a room. */
        fun stop(
            context: Context,
            roomId: String,
        ) {
            context.startForegroundService(intent(context, STOP, roomId))
        }

        private fun intent(
            context: Context,
            action: String,
            roomId: String,
        ) = Intent(context, SharingService::class.java).setAction(action).putExtra(ROOM, roomId)
    }
}

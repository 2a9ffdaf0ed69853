package eu.qroc.platform

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import eu.qroc.bridge.QrocException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Fetches and sends while the app is not on the screen, when the system thinks it a good time. */
class SyncJob : JobService() {
    private var running: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        val duty = Duty.of(this)
        running = duty.scope.launch { jobFinished(parameters, !sync(this@SyncJob, duty)) }
        return true
    }

    override fun onStopJob(parameters: JobParameters): Boolean {
        running?.cancel()
        // What is not done is done later.
        return true
    }

    companion object {
        private const val REGULAR = 1
        private const val SOON = 2
        private val LIMIT = 25.seconds
        private val EVERY = 15.minutes

        /** Asks for a sync every quarter of an hour, also after the device was restarted; over networks that cost, or not. */
        fun schedule(
            context: Context,
            metered: Boolean,
        ) {
            val job =
                JobInfo
                    .Builder(REGULAR, ComponentName(context, SyncJob::class.java))
                    .setPeriodic(EVERY.inWholeMilliseconds)
                    .setRequiredNetworkType(if (metered) JobInfo.NETWORK_TYPE_ANY else JobInfo.NETWORK_TYPE_UNMETERED)
                    .setPersisted(true)
                    .build()
            context.getSystemService(JobScheduler::class.java).schedule(job)
        }

        /** Asks for one as soon as there is a network: something waits to be sent. */
        fun soon(context: Context) {
            val job =
                JobInfo
                    .Builder(SOON, ComponentName(context, SyncJob::class.java))
                    .setExpedited(true)
                    .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                    .setBackoffCriteria(JobInfo.DEFAULT_INITIAL_BACKOFF_MILLIS, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
                    .build()
            context.getSystemService(JobScheduler::class.java).schedule(job)
        }

        /** Nobody is signed in any more. */
        fun cancel(context: Context) = context.getSystemService(JobScheduler::class.java).cancelAll()

        /** Says whether all was done; what nobody can do without a person counts as done. */
        internal suspend fun sync(
            context: Context,
            duty: Duty,
        ): Boolean =
            when (val woken = duty.wake()) {
                is Woken.Open ->
                    try {
                        if (!duty.attended.value) {
                            woken.client.syncOnce(LIMIT)
                            val rooms = woken.client.rooms().first()
                            Duty.announcer(context).show(woken.client, rooms, quiet = false)
                        }
                        true
                    } catch (_: QrocException) {
                        false
                    }
                Woken.Nobody -> {
                    cancel(context)
                    true
                }
                Woken.Locked -> true
                is Woken.Failed -> false
            }
    }
}

package eu.qroc.app

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Build
import kotlinx.coroutines.CompletableDeferred
import java.util.concurrent.atomic.AtomicInteger

/** Questions to other apps and to the system, whose answers come to the activity. */
internal class Answers(
    private val front: () -> Activity?,
) {
    private val waiting = mutableMapOf<Int, CompletableDeferred<Intent?>>()
    private val numbers = AtomicInteger(1)

    /** Starts what answers; what comes back where the officer agreed, an empty intent where nothing does, else nothing. */
    suspend fun ask(intent: Intent): Intent? =
        wait { activity, number ->
            @Suppress("DEPRECATION")
            activity.startActivityForResult(intent, number)
        }

    /** Asks the system for a permission; says whether it is granted. */
    suspend fun permission(vararg names: String): Boolean =
        wait { activity, number -> activity.requestPermissions(names.toList().toTypedArray(), number) } != null

    private suspend fun wait(start: (Activity, Int) -> Unit): Intent? {
        val activity = front() ?: return null
        val number = numbers.getAndIncrement() % MOST + 1
        val answer = CompletableDeferred<Intent?>()
        waiting[number] = answer
        return try {
            start(activity, number)
            answer.await()
        } catch (_: ActivityNotFoundException) {
            null
        } finally {
            waiting -= number
        }
    }

    /** An answer has come. */
    fun result(
        number: Int,
        result: Int,
        data: Intent?,
    ) {
        waiting.remove(number)?.complete(if (result == Activity.RESULT_OK) data ?: Intent() else null)
    }

    private companion object {
        /** Numbers that the system takes for sure. */
        const val MOST = 200
    }
}

/** Permissions, each asked for when it is needed and no sooner. */
internal class Permissions(
    private val context: Context,
    private val answers: Answers,
    private val settings: Settings,
) {
    fun has(name: String): Boolean = context.checkSelfPermission(name) == PackageManager.PERMISSION_GRANTED

    /** Asks once after signing in; who said no finds it in the system's settings. */
    suspend fun askForNotifications() {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return
        val name = Manifest.permission.POST_NOTIFICATIONS
        if (has(name) || settings.asked(name)) return
        settings.ask(name)
        answers.permission(name)
    }

    /** Where the officer is: asked for when it is to be shared or sent. */
    suspend fun location(): Boolean =
        has(Manifest.permission.ACCESS_FINE_LOCATION) ||
            has(Manifest.permission.ACCESS_COARSE_LOCATION) ||
            answers.permission(Manifest.permission.ACCESS_FINE_LOCATION, Manifest.permission.ACCESS_COARSE_LOCATION)
}

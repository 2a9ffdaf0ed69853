package eu.qroc.platform

import android.content.ClipData
import android.content.ClipDescription
import android.content.ClipboardManager
import android.content.Context
import android.os.PersistableBundle
import android.view.Window
import android.view.WindowManager
import eu.qroc.bridge.Client
import eu.qroc.bridge.PolicyAction
import eu.qroc.bridge.QrocException

/** What the system may take out of a window: pictures of it (`share.screenshots`) and copied texts (`share.clipboard`). */
object ScreenGuard {
    /** Keeps the system from taking pictures of the window, also for the list of recent apps; true until policy was read. */
    fun secure(
        window: Window,
        secure: Boolean,
    ) {
        if (secure) {
            window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
        } else {
            window.clearFlags(WindowManager.LayoutParams.FLAG_SECURE)
        }
    }

    /** Does so for as long as policy says so; goes on until cancelled or the account is closed. */
    suspend fun follow(
        window: Window,
        client: Client,
    ) {
        try {
            secure(window, !client.explain(PolicyAction.Screenshot).allowed)
            client.policyChanges.collect { secure(window, !client.explain(PolicyAction.Screenshot).allowed) }
        } catch (_: QrocException) {
            // Nobody's contents are shown any more.
        } finally {
            secure(window, true)
        }
    }
}

/** The clipboard under `share.clipboard`: the system's, one within the app, or none. */
class GuardedClipboard(
    private val context: Context,
    private val client: () -> Client?,
) {
    private val system = context.getSystemService(ClipboardManager::class.java)
    private var inside: String? = null

    /** Copies as far as policy allows; says whether it did. */
    fun copy(text: String): Boolean {
        val client = client() ?: return false
        return try {
            when {
                client.explain(PolicyAction.Copy(inside = false)).allowed -> {
                    val clip = ClipData.newPlainText("", text)
                    // Not shown in the system's preview of what was copied.
                    clip.description.extras = PersistableBundle().apply { putBoolean(SENSITIVE, true) }
                    system.setPrimaryClip(clip)
                    inside = null
                    true
                }
                client.explain(PolicyAction.Copy(inside = true)).allowed -> {
                    inside = text
                    true
                }
                else -> false
            }
        } catch (_: QrocException) {
            false
        }
    }

    /** What can be pasted here: what was copied here last, else what another app copied. */
    fun paste(): String? =
        inside ?: system.primaryClip?.takeIf { it.itemCount > 0 }?.getItemAt(0)?.coerceToText(context)?.toString()

    /** Forgets what was copied within the app: it was signed out or locked. */
    fun clear() {
        inside = null
    }

    private companion object {
        /** [ClipDescription.EXTRA_IS_SENSITIVE], which is older than its name. */
        const val SENSITIVE = "android.content.extra.IS_SENSITIVE"
    }
}

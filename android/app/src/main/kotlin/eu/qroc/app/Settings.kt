package eu.qroc.app

import android.content.Context

/** What is kept of the looks, and how the account is opened; nothing of it is secret. */
internal class Settings(
    context: Context,
) {
    private val stored = context.getSharedPreferences("looks", Context.MODE_PRIVATE)

    /** Whether each opening takes a finger or a face; chosen before signing in. */
    var fingerprint: Boolean
        get() = stored.getBoolean(FINGERPRINT, false)
        set(value) = stored.edit().putBoolean(FINGERPRINT, value).apply()

    /** Whether the officer was asked for a permission before. */
    fun asked(permission: String): Boolean = stored.getBoolean(ASKED + permission, false)

    fun ask(permission: String) = stored.edit().putBoolean(ASKED + permission, true).apply()

    fun looks(): Map<String, String> =
        stored.all.filterKeys { it.startsWith(LOOKS) }.map { (key, value) -> key.removePrefix(LOOKS) to value.toString() }.toMap()

    fun looks(looks: Map<String, String>) {
        val editor = stored.edit()
        looks.forEach { (key, value) -> editor.putString(LOOKS + key, value) }
        editor.apply()
    }

    private companion object {
        const val FINGERPRINT = "fingerprint"
        const val ASKED = "asked."
        const val LOOKS = "looks."
    }
}

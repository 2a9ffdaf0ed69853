package eu.qroc.platform

import android.app.Activity
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.hardware.biometrics.BiometricPrompt
import android.os.CancellationSignal
import eu.qroc.bridge.VaultException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import javax.crypto.Cipher
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

/** Shows the system's own dialog for a finger or a face, over the activity that is in front, and binds it to the cipher. */
class BiometricPresence(
    /** The activity in front; nothing where nobody can be asked. */
    private val front: () -> Activity?,
) : Presence {
    override suspend fun confirm(cipher: Cipher): Cipher =
        withContext(Dispatchers.Main) {
            val activity = front() ?: throw VaultException.UserPresenceNeeded()
            ask(activity, cipher)
        }

    private suspend fun ask(
        activity: Activity,
        cipher: Cipher,
    ): Cipher =
        suspendCancellableCoroutine { answer ->
            val signal = CancellationSignal()
            answer.invokeOnCancellation { signal.cancel() }

            fun refuse() {
                if (answer.isActive) answer.resumeWithException(VaultException.UserPresenceNeeded())
            }
            val callback =
                object : BiometricPrompt.AuthenticationCallback() {
                    override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) {
                        // Only what this answer unlocked is of use: a yes without it is none.
                        val unlocked = result.cryptoObject?.cipher
                        if (unlocked == null) refuse() else if (answer.isActive) answer.resume(unlocked)
                    }

                    override fun onAuthenticationError(
                        code: Int,
                        text: CharSequence,
                    ) = refuse()
                }
            BiometricPrompt
                .Builder(activity)
                .setTitle(activity.getString(R.string.presence_title))
                .setSubtitle(activity.getString(R.string.presence_text))
                .setNegativeButton(activity.getString(R.string.presence_cancel), activity.mainExecutor) { _, _ -> refuse() }
                .setAllowedAuthenticators(BIOMETRIC_STRONG)
                .build()
                .authenticate(BiometricPrompt.CryptoObject(cipher), signal, activity.mainExecutor, callback)
        }

    companion object {
        /** Whether a finger or a face is enrolled that is strong enough to open keys. */
        fun available(activity: Activity): Boolean =
            activity.getSystemService(BiometricManager::class.java)?.canAuthenticate(BIOMETRIC_STRONG) ==
                BiometricManager.BIOMETRIC_SUCCESS
    }
}

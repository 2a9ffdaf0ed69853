package eu.qroc.bridge

import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import eu.qroc.bridge.generated.InternalException
import eu.qroc.bridge.generated.QrocException as Generated

/**
 * What the core could not do, sorted by what a screen does about it.
 *
 * @property code what it was: stable, for programs and logs; nothing of a user is in it.
 * @property textKey names the text to show, in the app's languages; [Client.errorTextKeys] lists them all.
 */
public sealed class QrocException(
    public val code: String,
    public val textKey: String,
) : Exception(code) {
    /** The network or the server cannot be used now: offer to try again. What was queued is sent by itself. */
    public class Network internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** The server asks to wait for [retryAfter]. */
    public class RateLimited internal constructor(
        code: String,
        textKey: String,
        public val retryAfter: Duration,
    ) : QrocException(code, textKey)

    /** Nobody is signed in, or not any more: show the sign-in. */
    public class SignIn internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** Contents are locked: ask for what unlocks them, or say who can. */
    public class Locked internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** The server, or a rule of the room, forbids it. */
    public class Forbidden internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** The organisation's policy forbids it: explain by [policyKey] and [policySource]. */
    public class Policy internal constructor(
        code: String,
        textKey: String,
        public val policyKey: String,
        public val policySource: String,
    ) : QrocException(code, textKey)

    /** What was named does not exist here. */
    public class NotFound internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** What was given cannot be used: a word, an id, a file. */
    public class BadInput internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** Another process has the profile open. */
    public class InUse internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** The device's storage cannot be read or written. */
    public class Storage internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** The object was closed: make a new one. */
    public class Closed internal constructor(code: String, textKey: String) : QrocException(code, textKey)

    /** A fault of this program or of the platform's own code. */
    public class Internal internal constructor(code: String, textKey: String) : QrocException(code, textKey)
}

internal fun Generated.toBridge(): QrocException =
    when (this) {
        is Generated.Network -> QrocException.Network(code, textKey)
        is Generated.RateLimited -> QrocException.RateLimited(code, textKey, retryAfter.toKotlinDuration())
        is Generated.SignIn -> QrocException.SignIn(code, textKey)
        is Generated.Locked -> QrocException.Locked(code, textKey)
        is Generated.Forbidden -> QrocException.Forbidden(code, textKey)
        is Generated.Policy -> QrocException.Policy(code, textKey, policyKey, policySource)
        is Generated.NotFound -> QrocException.NotFound(code, textKey)
        is Generated.BadInput -> QrocException.BadInput(code, textKey)
        is Generated.InUse -> QrocException.InUse(code, textKey)
        is Generated.Storage -> QrocException.Storage(code, textKey)
        is Generated.Closed -> QrocException.Closed(code, textKey)
        is Generated.Internal -> QrocException.Internal(code, textKey)
    }

internal fun closed(): QrocException = QrocException.Closed("closed", "error_closed")

internal fun internalFault(): QrocException = QrocException.Internal("panic", "error_panic")

/** Runs a call of the generated code, and says in our own words what went wrong. */
internal inline fun <T> translated(call: () -> T): T =
    try {
        call()
    } catch (error: Generated) {
        throw error.toBridge()
    } catch (error: InternalException) {
        throw internalFault()
    }

package eu.qroc.bridge

import eu.qroc.bridge.generated.PushRegistration as GeneratedPushRegistration
import eu.qroc.bridge.generated.PushService as GeneratedPushService
import eu.qroc.bridge.generated.PushState as GeneratedPushState

/** The service that wakes the phone. */
public enum class PushService {
    /** Apple's: its messages wake the notification extension. */
    APPLE,

    /** Any other: its messages wake the app. */
    OTHER,
}

/**
 * What the platform gave the app to be woken by.
 *
 * @property appId names the app to the organisation's gateway, 1 to 64 bytes.
 * @property token names the app on this phone to its service, 1 to 512 bytes: for Apple's the token in base64.
 * @property service whose token it is.
 */
public data class PushRegistration(
    public val appId: String,
    public val token: String,
    public val service: PushService = PushService.OTHER,
) {
    // Whoever knows the token can wake the phone.
    override fun toString(): String = "PushRegistration(service=$service)"
}

/** How it stands with push messages. */
public enum class PushState {
    /** Nobody wants them. */
    OFF,

    /** They are wanted, and policy names no gateway (`push.gateway_url`): nothing is told to anybody. */
    NO_GATEWAY,

    /** The server is told as soon as it answers. */
    WAITING,

    /** The server sends them. */
    ON,

    /** The server does not take them. */
    REFUSED,
}

/**
 * Wants push messages for what the platform gave the app to be woken by; another token replaces the one before, and saying
 * the same again costs nothing. Kept when this returns; the server is told while the client runs. They go through the
 * gateway that policy names and carry ids alone. A change: it runs to its end.
 */
public suspend fun Client.setPush(registration: PushRegistration) {
    val service =
        when (registration.service) {
            PushService.APPLE -> GeneratedPushService.APPLE
            PushService.OTHER -> GeneratedPushService.OTHER
        }
    val wanted = GeneratedPushRegistration(registration.appId, registration.token, service)
    inner.call { it.setPush(wanted) }
}

/** Wants no push messages any more. A change: it runs to its end. */
public suspend fun Client.clearPush(): Unit = inner.call { it.clearPush() }

/** How it stands with push messages. */
public fun Client.pushState(): PushState =
    when (inner.now { it.pushState() }) {
        GeneratedPushState.OFF -> PushState.OFF
        GeneratedPushState.NO_GATEWAY -> PushState.NO_GATEWAY
        GeneratedPushState.WAITING -> PushState.WAITING
        GeneratedPushState.ON -> PushState.ON
        GeneratedPushState.REFUSED -> PushState.REFUSED
    }

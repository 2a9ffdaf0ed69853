package eu.qroc.bridge

import kotlinx.coroutines.CancellationException
import eu.qroc.bridge.generated.PortFault as GeneratedPortFault

/** Answers for a port whatever it throws, errors of the JVM included: what is not caught here is never answered. */
@Suppress("TooGenericExceptionCaught")
internal inline fun <T> guarded(work: () -> T): T =
    try {
        work()
    } catch (error: CancellationException) {
        throw error
    } catch (error: Throwable) {
        throw GeneratedPortFault.Failed()
    }

package eu.qroc.ui.timeline

import androidx.compose.ui.graphics.ImageBitmap
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit

/**
 * Fetches pictures to look at, whatever policy says of saving, and files to keep. A picture is decoded from memory: nothing
 * readable comes onto the disk.
 */
internal class Transfers(
    private val session: Session,
    private val scope: CoroutineScope,
) {
    private val fetched = MutableStateFlow(emptyMap<String, ImageBitmap>())
    private val running = MutableStateFlow(emptyMap<String, Transfer>())
    private val few = Semaphore(AT_ONCE)

    /** By the key of the message, or by the transaction of one that was sent here. */
    val pictures: StateFlow<Map<String, ImageBitmap>> get() = fetched

    val transfers: StateFlow<Map<String, Transfer>> get() = running

    /** Shows what was chosen here without fetching it again. */
    fun keep(
        key: String,
        picture: ImageBitmap,
    ) = fetched.update { (it + (key to picture)).entries.toList().takeLast(MOST).associate { one -> one.toPair() } }

    /** Fetches a picture, unless it is there or on its way. */
    fun show(
        room: Room,
        key: String,
        eventId: String,
    ) {
        if (key in fetched.value || running.value[key] is Transfer.Running) return
        transfer(key) {
            few.withPermit {
                val bytes = room.contents(eventId).use { it.bytes() }
                keep(key, session.surroundings.decode(bytes) ?: throw UnreadablePicture())
            }
        }
    }

    /** Saves a file where the officer wants it. */
    fun save(
        room: Room,
        key: String,
        eventId: String,
        name: String,
        done: (String) -> Unit,
    ) = transfer(key) {
        session.surroundings.save(name) { room.download(eventId, it, overwrite = true) }?.let(done)
    }

    private fun transfer(
        key: String,
        work: suspend () -> Unit,
    ) {
        running.update { it + (key to Transfer.Running(null)) }
        scope.launch {
            var end: Transfer? = null
            try {
                work()
            } catch (error: QrocException) {
                end = Transfer.Failed(session.strings.of(error))
            } catch (_: UnreadablePicture) {
                end = Transfer.Failed(session.strings.errorFileUnsupported)
            } catch (_: java.io.IOException) {
                end = Transfer.Failed(session.strings.errorStorage)
            } finally {
                val outcome = end
                running.update { if (outcome == null) it - key else it + (key to outcome) }
            }
        }
    }

    private class UnreadablePicture : Exception()

    private companion object {
        const val AT_ONCE = 2

        /** Pictures that are kept; older ones are fetched again. */
        const val MOST = 40
    }
}

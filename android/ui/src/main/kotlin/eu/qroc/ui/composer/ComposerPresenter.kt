package eu.qroc.ui.composer

import androidx.compose.ui.graphics.ImageBitmap
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.bridge.TimelineItem
import eu.qroc.bridge.TreatAs
import eu.qroc.ui.format.coordinates
import eu.qroc.ui.format.size
import eu.qroc.ui.shell.Drafts
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import eu.qroc.ui.timeline.Reading
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.name

/** Sends text, files and places to one room. */
class ComposerPresenter internal constructor(
    private val session: Session,
    private val scope: CoroutineScope,
    private val roomId: String,
    /** Waits until the room is open. */
    private val room: suspend () -> Room,
    private val keep: (String, ImageBitmap) -> Unit,
    /** Tells what was done, in one line. */
    private val done: (String) -> Unit,
    /** Tells what could not be done. */
    private val failed: (String) -> Unit,
) {
    private val drafts = session.drafts
    private var place = Drafts.Place(roomId)
    private val shown = MutableStateFlow(ComposerState(drafts.at(place), microphone = session.surroundings.microphone != null, camera = session.surroundings.hasCamera))

    private val recorder = VoiceRecorder(session, scope, room, failed)

    /** What Reply or Edit is about. */
    private var subject: String? = null
    private var file: Path? = null

    /** What another app shares, one after the other. */
    private val next = ArrayDeque<Path>()

    /** Events that can be quoted, by id. */
    internal var quoted: Map<String, TimelineItem> = emptyMap()
    internal var reading: Reading? = null

    val state: StateFlow<ComposerState> get() = shown

    /** Begins to follow the draft: it may be read from the disk, or come back, later. */
    internal fun start() {
        scope.launch { recorder.state.collect { voice -> shown.update { it.copy(voice = voice) } } }
        scope.launch { drafts.texts.collect { shown.update { if (it.mode is ComposerMode.Edit) it else it.copy(text = drafts.at(place)) } } }
    }

    /** To a thread, or back to the room. */
    internal fun go(thread: String?) {
        drafts.leave()
        place = Drafts.Place(roomId, thread)
        subject = null
        shown.update { it.copy(text = drafts.at(place), mode = ComposerMode.New) }
    }

    /** Whether this officer has left the room. */
    internal fun left(left: Boolean) = shown.update { it.copy(left = left) }

    /** Begins an answer. */
    internal fun reply(
        eventId: String,
        sender: String,
    ) {
        subject = eventId
        val words = quoted[eventId]?.let { reading?.words(it) }.orEmpty()
        shown.update { it.copy(mode = ComposerMode.Reply(sender, words), text = fresh(it)) }
    }

    /** Begins a change. */
    internal fun edit(
        eventId: String,
        text: String,
    ) {
        subject = eventId
        shown.update { it.copy(mode = ComposerMode.Edit(text), text = text) }
    }

    /** What is in the bar, unless it is an old message that was being changed. */
    private fun fresh(state: ComposerState): String =
        if (state.mode is ComposerMode.Edit) drafts.at(place) else state.text

    /** A file that was dropped onto the window. */
    fun drop(path: Path) = attach(path, As.SEEN)

    /** Files that another app shares: each is looked at before it is sent. */
    fun bring(files: List<Path>) {
        next += files
        if (file == null) next.removeFirstOrNull()?.let { attach(it, As.SEEN) }
    }

    /** The file is not needed any more; the next one is shown. */
    private fun finish() {
        file?.let(session.surroundings::release)
        file = null
        shown.update { it.copy(attachment = null) }
        next.removeFirstOrNull()?.let { attach(it, As.SEEN) }
    }

    /** The screen is left: what was not sent is not needed any more. */
    internal fun close() {
        drafts.leave()
        recorder.cancel()
        if (shown.value.attachment?.working != true) file?.let(session.surroundings::release)
        next.forEach(session.surroundings::release)
        next.clear()
    }

    /** Does what the officer asks. */
    fun on(event: ComposerEvent) {
        when (event) {
            is ComposerEvent.Text -> type(event.text)
            ComposerEvent.Send -> send()
            ComposerEvent.CancelMode -> {
                subject = null
                shown.update { it.copy(mode = ComposerMode.New, text = fresh(it)) }
            }
            ComposerEvent.Menu -> shown.update { it.copy(menu = true) }
            ComposerEvent.CloseMenu -> shown.update { it.copy(menu = false) }
            ComposerEvent.PickPhoto -> pick(photo = true)
            ComposerEvent.PickFile -> pick(photo = false)
            ComposerEvent.TakePhoto -> takePhoto()
            ComposerEvent.Record -> recorder.begin()
            ComposerEvent.CancelVoice -> recorder.cancel()
            ComposerEvent.SendVoice -> recorder.send()
            is ComposerEvent.Caption -> change { it.copy(caption = event.text) }
            ComposerEvent.SendAttachment -> sendFile()
            ComposerEvent.DropAttachment -> {
                if (shown.value.attachment?.working != true) finish()
            }
            ComposerEvent.Position -> shown.update { it.copy(menu = false, position = PositionDraft()) }
            is ComposerEvent.PositionText -> shown.update { it.copy(position = PositionDraft(event.text)) }
            ComposerEvent.SendPosition -> sendPosition()
            ComposerEvent.ClosePosition -> shown.update { it.copy(position = null) }
        }
    }

    private fun type(text: String) {
        shown.update { it.copy(text = text) }
        if (shown.value.mode !is ComposerMode.Edit) drafts.type(place, text)
    }

    private fun send() {
        val now = shown.value
        if (!now.canSend) return
        val about = subject
        val there = place
        subject = null
        val edits = now.mode is ComposerMode.Edit
        shown.update { it.copy(text = if (edits) drafts.at(place) else "", mode = ComposerMode.New) }
        // In the account's scope and begun at once: leaving the room in the same moment loses nothing.
        session.scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                if (edits && about != null) {
                    session.client.room(roomId).use { it.edit(about, now.text.trim()) }
                } else {
                    drafts.send(there, now.text, about)
                }
            } catch (error: QrocException) {
                if (place == there) takeBack(now, about)
                failed(session.strings.of(error))
            }
        }
    }

    /** Nothing that was typed is lost: a draft has come back by itself, a change comes back here. */
    private fun takeBack(
        sent: ComposerState,
        about: String?,
    ) {
        subject = about
        val text = if (sent.mode is ComposerMode.Edit) sent.text else drafts.at(place)
        shown.update { it.copy(text = text, mode = sent.mode, returned = it.returned + 1) }
    }

    private fun pick(photo: Boolean) {
        shown.update { it.copy(menu = false) }
        scope.launch { session.surroundings.chooseFile(photo)?.let { attach(it, if (photo) As.PHOTO else As.FILE) } }
    }

    private fun takePhoto() {
        shown.update { it.copy(menu = false) }
        scope.launch { session.surroundings.takePhoto()?.let { attach(it, As.PHOTO) } }
    }

    /** What a file was chosen as; what is dropped is what it looks like. */
    private enum class As { PHOTO, FILE, SEEN }

    private fun attach(
        path: Path,
        chosen: As,
    ) {
        scope.launch {
            val bytes =
                withContext(Dispatchers.IO) {
                    try {
                        if (Files.isRegularFile(path)) Files.size(path) else null
                    } catch (_: IOException) {
                        null
                    }
                }
            if (bytes == null) {
                failed(session.strings.errorFileUnreadable)
                return@launch
            }
            val picture = if (chosen == As.FILE) null else session.surroundings.decode(path)
            file = path
            shown.update {
                it.copy(
                    attachment =
                        Attachment(
                            name = path.name,
                            photo = picture != null,
                            sourceBytes = bytes,
                            picture = picture,
                            cleaned = picture != null,
                            problem =
                                if (chosen == As.PHOTO && picture == null) session.strings.errorFileNotAPicture else null,
                        ),
                )
            }
        }
    }

    private fun change(change: (Attachment) -> Attachment) =
        shown.update { state -> state.copy(attachment = state.attachment?.let(change)) }

    private fun sendFile() {
        val path = file ?: return
        val now = shown.value.attachment ?: return
        if (now.working) return
        change { it.copy(working = true, problem = null) }
        session.scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                val treat = if (now.photo) TreatAs.IMAGE else TreatAs.FILE
                val sent = room().sendFile(path, now.caption.trim().ifEmpty { null }, treat)
                now.picture?.let { keep(sent.sent.txnId, it) }
                finish()
                if (now.photo) {
                    val strings = session.strings
                    done(strings.photoSent(size(sent.sentBytes, strings), size(sent.sourceBytes, strings)))
                }
            } catch (error: QrocException) {
                change { it.copy(working = false, problem = session.strings.of(error)) }
            }
        }
    }

    private fun sendPosition() {
        val (lat, lon) = shown.value.position?.text?.let { coordinates(it) } ?: return
        shown.update { it.copy(position = null) }
        session.scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                room().sendPlace(lat, lon)
            } catch (error: QrocException) {
                failed(session.strings.of(error))
            }
        }
    }
}

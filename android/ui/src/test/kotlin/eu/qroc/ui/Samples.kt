package eu.qroc.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Canvas
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.Paint
import eu.qroc.ui.details.DetailsState
import eu.qroc.ui.details.MemberRow
import eu.qroc.ui.devices.DeviceRow
import eu.qroc.ui.devices.DeviceTrust
import eu.qroc.ui.devices.DevicesState
import eu.qroc.ui.format.Times
import eu.qroc.ui.map.MapState
import eu.qroc.ui.map.Officer
import eu.qroc.ui.map.Place
import eu.qroc.ui.map.Way
import eu.qroc.ui.parts.Connection
import eu.qroc.ui.policy.PolicyState
import eu.qroc.ui.policy.Rule
import eu.qroc.ui.policy.RuleGroup
import eu.qroc.ui.queue.QueueItemState
import eu.qroc.ui.queue.QueueKind
import eu.qroc.ui.queue.QueueRow
import eu.qroc.ui.queue.QueueState
import eu.qroc.ui.recovery.BackupStanding
import eu.qroc.ui.recovery.KeyStanding
import eu.qroc.ui.recovery.RecoveryState
import eu.qroc.ui.recovery.Standing
import eu.qroc.ui.rooms.RoomKind
import eu.qroc.ui.rooms.RoomRow
import eu.qroc.ui.rooms.RoomsState
import eu.qroc.ui.settings.LANGUAGES
import eu.qroc.ui.settings.SettingsState
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Entry
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.Played
import eu.qroc.ui.timeline.Notice
import eu.qroc.ui.timeline.NoticeText
import eu.qroc.ui.timeline.Quote
import eu.qroc.ui.timeline.Reaction
import eu.qroc.ui.timeline.SendState
import eu.qroc.ui.timeline.TimelineState
import eu.qroc.ui.timeline.Transfer
import eu.qroc.ui.timeline.arrange
import eu.qroc.ui.verify.Modules
import eu.qroc.ui.verify.Sign
import eu.qroc.ui.verify.Trust
import eu.qroc.ui.verify.VerifyState
import eu.qroc.ui.verify.VerifyStep
import java.time.ZoneOffset

/** A Sunday in November, half past two. */
const val NOW = 1_795_357_800_000L
const val MINUTE = 60_000L
const val DAY = 24 * 60 * MINUTE

/** What people wrote: the only words on a screen that are not in the resources. */
object Said {
    val words = (listOf("QROC") + LANGUAGES.values).toCollection(linkedSetOf())
}

fun said(text: String): String = text.also { Said.words += it }

fun times(strings: Strings) = Times(strings, ZoneOffset.UTC) { NOW }

val LONG = said("Joint operations room for the northern harbour, piers four to nineteen, including the customs yard")

val harbour = said("Harbour incident")
val lisbon = said("Ana Lisboa")
val madrid = said("Jorge Madrid")

val rooms =
    RoomsState(
        selectedId = "!1",
        rooms =
            listOf(
                RoomRow("!0", said("Night watch"), invitation = true, lastSender = madrid),
                RoomRow(
                    "!1",
                    harbour,
                    RoomKind.INCIDENT,
                    unread = 3,
                    lastSender = madrid,
                    lastText = said("White van at pier four"),
                    lastTs = NOW - 2 * MINUTE,
                ),
                RoomRow("!2", lisbon, RoomKind.DIRECT, lastText = said("On my way"), lastTs = NOW - 50 * MINUTE, sending = 1),
                RoomRow(
                    "!3",
                    said("Patrol south"),
                    unread = 12,
                    atLeast = true,
                    lastSender = lisbon,
                    lastText = said("Checkpoint 01 is manned"),
                    lastTs = NOW - DAY,
                ),
                RoomRow("!4", said("Σχέδιο Αθήνα"), lastTs = NOW - 3 * DAY, draft = said("Θα είμαι εκεί")),
                RoomRow(
                    "!5",
                    said("All stations"),
                    RoomKind.BROADCAST,
                    lastSender = said("Control room"),
                    lastText = said("Radio test at noon"),
                    lastTs = NOW - 9 * DAY,
                    failed = 2,
                    encrypted = false,
                ),
                RoomRow("!6", said("Shift 3")),
            ),
    )

val longRooms =
    rooms.copy(
        rooms =
            listOf(
                RoomRow("!0", LONG, invitation = true, lastSender = LONG),
                RoomRow("!1", LONG, unread = 1234, lastSender = LONG, lastText = LONG, lastTs = NOW - 9 * DAY, failed = 1),
                RoomRow("!2", LONG, RoomKind.DIRECT, draft = LONG, lastTs = NOW - DAY, sending = 7, encrypted = false),
            ),
    )

val offline = Connection(Connection.Kind.OFFLINE, since = NOW - 12 * MINUTE, waiting = 2)

/** A picture of a sky over water: no file is needed. */
val picture: ImageBitmap =
    ImageBitmap(160, 120).also { bitmap ->
        val canvas = Canvas(bitmap)
        fun box(color: Long, top: Float, height: Float) =
            canvas.drawRect(
                androidx.compose.ui.geometry.Rect(Offset(0f, top), Size(160f, height)),
                Paint().apply { this.color = Color(color) },
            )
        box(0xFF8FB8DE, 0f, 70f)
        box(0xFF2F5D7C, 70f, 50f)
        canvas.drawCircle(Offset(120f, 30f), 14f, Paint().apply { color = Color(0xFFFFE08A) })
    }

private var keys = 0

fun message(
    text: String,
    sender: String = madrid,
    ago: Long = MINUTE,
    own: Boolean = false,
    body: Body = Body.Text(said(text)),
    state: SendState = SendState.SENT,
    key: String = "k${keys++}",
    reply: Quote? = null,
    reactions: List<Reaction> = emptyList(),
    seenBy: List<String> = emptyList(),
    edited: Boolean = false,
    thread: String? = null,
    answers: Int = 0,
    failure: String? = null,
    encrypted: Boolean = true,
) = Message(
    key = key,
    eventId = if (state == SendState.SENT) "$$key" else null,
    sender = sender,
    senderName = sender,
    own = own,
    ts = NOW - ago,
    body = body,
    state = state,
    failure = failure,
    edited = edited,
    reply = reply,
    thread = thread,
    answers = answers,
    reactions = reactions,
    seenBy = seenBy,
    encrypted = encrypted,
)

fun entries(vararg entries: Entry, unread: String? = null) =
    arrange(entries.toList(), unread) { times(StringsEn).dayOf(it) }

val talk =
    entries(
        Notice("n1", NoticeText.CREATED, lisbon, NOW - DAY - 3 * MINUTE),
        message("All units: white van, seen at pier four", lisbon, DAY, seenBy = listOf(madrid)),
        message("Copy", ago = DAY - MINUTE, reactions = listOf(Reaction("👍", listOf(lisbon, madrid), true))),
        message("Two people got out and went to the customs yard", ago = 20 * MINUTE, edited = true),
        message("Plate ends in 42", ago = 19 * MINUTE, answers = 2),
        message(
            "On my way",
            lisbon,
            18 * MINUTE,
            own = true,
            reply = Quote("k", madrid, said("Plate ends in 42")),
            seenBy = listOf(madrid),
        ),
        message("Which entrance?", ago = 5 * MINUTE, key = "fresh"),
        message("The north one, by the crane", lisbon, 4 * MINUTE, own = true, thread = "\$t"),
        message("Wait for us", lisbon, MINUTE, own = true, state = SendState.QUEUED),
        unread = "fresh",
    )

val changes =
    entries(
        Notice("c1", NoticeText.CREATED, lisbon, NOW - 9 * MINUTE),
        Notice("c2", NoticeText.ENCRYPTED, lisbon, NOW - 9 * MINUTE),
        Notice("c3", NoticeText.NAMED, lisbon, NOW - 8 * MINUTE, detail = harbour),
        Notice("c4", NoticeText.TOPIC, lisbon, NOW - 8 * MINUTE, detail = said("Container port, piers 3 to 5, and what lies behind the customs yard")),
        Notice("c5", NoticeText.INVITED, lisbon, NOW - 7 * MINUTE, whom = madrid),
        Notice("c6", NoticeText.JOINED, madrid, NOW - 6 * MINUTE),
        message("Copy", ago = 5 * MINUTE),
        Notice("c7", NoticeText.REMOVED, lisbon, NOW - 4 * MINUTE, whom = LONG, detail = said("Wrong room")),
        Notice("c8", NoticeText.ASKED, madrid, NOW - 3 * MINUTE),
        Notice("c9", NoticeText.BANNED, lisbon, NOW - 2 * MINUTE, whom = madrid),
        Notice("c10", NoticeText.LEFT, madrid, NOW - MINUTE, detail = said("End of shift")),
    )

val media =
    entries(
        message("", body = Body.Picture(said("pier.jpg"), 184_320, 1600, 1200, picture = picture, caption = said("North gate"))),
        message("", body = Body.Picture(said("yard.jpg"), 2_300_000, 1200, 1600, Transfer.Running(0.4f))),
        message("", body = Body.Picture(said("van.jpg"), 90_000, 800, 300, Transfer.Failed(said("No network. Tap to try again.")))),
        message("", own = true, body = Body.File(said("warrant-2026-11.pdf"), said("application/pdf"), 1_240_000)),
        message("", body = Body.Position(38.7071, -9.13549, 12.0, NOW - 2 * MINUTE)),
        message("", body = Body.Position(-33.8688, 151.2093, null, NOW - 40 * MINUTE)),
    )

val trouble =
    entries(
        message("", body = Body.Unreadable(eu.qroc.ui.timeline.UnreadableReason.NO_KEY_YET)),
        message("", body = Body.Unreadable(eu.qroc.ui.timeline.UnreadableReason.KEY_WITHHELD)),
        message("", body = Body.Unreadable(eu.qroc.ui.timeline.UnreadableReason.DAMAGED), ago = 5),
        message("", body = Body.Removed, own = true),
        message("", body = Body.Unknown(said("m.poll.start"))),
        message("Plain words", encrypted = false),
        message(
            "Box 12 is open",
            own = true,
            state = SendState.FAILED,
            failure = said("You are no longer in this room."),
        ),
    )

/** As somebody speaks: words with pauses between them. */
val levels: List<Float> = List(60) { (it * 37 % 23) / 23f * if (it % 11 < 8) 1f else 0.1f }

val voices =
    listOf(
        message("", own = true, body = Body.Voice("voice.ogg", 42_000, 14_200, levels)),
        message("", body = Body.Voice("voice.ogg", 61_000, 21_000, levels, Played("", 8_000, running = true))),
        message("", body = Body.Voice("voice.ogg", 9_000, 3_000, emptyList(), Played("", 1_000, running = false))),
    )

val timeline = TimelineState("!1", harbour, members = 5, entries = talk)

val map =
    MapState(
        "!1",
        harbour,
        officers =
            listOf(
                Officer(
                    "@madrid:qroc.test",
                    madrid,
                    Place(38.70713, -9.13549),
                    accuracy = 12.0,
                    measured = NOW - 20_000,
                    speed = 9.7,
                    heading = 70,
                    until = NOW + 40 * MINUTE,
                    distance = 412.0,
                    bearing = 48.0,
                ),
                Officer(
                    "@lisbon:qroc.test",
                    lisbon,
                    Place(38.70464, -9.13902),
                    accuracy = 6.0,
                    measured = NOW - 4_000,
                    battery = 14,
                    own = true,
                ),
                Officer(
                    "@athens:qroc.test",
                    said("Ελένη Αθήνα"),
                    Place(38.70870, -9.14010),
                    accuracy = 90.0,
                    measured = NOW - 31 * MINUTE,
                    stale = true,
                    distance = 463.0,
                    bearing = 348.0,
                ),
            ),
        ways =
            listOf(
                Way(
                    "@madrid:qroc.test",
                    listOf(
                        Place(38.70560, -9.13970),
                        Place(38.70602, -9.13850),
                        Place(38.70672, -9.13701),
                        Place(38.70713, -9.13549),
                    ),
                ),
            ),
        chosen = "@madrid:qroc.test",
    )

val details =
    DetailsState(
        "!1",
        harbour,
        topic = said("Channel 4"),
        members =
            listOf(
                MemberRow(said("@lisbon:qroc.test"), lisbon, own = true, leads = true),
                MemberRow(said("@madrid:qroc.test"), madrid, removable = true, trust = Trust.VERIFIED),
                MemberRow(said("@paris:qroc.test"), said("Claire Paris"), removable = true, trust = Trust.CHANGED),
                MemberRow(said("@athens:qroc.test"), said("Ελένη Αθήνα"), invited = true, removable = true, trust = Trust.UNVERIFIED),
            ),
    )

val queue =
    QueueState(
        listOf(
            QueueRow(1, harbour, QueueKind.MESSAGE, QueueItemState.SENDING, attempts = 1),
            QueueRow(2, harbour, QueueKind.MESSAGE, QueueItemState.WAITING, 3, NOW + 2 * MINUTE, said("No answer from there.")),
            QueueRow(3, LONG, QueueKind.REMOVAL, QueueItemState.FAILED, 1, why = said("You may not do this here.")),
        ),
    )

val devices =
    DevicesState(
        listOf(
            DeviceRow(said("ECBQWLIXIK"), said("Desk 4"), DeviceTrust.THIS, NOW),
            DeviceRow(said("ODKUVSTZSK"), said("Phone of the shift"), DeviceTrust.VERIFIED, NOW - 3 * 60 * MINUTE),
            DeviceRow(said("AAAAAAAAAA"), LONG, DeviceTrust.UNVERIFIED, NOW - 40 * DAY),
        ),
    )

/** What a person and an own device are compared by. */
val compare =
    VerifyStep.Compare(
        listOf("🐶" to "Dog", "🔧" to "Spanner", "🎅" to "Santa", "✈️" to "Aeroplane", "🌽" to "Corn", "🎧" to "Headphones", "🍓" to "Strawberry")
            .map { (symbol, word) -> Sign(symbol, said(word)) },
        listOf(1234, 8190, 4711),
    )

val verifying = VerifyState(madrid, person = true, compare)

/** As large as a real one; it says nothing. */
val coding =
    verifying.copy(
        step = VerifyStep.Code(Modules(List(57) { row -> List(57) { column -> (row * 7 + column * 13 + row * column) % 3 == 0 } })),
    )

val recovery =
    RecoveryState(Standing(KeyStanding.ON, BackupStanding.ON, keys = 214))

val recoveryKey = "EsTj 3rB7 wq9P Yc5K mN2v Xh4R tL8s Da6F gZ1u Qe5W oJ7b Vk3C".split(" ").map { said(it) }

val policy =
    PolicyState(
        listOf(
            RuleGroup(
                said("Sharing"),
                listOf(
                    Rule(
                        "share.save_to_device",
                        said("Saving files"),
                        said("Whether received files may be put where other programs find them."),
                        said("No"),
                        said("Set by the management of this device"),
                    ),
                    Rule(
                        "share.clipboard",
                        said("Copying"),
                        said("Whether texts may be copied."),
                        said("Inside the application"),
                        said("Set by your organisation, signed"),
                        said("not enforced by this version"),
                    ),
                ),
            ),
            RuleGroup(said("Positions"), listOf(Rule("location.mode", LONG, LONG, LONG, said("Set by you")))),
        ),
    )

val settings =
    SettingsState(
        userId = said("@lisbon:qroc.test"),
        deviceId = "ECBQWLIXIK",
        server = said("https://matrix.police.example"),
        verified = true,
        lastSync = NOW - 4000,
        waiting = 2,
        databaseBytes = 4_310_000,
        version = said("0.1.0"),
    )

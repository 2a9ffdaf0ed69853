package eu.qroc.ui

import androidx.compose.runtime.Composable
import eu.qroc.ui.composer.Attachment
import eu.qroc.ui.composer.ComposerMode
import eu.qroc.ui.composer.ComposerState
import eu.qroc.ui.composer.PositionDraft
import eu.qroc.ui.composer.VoiceDraft
import eu.qroc.ui.details.DetailsState
import eu.qroc.ui.devices.DevicesState
import eu.qroc.ui.map.MapSource
import eu.qroc.ui.map.MapState
import eu.qroc.ui.map.Officer
import eu.qroc.ui.map.OwnSharing
import eu.qroc.ui.map.PastState
import eu.qroc.ui.map.Place
import eu.qroc.ui.newroom.NewRoomState
import eu.qroc.ui.parts.Connection
import eu.qroc.ui.policy.PolicyState
import eu.qroc.ui.queue.QueueState
import eu.qroc.ui.recovery.BackupStanding
import eu.qroc.ui.recovery.KeyStanding
import eu.qroc.ui.recovery.RecoveryDone
import eu.qroc.ui.recovery.RecoveryState
import eu.qroc.ui.recovery.RecoveryStep
import eu.qroc.ui.recovery.Standing
import eu.qroc.ui.rooms.RoomFilter
import eu.qroc.ui.rooms.RoomRow
import eu.qroc.ui.rooms.RoomsState
import eu.qroc.ui.search.MessageHit
import eu.qroc.ui.search.RoomHit
import eu.qroc.ui.search.SearchState
import eu.qroc.ui.settings.Farewell
import eu.qroc.ui.shell.AppView
import eu.qroc.ui.shell.Gate
import eu.qroc.ui.shell.Pane
import eu.qroc.ui.shell.Stage
import eu.qroc.ui.signin.SignInProblem
import eu.qroc.ui.signin.SignInState
import eu.qroc.ui.timeline.Body
import eu.qroc.ui.timeline.Message
import eu.qroc.ui.timeline.Person
import eu.qroc.ui.timeline.Quick
import eu.qroc.ui.unlock.UnlockProblem
import eu.qroc.ui.unlock.UnlockState
import eu.qroc.ui.verify.Ending
import eu.qroc.ui.verify.Trust
import eu.qroc.ui.verify.VerifyState
import eu.qroc.ui.verify.VerifyStep

/** A screen in one of its states. */
class Scene(
    val screen: String,
    val state: String,
    val stage: Stage,
) {
    val name get() = "$screen-$state"

    /** The one that stands for its screen where every screen is drawn in many ways. */
    val main get() = state in setOf("full", "sharing", "ground")

    /** Drawn also where there is the least room. */
    val tight get() = state == "help"

    @Composable
    fun Content() = AppView(stage, "QROC", {})
}

private val error = said("The storage of this device is full. Free some space; nothing is lost.")

private fun pane(pane: Pane) = Stage.Main(rooms, pane)

private fun room(change: (eu.qroc.ui.timeline.TimelineState) -> eu.qroc.ui.timeline.TimelineState) =
    pane(Pane.Room(change(timeline)))

private fun composer(state: ComposerState) = room { it.copy(composer = state) }

private val photo =
    Attachment(said("IMG_2041.jpg"), photo = true, 3_400_000, sentBytes = 412_000, picture = picture, cleaned = true)

private val signInFull = SignInState(said("police.example"), said("lisbon"), "golden-hour")

private val last = talk.filterIsInstance<Message>()

private val place = Place(38.7071, -9.1355)

private val clip = message("", body = Body.File(said("pier.mp4"), said("video/mp4"), 4_200_000))

/** Many at nearly the same place, with long names. */
private val crowd = (0..11).map { Officer("@$it:x", LONG, Place(38.7 + it * 0.0004, -9.13), 30.0, NOW - it * MINUTE) }

private val locked = Standing(KeyStanding.ON, BackupStanding.LOCKED, verified = false)

private fun verify(
    state: String,
    verifying: VerifyState,
) = Scene("verify", state, Stage.Main(rooms, Pane.Room(timeline), verifying = verifying))

private val nothing =
    Gate.entries.associateWith { said("Not allowed here: “Saving files” is “No”. Set by the management of this device.") }

/** Every screen in every state that matters. */
val scenes: List<Scene> =
    listOf(
        Scene("signin", "empty", Stage.SignIn(SignInState())),
        Scene("signin", "full", Stage.SignIn(signInFull)),
        Scene("signin", "working", Stage.SignIn(signInFull.copy(working = true))),
        Scene("signin", "refused", Stage.SignIn(signInFull.copy(problem = SignInProblem.Refused))),
        Scene(
            "signin",
            "passphrase",
            Stage.SignIn(signInFull.copy(needsPassphrase = true, passphrase = "short", passphraseAgain = "other")),
        ),
        Scene("unlock", "full", Stage.Unlock(UnlockState("correct horse"))),
        Scene(
            "unlock",
            "sealed",
            Stage.Unlock(
                UnlockState("correct horse", sealed = true, pin = "1", attemptsLeft = 2, retryAt = NOW, problem = UnlockProblem.WrongPin),
            ),
        ),
        Scene("unlock", "wrong", Stage.Unlock(UnlockState("x", problem = UnlockProblem.Wrong))),
        Scene("unlock", "wipe", Stage.Unlock(UnlockState(askWipe = true))),
        Scene("rooms", "full", Stage.Main(rooms)),
        Scene("rooms", "empty", Stage.Main(RoomsState(rooms = emptyList()))),
        Scene("rooms", "loading", Stage.Main(RoomsState())),
        Scene("rooms", "error", Stage.Main(RoomsState(error = error))),
        Scene("rooms", "offline", Stage.Main(rooms.copy(connection = offline))),
        Scene("rooms", "refused", Stage.Main(rooms.copy(connection = Connection(failed = 2)))),
        Scene("rooms", "long", Stage.Main(longRooms)),
        Scene("rooms", "read", Stage.Main(RoomsState(listOf(RoomRow("!1", harbour)), RoomFilter.UNREAD))),
        Scene("timeline", "full", room { it }),
        Scene("timeline", "voice", room { it.copy(entries = voices, composer = ComposerState(microphone = true)) }),
        Scene("timeline", "record", composer(ComposerState(microphone = true, voice = VoiceDraft(12_400, levels)))),
        Scene("timeline", "unsent", composer(ComposerState(microphone = true, voice = VoiceDraft(300_000, levels, full = true, problem = error)))),
        Scene("timeline", "empty", room { it.copy(entries = emptyList()) }),
        Scene("timeline", "loading", room { it.copy(entries = null) }),
        Scene("timeline", "error", room { it.copy(entries = null, error = error) }),
        Scene("timeline", "offline", room { it.copy(connection = offline, typing = listOf(madrid)) }),
        Scene("timeline", "media", room { it.copy(entries = media, atStart = true) }),
        Scene("timeline", "changes", room { it.copy(entries = changes, atStart = true) }),
        Scene("timeline", "trouble", room { it.copy(entries = trouble, encrypted = false) }),
        Scene(
            "timeline",
            "long",
            room {
                it.copy(
                    roomName = LONG,
                    entries = entries(message(LONG.repeat(3), LONG), message(LONG, own = true)),
                    composer = ComposerState(LONG, ComposerMode.Reply(LONG, LONG)),
                )
            },
        ),
        Scene("timeline", "message", room { it.copy(opened = last.first { one -> one.own && one.eventId != null }) }),
        Scene("timeline", "remove", room { it.copy(removing = last.first()) }),
        Scene("timeline", "thread", room { it.copy(thread = "\$t", entries = entries(last.first(), last.last())) }),
        Scene("timeline", "photo", composer(ComposerState(attachment = photo))),
        Scene(
            "timeline",
            "file",
            composer(ComposerState(attachment = Attachment(LONG, photo = false, 90_000_000, problem = error))),
        ),
        Scene("timeline", "position", composer(ComposerState(position = PositionDraft(said("38.7071, -9.1355"))))),
        Scene("timeline", "edit", composer(ComposerState(said("Piers"), ComposerMode.Edit(said("Pier four"))))),
        Scene("timeline", "left", composer(ComposerState(left = true))),
        Scene("timeline", "viewer", room { it.copy(viewing = media.filterIsInstance<Message>().last()) }),
        Scene("timeline", "clip", room { it.copy(opened = clip) }),
        Scene("timeline", "saved", room { it.copy(done = said("Saved to Downloads/pier.jpg")) }),
        Scene(
            "newroom",
            "full",
            pane(Pane.NewRoom(NewRoomState(harbour, people = listOf("@madrid:qroc.test"), person = said("athens")))),
        ),
        Scene("newroom", "empty", pane(Pane.NewRoom(NewRoomState()))),
        Scene(
            "newroom",
            "error",
            pane(Pane.NewRoom(NewRoomState(direct = true, person = "a b", personProblem = true, error = error))),
        ),
        Scene(
            "newroom",
            "working",
            pane(Pane.NewRoom(NewRoomState(direct = true, people = listOf("@madrid:qroc.test"), working = true))),
        ),
        Scene("map", "full", pane(Pane.Map(map))),
        Scene("map", "ground", pane(Pane.Map(map.copy(ground = sampleGround(map.officers!!.first().place), source = MapSource.FILE)))),
        Scene("map", "past", pane(Pane.Map(map.copy(past = PastState(NOW - 4 * 60 * MINUTE, NOW, NOW - 60 * MINUTE, reading = true))))),
        Scene("map", "nopast", pane(Pane.Map(MapState("!1", harbour, officers = emptyList(), past = PastState(NOW - MINUTE, NOW, NOW, empty = true))))),
        Scene("map", "place", pane(Pane.Map(map.copy(officers = emptyList(), ways = emptyList(), target = place)))),
        Scene("map", "empty", pane(Pane.Map(MapState("!1", harbour, officers = emptyList())))),
        Scene("map", "loading", pane(Pane.Map(MapState("!1", harbour)))),
        Scene("map", "error", pane(Pane.Map(MapState("!1", harbour, error = error)))),
        Scene("map", "long", pane(Pane.Map(map.copy(roomName = LONG, officers = crowd)))),
        Scene("details", "full", pane(Pane.Details(details))),
        Scene("details", "loading", pane(Pane.Details(DetailsState("!1", harbour, encrypted = false)))),
        Scene("details", "error", pane(Pane.Details(details.copy(error = error, personProblem = true)))),
        Scene("details", "long", pane(Pane.Details(details.copy(name = LONG, topic = LONG)))),
        Scene("details", "leave", pane(Pane.Details(details.copy(leaving = true)))),
        Scene("details", "kick", pane(Pane.Details(details.copy(removing = details.members!![1])))),
        Scene("queue", "full", pane(Pane.Queue(queue))),
        Scene("queue", "empty", pane(Pane.Queue(QueueState(emptyList())))),
        Scene("queue", "loading", pane(Pane.Queue(QueueState()))),
        Scene("queue", "cancel", pane(Pane.Queue(queue.copy(cancelling = queue.items!![1])))),
        Scene(
            "search",
            "full",
            pane(
                Pane.Search(
                    SearchState(
                        said("pier"),
                        listOf(RoomHit("!1", said("Pier four"))),
                        listOf(
                            MessageHit("1", "!1", harbour, NOW - DAY, said("White van at pier four"), listOf(13..16)),
                            MessageHit("2", "!1", LONG, NOW - 9 * DAY, LONG, listOf(0..4)),
                        ),
                    ),
                ),
            ),
        ),
        Scene("search", "start", pane(Pane.Search(SearchState()))),
        Scene("search", "nothing", pane(Pane.Search(SearchState(said("zeppelin"))))),
        Scene("devices", "full", pane(Pane.Devices(devices))),
        Scene("devices", "loading", pane(Pane.Devices(DevicesState()))),
        Scene("devices", "error", pane(Pane.Devices(DevicesState(error = error)))),
        Scene("devices", "signout", pane(Pane.Devices(devices.copy(leaving = devices.devices!![1], wrongPassword = true)))),
        Scene("timeline", "forbidden", Stage.Main(rooms, Pane.Room(timeline.copy(opened = media.filterIsInstance<Message>().last())), nothing)),
        Scene("timeline", "quickforbidden", Stage.Main(rooms, Pane.Room(timeline.copy(quick = Quick(locating = true))), nothing)),
        Scene("timeline", "help", room { it.copy(quick = Quick(helpAt = NOW - 3 * MINUTE), done = said("Pier four")) }),
        Scene("map", "sharing", pane(Pane.Map(map.copy(sharing = OwnSharing(on = true, until = NOW + 30 * MINUTE))))),
        Scene("map", "share", pane(Pane.Map(map.copy(sharing = OwnSharing(problem = error))))),
        Scene("map", "howlong", pane(Pane.Map(map.copy(sharing = OwnSharing(asking = true, choices = listOf(15, 60, 240, 480)))))),
        Scene("map", "forbidden", Stage.Main(rooms, Pane.Map(map.copy(sharing = OwnSharing())), nothing)),
        Scene("rooms", "brought", Stage.Main(rooms.copy(brought = said("plan of the pier.pdf")))),
        Scene("unlock", "pin", Stage.Unlock(UnlockState(needsPassphrase = false, sealed = true, pin = "1"))),
        Scene("newroom", "forbidden", Stage.Main(rooms, Pane.NewRoom(NewRoomState()), nothing)),
        Scene("devices", "unverified", pane(Pane.Devices(devices.copy(verified = false)))),
        Scene("details", "take", pane(Pane.Details(details.copy(taking = details.members!![2])))),
        Scene("timeline", "direct", room { it.copy(roomName = madrid, members = 2, trust = Trust.VERIFIED) }),
        Scene("timeline", "changed", room { it.copy(members = 2, trust = Trust.CHANGED, changed = Person("@madrid:qroc.test", madrid)) }),
        verify("full", verifying),
        verify("waiting", verifying.copy(step = VerifyStep.Waiting)),
        verify("asked", verifying.copy(step = VerifyStep.Asked)),
        verify("device", VerifyState(LONG, person = false, compare, working = true)),
        verify("numbers", verifying.copy(step = compare.copy(signs = emptyList()), error = error)),
        verify("code", coding),
        verify("scan", coding.copy(step = VerifyStep.Code(null), camera = true, error = error)),
        verify("scanned", verifying.copy(step = VerifyStep.Scanned)),
        verify("confirmed", verifying.copy(step = VerifyStep.Confirmed)),
        verify("done", verifying.copy(step = VerifyStep.Done)),
        verify("mismatch", verifying.copy(step = VerifyStep.Ended(Ending.MISMATCH))),
        verify("refused", verifying.copy(step = VerifyStep.Ended(Ending.THERE))),
        Scene("recovery", "full", pane(Pane.Recovery(recovery))),
        Scene("recovery", "loading", pane(Pane.Recovery(RecoveryState()))),
        Scene("recovery", "none", pane(Pane.Recovery(RecoveryState(Standing(KeyStanding.NONE, BackupStanding.OFF, required = true), error = error)))),
        Scene("recovery", "replace", pane(Pane.Recovery(recovery.copy(asksReplace = true, done = RecoveryDone.MADE)))),
        Scene("recovery", "show", pane(Pane.Recovery(recovery.copy(step = RecoveryStep.Show(recoveryKey))))),
        Scene("recovery", "check", pane(Pane.Recovery(recovery.copy(step = RecoveryStep.Check(said("Vk3c"), wrong = true))))),
        Scene("recovery", "restore", pane(Pane.Recovery(RecoveryState(locked, typed = "EsTj 3rB7")))),
        Scene("recovery", "wrong", pane(Pane.Recovery(RecoveryState(locked, typed = "EsTj 3rB7", typedProblem = error)))),
        Scene(
            "recovery",
            "restoring",
            pane(Pane.Recovery(recovery.copy(Standing(KeyStanding.ON, BackupStanding.RESTORING, 37), done = RecoveryDone.RESTORED))),
        ),
        Scene("policy", "full", pane(Pane.Policy(policy))),
        Scene("policy", "empty", pane(Pane.Policy(PolicyState(emptyList())))),
        Scene("policy", "loading", pane(Pane.Policy(PolicyState()))),
        Scene("settings", "full", pane(Pane.Settings(settings))),
        Scene("settings", "signout", pane(Pane.Settings(settings.copy(asking = Farewell.SIGN_OUT)))),
        Scene("settings", "wipe", pane(Pane.Settings(settings.copy(asking = Farewell.WIPE)))),
    )

import Foundation
import Qroc
import QrocKit

/// States as they are on duty: for previews, and for tests of the screens.
enum Samples {
    /// Monday, 21 September 2026, in the afternoon.
    static let now = Date(timeIntervalSince1970: 1_790_000_000)
    static let lisbon = Place(latitude: 38.7071, longitude: -9.1355)

    static func ago(_ minutes: Double) -> Date { now - minutes * 60 }

    static var signIn: SignInState {
        var state = SignInState()
        state.server = "police.example"
        state.user = "ana"
        state.password = "golden-hour"
        return state
    }

    static var unlock: UnlockState {
        var state = UnlockState()
        state.sealed = true
        state.attemptsLeft = 4
        state.pin = "7381"
        state.problem = .wrongPin
        return state
    }

    static var rooms: RoomsState {
        var harbour = RoomRow(id: "!harbour:qroc.test", name: "Harbour incident")
        harbour.kind = .incident
        (harbour.unread, harbour.atLeast) = (12, true)
        (harbour.lastSender, harbour.lastText) = ("rui", "White van at pier four")
        harbour.lastTime = ago(2)
        var rui = RoomRow(id: "!rui:qroc.test", name: "Rui Silva")
        rui.kind = .direct
        (rui.draft, rui.lastTime, rui.sending) = ("On my way, ten min", ago(25), 1)
        var night = RoomRow(id: "!night:qroc.test", name: "Night watch, district east, with the colleagues from Spain")
        (night.lastSender, night.lastText, night.lastTime, night.failed) = ("you", "Gate is open", ago(1_500), 1)
        var canteen = RoomRow(id: "!canteen:qroc.test", name: "Canteen")
        (canteen.invitation, canteen.lastSender, canteen.lastTime) = (true, "joana", ago(3))
        var old = RoomRow(id: "!old:qroc.test", name: "Exercise 2025")
        (old.encrypted, old.kind, old.lastText, old.lastTime) = (false, .broadcast, "Thank you all", ago(60_000))
        var state = RoomsState()
        state.rooms = [canteen, harbour, rui, night, old]
        state.connection = ConnectionState(kind: .online)
        state.selectedId = harbour.id
        return state
    }

    static func message(_ id: String, _ sender: String, _ minutes: Double, _ body: MessageBody) -> Message {
        var message = Message(
            id: id, sender: "@\(sender):qroc.test", senderName: sender == "rui" ? "Rui Silva" : "Ana Costa",
            time: ago(minutes), body: body)
        message.eventId = "$\(id)"
        message.own = sender == "ana"
        return message
    }

    static var timeline: TimelineState {
        var state = TimelineState(roomId: "!harbour:qroc.test", roomName: "Harbour incident")
        state.members = 6
        var sent = message("b", "ana", 31, .text("On my way. Two minutes."))
        sent.seenBy = ["Rui Silva", "Joana"]
        var answer = message("c", "rui", 12, .text("Understood, we keep the north side."))
        answer.reply = Quote(key: "b", sender: "Ana Costa", text: "On my way. Two minutes.")
        answer.reactions = [Reaction(symbol: "👍", who: ["Ana Costa", "Joana"], mine: true)]
        var photo = PictureFile(name: "gate.jpg")
        (photo.bytes, photo.width, photo.height, photo.caption) = (182_000, 1_280, 960, "North gate")
        let place = SharedPlace(place: lisbon, accuracy: 12, measured: ago(4))
        var waiting = message("g", "ana", 1, .text("Gate is secured"))
        (waiting.state, waiting.eventId, waiting.first) = (.queued, nil, true)
        var failed = message("h", "ana", 0.5, .text("Van leaves by the ring road"))
        (failed.state, failed.eventId, failed.first, failed.failure) = (
            .failed, nil, false, "The server does not allow this."
        )
        var invited = Notice(id: "i", kind: .invited, who: "Rui Silva", time: ago(239))
        invited.whom = "Ana Costa"
        state.entries = [
            .day(now),
            .notice(Notice(id: "n", kind: .created, who: "Rui Silva", time: ago(240))),
            .notice(invited),
            .message(message("a", "rui", 33, .text("White van at pier four"))),
            .message(sent),
            .unread,
            .message(answer),
            .message(message("d", "rui", 8, .picture(photo))),
            .message(message("e", "rui", 4, .position(place))),
            .message(message("f", "rui", 3, .unreadable(.missingKey))),
            .message(waiting),
            .message(failed),
        ]
        state.typing = ["Rui Silva"]
        state.quick = Quick()
        state.connection = ConnectionState(kind: .offline, since: ago(7), waiting: 1, failed: 1)
        return state
    }

    static var composer: ComposerState {
        var state = ComposerState()
        state.text = "Which plate"
        state.mode = .reply(sender: "Rui Silva", text: "White van at pier four")
        return state
    }

    static var attachment: AttachmentDraft {
        var draft = AttachmentDraft(name: "IMG_0042.HEIC", photo: true, sourceBytes: 3_400_000)
        draft.cleaned = true
        draft.picture = Picture(width: 1_280, height: 960, content: 0)
        return draft
    }

    static var details: DetailsState {
        var state = DetailsState(roomId: "!harbour:qroc.test", name: "Harbour incident")
        state.topic = "Container port, piers 3 to 5"
        var ana = MemberRow(id: "@ana:qroc.test", name: "Ana Costa")
        (ana.own, ana.leads) = (true, true)
        var rui = MemberRow(id: "@rui:qroc.test", name: "Rui Silva")
        rui.removable = true
        var joana = MemberRow(id: "@joana:qroc.test", name: "joana")
        (joana.invited, joana.removable) = (true, true)
        state.members = [ana, rui, joana]
        return state
    }

    static var newRoom: NewRoomState {
        var state = NewRoomState()
        state.name = "Harbour incident"
        state.people = ["@rui:qroc.test"]
        state.person = "Rui Silva"
        state.personProblem = true
        return state
    }

    static var search: SearchState {
        var state = SearchState()
        state.query = "van"
        state.rooms = [RoomHit(id: "!van:qroc.test", name: "Vanguard")]
        state.messages = [
            MessageHit(
                id: "$a", eventId: "$a", roomId: "!harbour:qroc.test", roomName: "Harbour incident", time: ago(33),
                snippet: Snippet("White [van] at pier four"))
        ]
        return state
    }

    static var queue: QueueState {
        var refused = QueueRow(id: 1, roomName: "Exercise 2025", kind: .message, state: .failed)
        (refused.attempts, refused.why) = (1, "The server does not allow this.")
        var waits = QueueRow(id: 2, roomName: "Harbour incident", kind: .message, state: .queued)
        (waits.attempts, waits.next, waits.why) = (
            3, now + 120, "The server cannot be reached. It is tried again by itself."
        )
        var state = QueueState()
        state.items = [refused, waits, QueueRow(id: 3, roomName: "Rui Silva", kind: .read, state: .sending)]
        return state
    }

    static var map: MapState {
        var rui = Officer(id: "@rui:qroc.test", name: "Rui Silva", place: lisbon, measured: ago(0.2))
        (rui.accuracy, rui.speed, rui.distance, rui.bearing, rui.until) = (8, 12.4, 640, 44, now + 3_600)
        var joana = Officer(
            id: "@joana:qroc.test", name: "Joana", place: Place(latitude: 38.7102, longitude: -9.131), measured: ago(18)
        )
        (joana.accuracy, joana.stale, joana.battery, joana.distance, joana.bearing) = (60, true, 12, 1_130, 70)
        var ana = Officer(
            id: "@ana:qroc.test", name: "Ana Costa", place: Place(latitude: 38.704, longitude: -9.139), measured: ago(0)
        )
        (ana.accuracy, ana.own) = (5, true)
        var state = MapState(roomId: "!harbour:qroc.test", roomName: "Harbour incident")
        state.officers = [ana, rui, joana]
        let steps = (0..<12).map {
            Place(latitude: 38.704 + Double($0) * 0.00028, longitude: -9.1392 + Double($0) * 0.00033)
        }
        state.ways = [Way(id: rui.id, places: steps)]
        state.sharing = OwnSharing()
        return state
    }

    static var devices: DevicesState {
        var state = DevicesState()
        state.devices = [
            DeviceRow(id: "ECBQWLIXIK", name: "iPhone 15", trust: .this, lastSeen: now),
            DeviceRow(id: "ODKUVSTZSK", name: "Desk, operational centre", trust: .verified, lastSeen: ago(90)),
            DeviceRow(id: "QQPLMXOKNI", name: "Old phone", trust: .unverified, lastSeen: ago(90_000)),
        ]
        return state
    }

    static var policy: QrocKit.PolicyState {
        var state = QrocKit.PolicyState()
        let rule = Rule(
            key: "rooms.create", title: "Make rooms", description: "Whether new rooms may be made.", value: "No",
            source: "Set by the management of this device")
        state.groups = [RuleGroup(title: "Rooms", rules: [rule])]
        return state
    }

    static var settings: SettingsState {
        var state = SettingsState()
        (state.userId, state.deviceId, state.server) = ("@ana:qroc.test", "ECBQWLIXIK", "https://police.example")
        (state.verified, state.lastSync, state.waiting) = (true, ago(1), 2)
        (state.databaseBytes, state.version) = (18_400_000, "0.1.0")
        return state
    }
}

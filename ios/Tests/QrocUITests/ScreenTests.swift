import Foundation
import Qroc
import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// Each screen: what it says, and what touching it tells.
@MainActor @Suite struct ScreenTests {
    private let strings = Strings("en")

    @Test func signInTellsWhatIsTypedAndWaitsUntilThereIsEnough() throws {
        let told = Told<SignInEvent>()
        let shown = Shown(SignInView(state: Samples.signIn, brand: "QROC") { told($0) })
        try shown.type("signin.server", "https://x")
        try shown.type("signin.password", "secret")
        try shown.press("signin.submit")
        #expect(told.events == [.server("https://x"), .password("secret"), .submit])
        #expect(shown.find("signin.passphrase") == nil)
        // What is typed over a shoulder is dots.
        #expect(shown.find("signin.password")?.kind == "SecureField")

        var state = SignInState()
        state.needsPassphrase = true
        state.passphrase = "short"
        state.problem = .noServer
        let empty = Shown(SignInView(state: state, brand: "QROC") { told($0) })
        #expect(empty.isDisabled("signin.submit"))
        #expect(empty.texts.contains(strings.passphraseShort(8)))
        #expect(empty.texts.contains(strings.signInNoServer))
    }

    @Test func unlockSaysWhatIsLeftAndAsksBeforeItErases() throws {
        let told = Told<UnlockEvent>()
        var state = Samples.unlock
        let shown = Shown(UnlockView(state: state, brand: "QROC") { told($0) })
        #expect(shown.texts.contains(strings.attemptsLeft(4)))
        #expect(shown.texts.contains(strings.unlockWrongPin))
        #expect(shown.find("unlock.passphrase") == nil)
        try shown.type("unlock.pin", "738105")
        try shown.press("unlock.submit")
        try shown.press("unlock.forgotten")
        #expect(shown.find("unlock.wipe") == nil)
        state.askWipe = true
        try Shown(UnlockView(state: state, brand: "QROC") { told($0) }).press("unlock.wipe")
        #expect(told.events == [.pin("738105"), .submit, .askWipe, .wipe])
    }

    @Test func roomsSayWhatNeedsAnAnswer() throws {
        let told = Told<RoomsEvent>()
        let shown = Shown(RoomsView(state: Samples.rooms, brand: "QROC") { told($0) })
        for id in [
            "rooms.settings", "rooms.search", "rooms.new", "room.!harbour:qroc.test", "room.join", "room.decline",
        ] {
            try shown.press(id)
        }
        #expect(
            told.events == [
                .settings, .search, .new, .open("!harbour:qroc.test"), .accept("!canteen:qroc.test"),
                .decline("!canteen:qroc.test"),
            ])
        #expect(shown.texts.contains("12+"))
        #expect(shown.texts.contains(strings.draft + " On my way, ten min"))
        #expect(shown.all.contains { $0.attributes["label"] == strings.notEncrypted })
        // The end of the list asks for more.
        told.events = []
        shown.all.flatMap(\.appeared).forEach { $0() }
        #expect(told.events == [.more])

        let filter = try #require(shown.find("rooms.filter"))
        let choose = try #require(filter.children.last?.action)
        choose()
        #expect(told.events.last == .filter(.invitations))

        var state = RoomsState()
        #expect(Shown(RoomsView(state: state, brand: "QROC") { told($0) }).find("loading") != nil)
        state.rooms = []
        #expect(Shown(RoomsView(state: state, brand: "QROC") { told($0) }).texts.contains(strings.roomsEmptyTitle))
        state.error = strings.errorStorage
        try Shown(RoomsView(state: state, brand: "QROC") { told($0) }).press("retry")
        #expect(told.events.last == .retry)
    }

    @Test func whatPolicyForbidsHasALockAndSaysWhy() throws {
        let told = Told<RoomsEvent>()
        let why = "Not allowed here: “Make rooms” is “No”."
        let view = RoomsView(state: Samples.rooms, brand: "QROC") { told($0) }
        let shown = Shown(view, forbidden: [.createRoom: why])
        let button = try #require(shown.find("rooms.new"))
        #expect(button.attributes["hint"] == why)
        #expect(button.all.contains { $0.attributes["symbol"] == "lock" })
        try shown.press("rooms.new")
        #expect(told.events.isEmpty)

        let form = Shown(NewRoomView(state: Samples.newRoom) { _ in }, forbidden: [.createRoom: why])
        #expect(form.isDisabled("newroom.create"))
        #expect(form.texts.contains(why))
    }

    @Test func aTimelineShowsEveryKindOfMessageAndWhatCanBeDone() throws {
        let told = Told<TimelineEvent>()
        let shown = Shown(TimelineScreen(state: Samples.timeline, composer: Samples.composer) { told($0) })
        let texts = shown.texts
        for text in [
            "White van at pier four", strings.unreadFromHere, "North gate", strings.unreadableNoKey,
            strings.stateFailed,
            strings.stateWaiting, strings.noticeCreated("Rui Silva") + " · 11:13",
            strings.noticeInvited("Rui Silva", "Ana Costa") + " · 11:14", strings.typingOne("Rui Silva"),
            strings.replyTo("Rui Silva"), "38° 42.426′ N  9° 08.130′ W", "within 12 m · 4 minutes ago",
        ] {
            #expect(texts.contains(text), "\(text) in \(texts)")
        }
        let failed = try #require(Samples.timeline.failed)
        try shown.type("composer.text", "Which plate?")
        for id in [
            "composer.send", "composer.cancel", "timeline.map", "timeline.details", "message.retry", "connection",
        ] {
            try shown.press(id)
        }
        #expect(
            told.events.prefix(6) == [
                .compose(.text("Which plate?")), .compose(.send), .compose(.cancelMode), .map(nil), .details,
                .retry(failed),
            ])
        #expect(told.events.last == .queue)
        told.events = []
        for appeared in shown.all.flatMap(\.appeared) { appeared() }
        #expect(told.events == [.older, .appeared("d"), .seenNewest])
    }

    @Test func aMessagesSheetOffersWhatMakesSense() throws {
        let told = Told<TimelineEvent>()
        let own = Samples.message("b", "ana", 3, .text("North gate"))
        let sheet = Shown(MessageSheet(message: own) { told($0) })
        for id in ["react.👍", "action.reply", "action.thread", "action.copy", "action.edit", "action.remove"] {
            try sheet.press(id)
        }
        #expect(
            told.events == [
                .react(own, "👍"), .reply(own), .openThread("$b"), .copy("North gate"), .edit(own), .askRemove(own),
            ])
        let other = Shown(MessageSheet(message: Samples.message("a", "rui", 3, .text("Yes"))) { told($0) })
        #expect(other.find("action.edit") == nil)
        #expect(other.find("action.remove") == nil)
        let removed = Shown(MessageSheet(message: Samples.message("a", "ana", 3, .removed)) { told($0) })
        for id in ["action.reply", "action.copy", "action.edit", "action.remove", "react.👍"] {
            #expect(removed.find(id) == nil, "\(id)")
        }
        var queued = own
        (queued.state, queued.eventId) = (.queued, nil)
        let waiting = Shown(MessageSheet(message: queued) { told($0) })
        try waiting.press("action.cancel")
        #expect(told.events.last == .cancel(queued))
        #expect(waiting.find("action.reply") == nil)
    }

    @Test func aFileSaysWhatGoesBeforeItGoes() throws {
        let told = Told<ComposerEvent>()
        var attachment = Samples.attachment
        let shown = Shown(AttachmentSheet(attachment: attachment) { told($0) })
        #expect(shown.texts.contains("3.4 MB"))
        #expect(shown.texts.contains(strings.cleaned))
        try shown.type("attachment.caption", "North gate")
        try shown.press("attachment.send")
        #expect(told.events == [.caption("North gate"), .sendAttachment])
        attachment.working = true
        let working = Shown(AttachmentSheet(attachment: attachment) { told($0) })
        #expect(working.isDisabled("attachment.send") && working.isDisabled("attachment.cancel"))

        let nowhere = Shown(PositionSheet(draft: PositionDraft(text: "91, 0")) { told($0) })
        #expect(nowhere.texts.contains(strings.coordinatesWrong))
        #expect(nowhere.isDisabled("position.send"))
        try Shown(PositionSheet(draft: PositionDraft(text: "38.7, -9.1")) { told($0) }).press("position.send")
        #expect(told.events.last == .sendPosition)
    }

    @Test func theMapSaysWhoIsWhereAndWhatIsOld() throws {
        let told = Told<MapEvent>()
        let shown = Shown(MapScreen(state: Samples.map) { told($0) })
        #expect(shown.texts.contains("3 people heard from, 1 for a while not"))
        #expect(shown.texts.contains(strings.mapStale))
        #expect(shown.texts.contains("640 m NE · 45 km/h · within 8 m · until 16:13"))
        try shown.press("officer.@joana:qroc.test")
        try shown.press("map.all")
        #expect(told.events == [.choose("@joana:qroc.test"), .choose(nil)])
        let canvas = try #require(shown.find("map.canvas"))
        let svg = try #require(canvas.all.compactMap { $0.attributes["svg"] }.first)
        #expect(svg.contains("Rui Silva") && svg.contains("stroke-dasharray='3.0 3.0'"))
        #expect(Shown(MapScreen(state: MapState(roomId: "!a", roomName: "A")) { _ in }).find("loading") != nil)
    }

    @Test func listsTellWhatWasTouched() throws {
        let queue = Told<QueueEvent>()
        let waits = Shown(QueueView(state: Samples.queue) { queue($0) })
        try waits.press("queue.retry")
        try waits.press("queue.cancel")
        let first = try #require(Samples.queue.items?.first)
        #expect(queue.events == [.retry(first), .askCancel(first)])
        #expect(waits.texts.contains("3 tries so far, next at 15:15"))

        let devices = Told<DevicesEvent>()
        try Shown(DevicesView(state: Samples.devices) { devices($0) }).press("device.signout")
        let desk = try #require(Samples.devices.devices?[1])
        #expect(devices.events == [.askSignOut(desk)])
        var leaving = Samples.devices
        leaving.leaving = leaving.devices?.last
        #expect(Shown(DevicesView(state: leaving) { devices($0) }).isDisabled("device.confirm"))

        let rui = try #require(Samples.details.members?[1])
        let details = Told<DetailsEvent>()
        let members = Shown(DetailsView(state: Samples.details) { details($0) })
        try members.press("member.remove")
        try members.type("details.person", "maria")
        try members.press("details.leave")
        #expect(
            details.events == [
                .askRemove(rui), .person("maria"), .askLeave,
            ])

        let search = Told<SearchEvent>()
        let found = Shown(SearchScreen(state: Samples.search) { search($0) })
        try found.press("hit.$a")
        try found.press("hit.!van:qroc.test")
        try found.type("search", "vans")
        #expect(search.events.first == .openMessage(Samples.search.messages[0]))
        #expect(search.events.dropFirst() == [.openRoom("!van:qroc.test"), .query("vans")])
        #expect(found.all.contains { $0.attributes["text"] == "van" && $0.attributes["weight"] == "bold" })

        #expect(Shown(PolicyView(state: Samples.policy)).texts.contains("Make rooms"))
        #expect(Shown(PolicyView(state: PolicyState())).find("loading") != nil)
    }

    @Test func settingsAskBeforeTheyErase() throws {
        let told = Told<SettingsEvent>()
        var state = Samples.settings
        let shown = Shown(SettingsView(state: state) { told($0) })
        for id in ["settings.devices", "settings.queue", "settings.policy", "settings.wipe"] { try shown.press(id) }
        #expect(told.events == [.devices, .queue, .policy, .ask(.wipe)])
        let languages = try #require(shown.find("settings.language"))
        #expect(languages.children.map { $0.attributes["tag"] } == ["", "de", "el", "en", "fr"])
        let choose = try #require(languages.children.last?.action)
        choose()
        #expect(told.events.last == .language("fr"))
        state.asking = .wipe
        let asking = Shown(SettingsView(state: state) { told($0) })
        #expect(asking.texts.contains { $0.contains(strings.waitingIsLost(2)) })
        try asking.press("settings.confirm")
        #expect(told.events.last == .confirm(.wipe))
    }

    @Test func aNewRoomTakesNames() throws {
        let told = Told<NewRoomEvent>()
        var state = Samples.newRoom
        let shown = Shown(NewRoomView(state: state) { told($0) })
        try shown.press("newroom.remove")
        try shown.press("newroom.add")
        try shown.press("newroom.create")
        #expect(told.events == [.removePerson("@rui:qroc.test"), .addPerson, .create])
        #expect(shown.texts.contains(strings.personWrong))
        state.direct = true
        #expect(Shown(NewRoomView(state: state) { told($0) }).find("newroom.name") == nil)
    }
}

extension TimelineState {
    fileprivate var failed: Message? {
        for case .message(let message) in entries ?? [] where message.state == .failed { return message }
        return nil
    }
}

import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// Whom an officer believes: what the screens say, and what they tell when they are touched.
@MainActor @Suite struct TrustScreenTests {
    private let strings = Strings("en")

    @Test func comparingIsAskedDoneAndRefused() throws {
        let told = Told<VerifyEvent>()
        let asked = Shown(VerifySheet(state: Samples.verifying(.asked)) { told($0) })
        #expect(asked.texts.contains(strings.verifyAskedPerson("Rui Silva")))
        try asked.press("verify.begin")
        try asked.press("verify.decline")
        #expect(asked.find("verify.close") == nil)

        let comparing = Shown(VerifySheet(state: Samples.comparing) { told($0) })
        let signs = try #require(comparing.find("verify.signs"))
        let words = signs.all.compactMap { $0.attributes["silent"] == nil ? $0.attributes["text"] : nil }
        #expect(words == Samples.signs.map(\.word), "each sign, the two keys too, in its order")
        try comparing.press("verify.same")
        try comparing.press("verify.differ")
        #expect(told.events == [.begin, .close, .same, .differ])
        #expect(comparing.find("verify.differ")?.attributes["role"] == "destructive")

        var working = Samples.comparing
        working.working = true
        let busy = Shown(VerifySheet(state: working) { told($0) })
        #expect(busy.isDisabled("verify.same") && busy.isDisabled("verify.differ"))

        let numbers = Samples.verifying(.compare(signs: [], numbers: [1_234, 5_678, 9_012]))
        #expect(Shown(VerifySheet(state: numbers) { _ in }).texts.contains("1234   5678   9012"))
    }

    @Test func aCodeIsShownScannedOrLeftForSigns() throws {
        let told = Told<VerifyEvent>()
        let shown = Shown(VerifySheet(state: Samples.coding) { told($0) })
        #expect(shown.texts.contains(strings.verifyCodePerson("Rui Silva")))
        let drawn = try #require(shown.find("verify.code"))
        #expect(drawn.attributes["label"] == strings.verifyCodeShown)
        try shown.press("verify.scan")
        try shown.press("verify.bySigns")
        let blind = Shown(VerifySheet(state: Samples.verifying(.code(shown: nil))) { told($0) })
        #expect(blind.texts.contains(strings.verifyCodeTheirs) && blind.find("verify.code") == nil)
        let scanned = Shown(VerifySheet(state: Samples.verifying(.scanned)) { told($0) })
        #expect(scanned.texts.contains(strings.verifyScanned))
        try scanned.press("verify.same")
        try scanned.press("verify.differ")
        #expect(told.events == [.scan, .bySigns, .same, .differ])
    }

    @Test func eachWayThatItGoesHasItsWords() throws {
        let told = Told<VerifyEvent>()
        var said: Set<String> = []
        for why in VerifyEnding.allCases {
            let shown = Shown(VerifySheet(state: Samples.verifying(.ended(why))) { told($0) })
            #expect(shown.texts.count == 3, "\(why): \(shown.texts)")
            said.insert(shown.texts[1])
            try shown.press("verify.close")
        }
        #expect(said.count == VerifyEnding.allCases.count)
        #expect(told.events.allSatisfy { $0 == .close })
        for (step, person, device) in [
            (VerifyStep.waiting, strings.verifyWaitingPerson("Rui Silva"), strings.verifyWaitingDevice),
            (.starting, strings.verifyStarting, strings.verifyStarting),
            (.confirmed, strings.verifyConfirmed, strings.verifyConfirmed),
            (.done, strings.verifyDone("Rui Silva"), strings.verifyDone("Desk, operational centre")),
        ] {
            #expect(Shown(VerifySheet(state: Samples.verifying(step)) { _ in }).texts.contains(person))
            let own = Samples.verifying(step, isPerson: false)
            #expect(Shown(VerifySheet(state: own) { _ in }).texts.contains(device))
        }
        var failed = Samples.verifying(.waiting)
        failed.error = strings.errorServerUnreachable
        let shown = Shown(VerifySheet(state: failed) { _ in })
        #expect(shown.texts.contains(strings.errorServerUnreachable) && shown.find("verify.close") != nil)
        #expect(!shown.texts.contains(strings.verifyWaitingPerson("Rui Silva")))
    }

    @Test func otherKeysAreSaidAboveTheMessagesAndTakenOnlyWhenAsked() throws {
        let told = Told<TimelineEvent>()
        var state = Samples.changedTimeline
        let shown = Shown(TimelineScreen(state: state, composer: Samples.composer) { told($0) })
        #expect(shown.texts.contains(strings.keysChangedOf("Rui Silva")))
        #expect(shown.texts.contains(strings.keysChanged))
        try shown.press("changed.compare")
        try shown.press("changed.take")
        #expect(shown.find("change.take") == nil)
        state.taking = true
        try Shown(TimelineScreen(state: state, composer: Samples.composer) { told($0) }).press("change.take")
        #expect(told.events == [.compare, .askTake, .take])
        let calm = Shown(TimelineScreen(state: Samples.timeline, composer: Samples.composer) { _ in })
        #expect(calm.find("changed") == nil)
    }

    @Test func membersAndDevicesSayHowFarTheyAreTrusted() throws {
        let told = Told<DetailsEvent>()
        var state = Samples.trustedDetails
        let (rui, joana) = (try #require(state.members?[1]), try #require(state.members?[2]))
        let shown = Shown(DetailsView(state: state) { told($0) })
        let changed = try #require(shown.find("member.\(rui.id)"))
        #expect(changed.all.contains { $0.attributes["text"] == strings.keysChanged })
        #expect(shown.all.filter { $0.attributes["identifier"] == "member.compare" }.count == 2)
        try shown.press("member.take")
        #expect(told.events == [.askTake(rui)])
        let row = try #require(shown.find("member.\(joana.id)"))
        row.all.first { $0.attributes["identifier"] == "member.compare" }?.action?()
        #expect(told.events.last == .compare(joana))
        state.taking = rui
        try Shown(DetailsView(state: state) { told($0) }).press("change.take")
        #expect(told.events.last == .take(rui))

        let devices = Told<DevicesEvent>()
        let old = try #require(Samples.devices.devices?[2])
        try Shown(DevicesView(state: Samples.devices) { devices($0) }).press("device.compare")
        let unverified = Shown(DevicesView(state: Samples.unverifiedDevices) { devices($0) })
        #expect(unverified.find("device.compare") == nil, "what is not verified vouches for nobody")
        #expect(unverified.texts.contains(strings.deviceUnverifiedLong))
        try unverified.press("devices.compare")
        try unverified.press("devices.recovery")
        #expect(devices.events == [.compare(old), .compareAny, .recovery])
        var alone = Samples.unverifiedDevices
        alone.devices = alone.devices.map { Array($0.prefix(1)) }
        #expect(Shown(DevicesView(state: alone) { _ in }).find("devices.compare") == nil)
    }

    @Test func aKeyIsShownCheckedAndAskedAbout() throws {
        let told = Told<RecoveryEvent>()
        let new = Shown(RecoveryView(state: Samples.newKey) { told($0) })
        let key = try #require(new.find("recovery.key"))
        let groups = key.all.compactMap { $0.attributes["text"] }
        #expect(groups.count == 12 && groups.first == "EsAA" && groups.last == "xxYY")
        #expect(key.attributes["private"] == "true")
        try new.press("recovery.written")

        let check = Shown(
            RecoveryView(state: Samples.recovery(Samples.standing, .check(typed: "xxYZ", wrong: true))) { told($0) })
        #expect(check.texts.contains(strings.recoveryLastGroupWrong))
        try check.type("recovery.group", "xxYY")
        try check.press("recovery.confirm")
        try check.press("recovery.again")
        #expect(told.events == [.written, .lastGroup("xxYY"), .confirm, .showAgain])
        let empty = Samples.recovery(Samples.standing, .check(typed: " ", wrong: false))
        #expect(Shown(RecoveryView(state: empty) { _ in }).isDisabled("recovery.confirm"))

        told.events = []
        var state = Samples.recovery(Samples.standing)
        try Shown(RecoveryView(state: state) { told($0) }).press("recovery.replace")
        state.asksReplace = true
        try Shown(RecoveryView(state: state) { told($0) }).press("recovery.replace.confirm")
        let none = Samples.recovery(Standing(key: .none, backup: .off))
        try Shown(RecoveryView(state: none) { told($0) }).press("recovery.create")
        #expect(told.events == [.create, .replace, .create])
        #expect(Shown(RecoveryView(state: RecoveryState()) { _ in }).find("loading") != nil)
    }

    @Test func whatWasWrittenDownIsTypedUnseen() throws {
        let told = Told<RecoveryEvent>()
        var state = Samples.restoring
        var shown = Shown(RecoveryView(state: state) { told($0) })
        #expect(shown.find("recovery.typed")?.kind == "SecureField")
        #expect(shown.isDisabled("recovery.restore"))
        #expect(shown.texts.contains(strings.deviceUnverifiedLong))
        try shown.type("recovery.typed", "EsAA")
        try shown.press("recovery.compare")
        (state.typed, state.typedProblem) = ("EsAA", "Wrong")
        shown = Shown(RecoveryView(state: state) { told($0) })
        #expect(shown.texts.contains("Wrong"))
        try shown.press("recovery.restore")
        #expect(told.events == [.typed("EsAA"), .compare, .restore])
        state.standing?.verified = true
        #expect(Shown(RecoveryView(state: state) { _ in }).find("recovery.compare") == nil)

        let facts: [(BackupStanding, String)] = [
            (.off, strings.backupOff), (.restoring, strings.backupRestoring(412)), (.on, strings.backupOn(412)),
            (.pending, strings.backupPending(7)),
        ]
        for (backup, words) in facts {
            var standing = Samples.standing
            (standing.backup, standing.waiting, standing.required) = (backup, 7, true)
            let shown = Shown(RecoveryView(state: Samples.recovery(standing)) { _ in })
            #expect(shown.texts.contains(words), "\(backup)")
            #expect(shown.texts.contains(strings.recoveryRequired) == (backup == .off))
        }
        for (done, words) in [
            (RecoveryDone.made, strings.recoveryMade), (.restored, strings.recoveryRestored),
            (.restoredUnverified, strings.recoveryRestoredUnverified),
        ] {
            var state = Samples.recovery(Samples.standing)
            state.done = done
            #expect(Shown(RecoveryView(state: state) { _ in }).texts.contains(words))
        }
    }
}

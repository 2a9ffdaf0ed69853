import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    /// Whom an officer believes, and what comes back to a new device: models on the real core, with other clients.
    @MainActor @Suite struct Believing {
        init() throws {
            try Client.initialize()
        }

        @Test func twoOfficersCompareSignsAndWhatDiffersVerifiesNobody() async throws {
            try await meet()
            try await see("that nothing is left") { LiveObjects.now.verifications == 0 }
        }

        private func meet() async throws {
            let ana = try await Application.signedIn(try Desk())
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            _ = try await rui.join(timeline.state.roomId)
            let verify = try #require(ana.main?.verify)
            try await see("that nobody was compared") { timeline.state.trust == .unverified }

            // Asked while reading: not now.
            var asking = try await rui.client.verify(ana.id)
            try await see("the question") { verify.state?.step == .asked }
            #expect(verify.state?.isPerson == true)
            ana.main?.back()
            #expect(verify.state == nil)
            #expect(try await asking.ended() == .cancelled(byUs: false, reason: .cancelled))

            // What was asked and taken back before anybody looked is gone.
            asking = try await rui.client.verify(ana.id)
            try await see("the question") { verify.state?.step == .asked }
            try await asking.cancel()
            try await see("nothing") { verify.state == nil }

            // They differ.
            asking = try await rui.client.verify(ana.id)
            try await see("the question") { verify.state?.step == .asked }
            verify.on(.begin)
            #expect(verify.state?.working == true)
            let signs = try await ana.signs()
            #expect(signs.allSatisfy { !$0.word.isEmpty && $0.word != $0.symbol })
            verify.on(.differ)
            #expect(try await asking.ended() == .cancelled(byUs: false, reason: .mismatch))
            try await see("why") { verify.state?.step == .ended(.mismatch) }
            // Closed twice is closed once.
            verify.on(.close)
            verify.on(.close)
            #expect(verify.state == nil)
            #expect(timeline.state.trust == .unverified)

            try await compare(ana, rui)
            try await see("it in the room") { timeline.state.trust == .verified }
            #expect(timeline.state.changed == nil)
            await ana.app.end()
            await rui.client.close()
        }

        /// From the list of members, and back.
        private func compare(_ ana: Application, _ rui: Colleague) async throws {
            let timeline = try #require(ana.timeline)
            let verify = try #require(ana.main?.verify)
            timeline.on(.details)
            let details = try await seen("the members") { ana.details }
            let member = try await seen("the colleague") { details.state.members?.first { !$0.own } }
            #expect(member.trust == .unverified)
            #expect(details.state.members?.first { $0.own }?.trust == nil)
            details.on(.compare(member))
            #expect(verify.state?.step == .waiting)
            // One at a time.
            details.on(.compare(member))
            let asked = try await rui.asked()
            try await asked.accept()
            // The other side knows no codes to scan; it is told that signs are wanted.
            try await see("the code") { if case .code = verify.state?.step { true } else { false } }
            verify.on(.bySigns)
            let here = try await ana.signs()
            #expect(try await asked.signs() == here.map(\.symbol))
            verify.on(.same)
            try await see("that the other side is waited for") { verify.state?.step == .confirmed }
            try await asked.confirm()
            try await see("the result") { verify.state?.step == .done }
            #expect(verify.state?.isOver == true)
            verify.on(.close)
            try await see("it in the list") { details.state.members?.first { !$0.own }?.trust == .verified }
            details.on(.back)
        }

        @Test func otherKeysOfSomebodyAreSaidAndHoldMessagesUpUntilTheyAreTakenAsTheyAre() async throws {
            let ana = try await Application.signedIn(try Desk())
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            _ = try await rui.join(timeline.state.roomId)
            try await see("that nobody was compared") { timeline.state.trust == .unverified }
            try await compare(ana, rui)
            try await see("it in the room") { timeline.state.trust == .verified }
            await ana.app.takeManaged(
                ManagedConfig(values: ["e2ee.exclude_unverified": .flag(true), "lock.required": .flag(false)]))
            try await resetIdentity(rui.id)

            try await see("whose keys are others") { timeline.state.changed?.id == rui.id }
            #expect(timeline.state.trust == .changed)
            try ana.say("Held up")
            let client = try #require(ana.app.client)
            try await see("that it waits") { timeline.state.messages.last?.state != .sent }
            let limit = ContinuousClock.now + .seconds(60)
            while try await client.queued().contains(where: { $0.reason == "identity_changed" }) == false {
                guard ContinuousClock.now < limit else { throw NotSeen("why it waits") }
                try await Task.sleep(for: .milliseconds(20))
            }
            timeline.on(.askTake)
            #expect(timeline.state.taking)
            // Back keeps them unknown.
            ana.main?.back()
            #expect(!timeline.state.taking && timeline.state.changed != nil)
            timeline.on(.askTake)
            timeline.on(.take)
            try await see("that they are taken") {
                timeline.state.changed == nil && timeline.state.trust == .unverified
            }
            try await see("that it went") { timeline.state.messages.last?.state == .sent }
            await ana.app.end()
            await rui.client.close()
        }

        @Test func whoGoesAwayWhileTheOtherWaitsEndsIt() async throws {
            let ana = try await Application.signedIn(try Desk())
            let rui = try await Colleague.signIn()
            let verify = try #require(ana.main?.verify)
            // Of somebody whom nobody knows: said, and closed.
            verify.begin("@nobody:qroc.test", name: "Nobody", isPerson: true)
            let strings = ana.app.looks.strings
            try await see("that there is nobody") { verify.state?.error == strings.error("error_nobody_to_verify") }
            #expect(verify.state?.working == false)
            verify.on(.close)

            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            _ = try await rui.join(timeline.state.roomId)
            verify.begin(rui.id, name: "Rui", isPerson: true)
            let asked = try await rui.asked()
            verify.on(.close)
            #expect(try await asked.ended() == .cancelled(byUs: false, reason: .cancelled))

            // Two questions: the second waits for the first.
            let joana = try await Colleague.signIn()
            let other = try await ana.app.client?.room(timeline.state.roomId)
            try await other?.invite(joana.id)
            _ = try await joana.join(timeline.state.roomId)
            let first = try await rui.client.verify(ana.id)
            try await see("the question") { verify.state?.step == .asked }
            let second = try await joana.client.verify(ana.id)
            #expect(verify.state?.name == localName(rui.id))
            try await Task.sleep(for: .milliseconds(500))
            #expect(verify.state?.name == localName(rui.id))
            verify.on(.close)
            #expect(try await first.ended() == .cancelled(byUs: false, reason: .cancelled))
            try await see("the second question") {
                verify.state?.step == .asked && verify.state?.name == localName(joana.id)
            }
            verify.on(.close)
            #expect(try await second.ended() == .cancelled(byUs: false, reason: .cancelled))
            await ana.app.end()
            await rui.client.close()
            await joana.client.close()
        }

        @Test func aNewDeviceIsVerifiedByAnOldOne() async throws {
            let desk = try Desk()
            let ana = try await Application.begin(desk)
            let phone = try await Colleague.signIn(as: ana.user)
            try await phone.client.foreground()
            try await ana.signIn()
            ana.main?.go(.devices)
            let devices = try await seen("the devices") { ana.devices }
            try await see("both") { devices.state.devices?.count == 2 }
            #expect(!devices.state.verified)
            devices.on(.compareAny)
            let verify = try #require(ana.main?.verify)
            #expect(verify.state?.name == ana.app.looks.strings.ownDevices)
            #expect(verify.state?.isPerson == false)
            let asked = try await phone.asked()
            // A code on both screens; what is chosen here is no picture of it, so the old device scans.
            asked.byCode()
            try await asked.accept()
            let code = try await seen("the code") {
                if case .code(let shown?) = verify.state?.step { shown } else { nil }
            }
            let blank = desk.folder.appendingPathComponent("blank.png")
            try Data("no picture".utf8).write(to: blank)
            desk.choice = blank
            verify.on(.scan)
            try await see("why") { verify.state?.error == ana.app.looks.strings.error("error_file_not_a_picture") }
            #expect(desk.released == [blank] && verify.state?.working == false)
            try await asked.scan(try await code.seen())
            try await see("the question") { verify.state?.step == .scanned }
            verify.on(.same)
            try await see("the result") { verify.state?.step == .done }
            verify.on(.close)
            try await see("that it is verified") {
                devices.state.verified && devices.state.devices?.map(\.trust) == [.this, .verified]
            }
            await ana.app.end()
            await phone.client.close()
        }

        @Test func aKeyThatWasWrittenDownBringsEverythingBackToANewDevice() async throws {
            let ana = try await Application.signedIn(try Desk())
            let timeline = try await ana.makeRoom("Harbour")
            try ana.say("White van at pier four")
            try await see("that it is sent") { timeline.state.messages.last?.state == .sent }
            ana.main?.go(.settings)
            ana.settings?.on(.recovery)
            let recovery = try await seen("the screen") { ana.recovery }
            try await see("that there is none") { recovery.state.standing?.key == KeyStanding.none }
            recovery.on(.create)
            let key = try await seen("the key") { recovery.shownKey }
            #expect(key.count == 12 && key.allSatisfy { $0.count == 4 })
            try await see("that it is made") { !recovery.state.working }
            recovery.on(.written)
            let last = try #require(key.last)
            recovery.on(.lastGroup(String(last.reversed()) + "x"))
            recovery.on(.confirm)
            #expect(recovery.state.step == .check(typed: String(last.reversed()) + "x", wrong: true))
            // Back shows it again, and does not leave.
            ana.main?.back()
            #expect(recovery.shownKey == key)
            recovery.on(.written)
            recovery.on(.lastGroup(" \(last) "))
            recovery.on(.confirm)
            try await see("that it is kept") { recovery.state.done == .made && recovery.state.step == .overview }
            recovery.on(.showAgain)
            #expect(recovery.shownKey == nil, "it is shown once")
            try await see("the backup") {
                recovery.state.standing.map { $0.key == .on && $0.backup == .on } == true
            }
            // Another one is asked about first.
            recovery.on(.create)
            #expect(recovery.state.asksReplace)
            recovery.on(.keepOld)
            #expect(!recovery.state.asksReplace)

            let tablet = Application(
                desk: try Desk(), app: AppModel(profile: Harbour.folder(), surroundings: try Desk()), user: ana.user)
            await tablet.app.start()
            try await tablet.signIn()
            let led = try await seen("that it is led there") { tablet.recovery }
            try await see("what it lacks") { led.state.standing?.restorable == true }
            #expect(led.state.standing?.verified == false)
            led.on(.typed("EsTj 3rB7 not what was written down"))
            led.on(.restore)
            let strings = tablet.app.looks.strings
            try await see("that it is wrong") { led.state.typedProblem == strings.error("error_wrong_recovery_key") }
            led.on(.typed(" " + key.joined(separator: " ")))
            #expect(led.state.typedProblem == nil)
            led.on(.restore)
            try await see("that it is right") { led.state.done != nil }
            #expect(led.state.done == .restored)
            #expect(led.state.typed.isEmpty)
            try await see("everything") {
                led.state.standing.map { $0.verified && !$0.restorable && $0.backup == .on } == true
            }
            tablet.main?.go(.room(timeline.state.roomId, eventId: nil))
            let room = try await seen("the room") { tablet.timeline }
            try await see("what was said before") { room.state.texts == ["White van at pier four"] }
            await tablet.app.end()
            await ana.app.end()
        }

        @Test func aKeyThatIsLeftUnreadIsNobodysAndANewOneIsMade() async throws {
            let ana = try await Application.signedIn(try Desk())
            ana.main?.go(.recovery)
            var recovery = try await seen("the screen") { ana.recovery }
            try await see("that there is none") { recovery.state.standing?.key == KeyStanding.none }
            recovery.on(.create)
            let first = try await seen("the key") { recovery.shownKey }
            try await see("that it is made") { !recovery.state.working }
            ana.main?.back()
            #expect(recovery.shownKey == nil, "nothing of it stays")
            ana.main?.go(.recovery)
            recovery = try await seen("the screen") { ana.recovery }
            try await see("that nobody has it") { recovery.state.standing?.key == .unshown }
            recovery.on(.create)
            let second = try await seen("another key") { recovery.shownKey }
            #expect(first != second)
            recovery.on(.written)
            recovery.on(.lastGroup(second.last ?? ""))
            try await see("that it is made") { !recovery.state.working }
            recovery.on(.confirm)
            try await see("that it is kept") { recovery.state.done == .made }
            // Rotated: asked, and the old one is worthless.
            try await see("that it stands") { recovery.state.standing?.key == .on }
            recovery.on(.create)
            recovery.on(.replace)
            let third = try await seen("the third key") { recovery.shownKey }
            #expect(third != second)
            await ana.app.end()
        }
    }
}

extension RecoveryModel {
    fileprivate var shownKey: [String]? { if case .show(let groups) = state.step { groups } else { nil } }
}

extension Modules {
    /// What a camera reads from the screen: four pixels a module, with a margin.
    fileprivate func seen() async throws -> Data {
        let width = (rows.count + 8) * 4
        let dark = { (x: Int, y: Int) in
            let (row, column) = (y / 4 - 4, x / 4 - 4)
            return rows.indices.contains(row) && rows.indices.contains(column) && rows[row][column]
        }
        let pixels = Data((0..<width * width).map { dark($0 % width, $0 / width) ? 0 : 255 })
        guard let says = try await Codes.read(brightness: pixels, width: width, height: width) else {
            throw NotSeen("a code")
        }
        return says
    }
}

extension Application {
    /// The seven signs, once they are there.
    @MainActor fileprivate func signs() async throws -> [Sign] {
        try await seen("seven signs") {
            if case .compare(let signs, _) = main?.verify.state?.step, signs.count == 7 { signs } else { nil }
        }
    }
}

extension Colleague {
    /// The next verification that somebody asks for.
    fileprivate func asked() async throws -> Verification {
        let requests = client.verificationRequests
        return try await soon {
            for try await one in requests { return one }
            throw NotSeen("a question")
        }
    }
}

extension Verification {
    fileprivate func signs() async throws -> [String] {
        let stages = stages
        return try await soon {
            for try await stage in stages { if case .compare(let emoji, _) = stage { return emoji.map(\.symbol) } }
            throw NotSeen("signs")
        }
    }

    fileprivate func ended() async throws -> VerificationStage {
        let stages = stages
        return try await soon {
            for try await stage in stages { if case .cancelled = stage { return stage } }
            throw NotSeen("an end")
        }
    }
}

/// What takes longer than a minute never comes.
private func soon<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(60))
            throw NotSeen("anything in a minute")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw NotSeen("anything") }
        return first
    }
}

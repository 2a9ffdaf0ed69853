import Foundation
import Qroc
import XCTest

/// What people and devices believe of each other, and what brings keys back.
final class TrustTests: XCTestCase {
    override func setUp() async throws {
        try Client.initialize()
    }

    func testTwoPeopleCompareSignsAndBelieveEachOther() async throws {
        let (ana, rui) = try await Officer.pair()
        let before = try await ana.0.client.trust(of: rui.0.id)
        XCTAssertEqual(before, .unverified)
        let (ours, theirs) = try await meet(ana.0.client, rui.0.id, rui.0.client)
        try await ours.confirm()
        try await theirs.confirm()
        let (here, there) = (try await soon { try await ours.end() }, try await soon { try await theirs.end() })
        XCTAssertEqual([here, there], [.done, .done])
        // A loop that comes late is told how it ended.
        let late = try await soon { try await ours.stages.all() }
        XCTAssertEqual(late, [.done])

        try await until { try await ana.0.client.trust(of: rui.0.id) == .verified }
        try await until { try await rui.0.client.trust(of: ana.0.id) == .verified }
        let devices = try await ana.0.client.devices(of: rui.0.id)
        XCTAssertEqual(devices.map(\.trust), [.verified])
        let members = try await ana.1.members()
        XCTAssertEqual(members.first { $0.userId == rui.0.id }?.trust, .verified)
        XCTAssertEqual(members.first { $0.userId == ana.0.id }?.trust, .own)
        let unchanged = await thrown { try await ana.0.client.acceptChange(of: rui.0.id) }
        XCTAssertEqual(unchanged?.code, "bad_input")
        let nobody = await thrown { try await ana.0.client.verify("@nobody:qroc.test") }
        XCTAssertEqual(nobody?.code, "nobody_to_verify")
        XCTAssertEqual(nobody?.kind, .notFound)
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testAnIdentityThatChangesIsShownHoldsUpAndIsTakenAsItIs() async throws {
        let (ana, rui) = try await Officer.pair()
        let user = rui.0.id
        let (ours, theirs) = try await meet(ana.0.client, user, rui.0.client)
        try await ours.confirm()
        try await theirs.confirm()
        let end = try await soon { try await ours.end() }
        XCTAssertEqual(end, .done)
        try await until { try await ana.0.client.trust(of: user) == .verified }
        try await verifiedOnly(ana.0.client, true)
        let seen = try await rui.1.timeline()
        try await ana.1.send("For verified ones")
        _ = try await soon { try await seen.items.first { $0.texts.last == "For verified ones" } }

        // Somebody who has the password gives the account another identity.
        let peer = try await Peer.signIn(user)
        try await peer.ask(["do": "reset_identity", "password": Harbour.password])
        let phone = try await rui.0.again()
        try await until { try await ana.0.client.trust(of: user) == .changed }
        let members = try await ana.1.members()
        XCTAssertEqual(members.first { $0.userId == user }?.trust, .changed)
        let held = try await ana.1.send("Held up")
        let queue = try ana.0.client.sendQueue()
        let queued = try await soon { try await queue.items.first { $0.contains { $0.reason == "identity_changed" } } }
        XCTAssertEqual(queued?.map(\.txnId), [held.txnId])

        // Ana takes it as it is: sent, but policy gives the key to no device that is not verified, and the one that was
        // compared was another identity's.
        let taken = try await ana.0.client.acceptChange(of: user)
        XCTAssertEqual(taken, .unverified)
        let twice = await thrown { try await ana.0.client.acceptChange(of: user) }
        XCTAssertEqual(twice?.code, "bad_input")
        try await queue.retry(try XCTUnwrap(queued?.first).id)
        _ = try await soon { try await queue.items.first { $0.isEmpty } }
        _ = try await soon { try await seen.items.first { $0.hasLocked } }
        let room = ana.1.id
        let rooms = try phone.client.rooms()
        _ = try await soon { try await rooms.first { $0.contains { $0.id == room } } }
        let other = try await phone.client.room(room).timeline()
        _ = try await soon { try await other.items.first { $0.hasLocked } }
        try await verifiedOnly(ana.0.client, false)
        try await ana.1.send("For all again")
        let all = try await soon { try await other.items.first { $0.texts.last == "For all again" } }
        XCTAssertEqual(all?.texts, ["For all again"])
        _ = try await soon { try await seen.items.first { $0.texts.last == "For all again" } }
        await phone.client.close()
        await ana.0.client.close()
        await rui.0.client.close()
    }

    private func verifiedOnly(_ client: Client, _ only: Bool) async throws {
        let said: [String: PolicyValue] = ["e2ee.exclude_unverified": .flag(only), "lock.required": .flag(false)]
        try await client.takeManaged(ManagedConfig(values: said))
    }

    func testOneShowsACodeAndTheOtherScansIt() async throws {
        let (ana, rui) = try await Officer.pair()
        let ours = try await ana.0.client.verify(rui.0.id)
        ours.byCode()
        let theirs = try await rui.0.client.asked()
        theirs.byCode()
        try await theirs.accept()
        let here = try await ours.code()
        let there = try await theirs.code()
        XCTAssertNotEqual(here, there)
        XCTAssertTrue(here.isDark(row: 0, column: 0) && !here.isDark(row: 7, column: 7))
        XCTAssertFalse(here.isDark(row: -1, column: 0) || here.isDark(row: here.side, column: 0))
        XCTAssertFalse("\(VerificationStage.code(shown: here))".contains("\(here.bytes)"))

        // What the other's screen shows, as a camera sees it: four pixels a module.
        let (pixels, width) = here.drawn(scale: 4)
        let blank = try await Codes.read(brightness: Data(count: pixels.count), width: width, height: width)
        XCTAssertNil(blank)
        let seen = try await Codes.read(brightness: pixels, width: width, height: width)
        XCTAssertEqual(seen, here.bytes)
        let unreadable = await thrown { try await theirs.scan(Data("MATRIX".utf8)) }
        XCTAssertEqual(unreadable?.code, "code_unreadable")
        let nothing = await thrown { _ = try await Codes.read(picture: Data("no picture".utf8)) }
        XCTAssertEqual(nothing?.code, "file_not_a_picture")

        try await theirs.scan(try XCTUnwrap(seen))
        let told = try await soon { try await ours.stages.first { $0 == .scanned } }
        XCTAssertEqual(told, .scanned)
        try await ours.confirm()
        let ends = (try await soon { try await ours.end() }, try await soon { try await theirs.end() })
        XCTAssertEqual([ends.0, ends.1], [.done, .done])
        try await until { try await ana.0.client.trust(of: rui.0.id) == .verified }
        try await until { try await rui.0.client.trust(of: ana.0.id) == .verified }
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testSignsThatDifferANoAndAScreenThatGoesAwayVerifyNobody() async throws {
        let (ana, rui) = try await Officer.pair()
        // The signs differ.
        let (ours, theirs) = try await meet(ana.0.client, rui.0.id, rui.0.client)
        try await theirs.mismatch()
        let told = try await soon { try await ours.end() }
        XCTAssertEqual(told, .cancelled(byUs: false, reason: .mismatch))
        let said = try await soon { try await theirs.end() }
        XCTAssertEqual(said, .cancelled(byUs: true, reason: .mismatch))
        // Once it is over there is nothing to do.
        try await ours.confirm()

        // A no.
        let asked = try await ana.0.client.verify(rui.0.id)
        try await rui.0.client.asked().cancel()
        let refused = try await soon { try await asked.end() }
        XCTAssertEqual(refused, .cancelled(byUs: false, reason: .cancelled))

        // A screen that goes away: nobody has this one any more.
        let waits = try await meet(rui.0.client, ana.0.id, ana.0.client).theirs
        let left = try await soon { try await waits.end() }
        XCTAssertEqual(left, .cancelled(byUs: false, reason: .cancelled))
        let trust = try await ana.0.client.trust(of: rui.0.id)
        XCTAssertEqual(trust, .unverified)
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testARequestEndsWithTheClient() async throws {
        let (ana, rui) = try await Officer.pair()
        let ours = try await ana.0.client.verify(rui.0.id)
        let theirs = try await rui.0.client.asked()
        XCTAssertEqual(theirs.userId, ana.0.id)
        let stages = Task { try await theirs.stages.all() }
        let requests = Task { try await rui.0.client.verificationRequests.all().count }
        try await Task.sleep(for: .milliseconds(200))
        await rui.0.client.close()
        let seen = try await soon { try await stages.value }
        XCTAssertTrue(seen.isEmpty || seen == [.asked], "\(seen)")
        let more = try await soon { try await requests.value }
        XCTAssertEqual(more, 0)
        let error = await thrown { try await theirs.accept() }
        XCTAssertEqual(error?.kind, .closed)
        try await ours.cancel()
        await ana.0.client.close()
    }

    func testANewDeviceIsVerifiedByAnOldOneAndGetsWhatItLacks() async throws {
        let phone = try await Officer.signIn()
        try await phone.client.foreground()
        let tablet = try await phone.again()
        let lacks = try await tablet.client.hasSecrets()
        XCTAssertFalse(lacks)
        let (ours, theirs) = try await meet(tablet.client, phone.id, phone.client)
        XCTAssertEqual(theirs.deviceId, tablet.client.signedIn.deviceId)
        try await ours.confirm()
        try await theirs.confirm()
        let end = try await soon { try await ours.end() }
        XCTAssertEqual(end, .done)
        try await until { try await tablet.client.hasSecrets() }
        let devices = try await tablet.client.devices()
        XCTAssertEqual(Set(devices.map(\.trust)), [.this, .verified])
        await phone.client.close()
        await tablet.client.close()
    }

    func testARecoveryKeyThatWasMadeOnOneDeviceRestoresAnother() async throws {
        let (ana, rui) = try await Officer.pair()
        try await rui.1.send("White van at pier four")
        let sent = try await ana.1.timeline()
        _ = try await soon { try await sent.items.first { $0.texts == ["White van at pier four"] } }
        let key = try await ana.0.client.createRecoveryKey(passphrase: Data("correct horse battery".utf8))
        let written = try XCTUnwrap(key.reveal())
        XCTAssertEqual(written.count, 59)
        var dumped = "\(key) \(String(reflecting: key))"
        dump(key, to: &dumped)
        XCTAssertFalse(dumped.contains(String(decoding: written, as: UTF8.self)))
        let unshown = try await ana.0.client.recovery()
        XCTAssertEqual(unshown.key, .unshown)
        try await key.shown()
        XCTAssertNil(key.reveal())
        let states = ana.0.client.recoveryStates
        let on = try await soon { try await states.first { $0.backup == .on } }
        XCTAssertEqual(on?.key, RecoveryKeyState.on)
        let twice = await thrown { try await ana.0.client.createRecoveryKey() }
        XCTAssertEqual(twice?.code, "recovery_key_exists")
        await ana.0.client.close()

        // The phone falls into the harbour. The new one can read nothing of what was.
        let phone = try await ana.0.again()
        try await until { try await phone.client.recovery().backup == .locked }
        let early = await thrown { try await phone.client.createRecoveryKey(replace: true) }
        XCTAssertEqual(early?.code, "not_verified")
        XCTAssertEqual(early?.kind, .forbidden)
        let wrong = await thrown { try await phone.client.restore(Data("wrong horse".utf8)) }
        XCTAssertEqual(wrong?.code, "wrong_recovery_key")
        let rooms = try phone.client.rooms()
        _ = try await soon { try await rooms.first { !$0.isEmpty } }
        let room = try await phone.client.room(ana.1.id)
        let timeline = try await room.timeline()
        _ = try await soon {
            try await timeline.items.first { $0.contains { $0.content == .locked(.missingKey) } }
        }
        let restored = try await phone.client.restore(written)
        XCTAssertTrue(restored.verified && restored.history, "\(restored)")
        _ = try await soon { try await timeline.items.first { $0.texts == ["White van at pier four"] } }
        let complete = try await phone.client.hasSecrets()
        XCTAssertTrue(complete)
        await phone.client.close()
        await rui.0.client.close()
    }

    /// One asks, the other takes it up, both see the same signs.
    private func meet(
        _ asks: Client,
        _ who: String,
        _ answers: Client
    ) async throws -> (ours: Verification, theirs: Verification) {
        let ours = try await asks.verify(who)
        let theirs = try await answers.asked()
        XCTAssertTrue(ours.isOurs && !theirs.isOurs)
        XCTAssertEqual(ours.userId, answers.signedIn.userId)
        try await theirs.accept()
        let (here, there) = (try await ours.signs(), try await theirs.signs())
        XCTAssertEqual(here, there)
        guard case .compare(let emoji, let numbers) = here else { throw TooLate() }
        XCTAssertEqual(emoji.count, 7)
        XCTAssertTrue(emoji.allSatisfy { !$0.symbol.isEmpty && $0.wordKey.hasPrefix("emoji_") })
        XCTAssertTrue(numbers.count == 3 && numbers.allSatisfy((1000...9191).contains), "\(numbers)")
        return (ours, theirs)
    }
}

extension Client {
    /// The next verification that somebody asks for.
    fileprivate func asked() async throws -> Verification {
        let requests = verificationRequests
        let asked = try await soon { try await requests.first { _ in true } }
        guard let asked else { throw TooLate() }
        return asked
    }
}

extension Verification {
    fileprivate func signs() async throws -> VerificationStage? {
        let stages = stages
        return try await soon {
            try await stages.first {
                switch $0 {
                case .compare, .cancelled: true
                case .waiting, .asked, .starting, .code, .scanned, .confirmed, .done: false
                }
            }
        }
    }

    fileprivate func code() async throws -> VerificationCode {
        let stages = stages
        let stage = try await soon { try await stages.first { if case .code = $0 { true } else { false } } }
        guard case .code(let shown?) = stage else { throw TooLate() }
        return shown
    }

    fileprivate func end() async throws -> VerificationStage? {
        try await stages.all().last
    }
}

extension VerificationCode {
    /// Its picture with a margin: brightness of each pixel, and how wide it is.
    fileprivate func drawn(scale: Int) -> (Data, Int) {
        let width = (side + 8) * scale
        let dark = { (x: Int, y: Int) in self.isDark(row: y / scale - 4, column: x / scale - 4) }
        return (Data((0..<width * width).map { dark($0 % width, $0 / width) ? 0 : 255 }), width)
    }
}

extension Updates {
    /// All until it ends.
    func all() async throws -> [Element] {
        var all: [Element] = []
        for try await element in self { all.append(element) }
        return all
    }
}

extension Officer {
    /// Signs the same officer in on another device, in the foreground.
    func again() async throws -> Officer {
        let profile = Harbour.folder()
        let vault = Vault.keyFile(profile.appendingPathExtension("key"))
        let client = try await Client.login(
            profile: profile, vault: vault, server: Harbour.server, user: id, password: Harbour.password)
        try await client.foreground()
        return Officer(client: client, profile: profile, vault: vault)
    }
}

/// Asks again and again until it is so; for what has no news of its own.
func until(_ isSo: @escaping @Sendable () async throws -> Bool) async throws {
    try await soon {
        while try await !isSo() { try await Task.sleep(for: .milliseconds(20)) }
    }
}

extension [TimelineItem] {
    fileprivate var hasLocked: Bool {
        contains { if case .locked = $0.content { true } else { false } }
    }
}

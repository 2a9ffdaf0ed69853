import Foundation
import Qroc
import XCTest

final class TalkTests: XCTestCase {
    override func setUp() async throws {
        try Client.initialize()
    }

    func testTwoOfficersTalk() async throws {
        let (ana, rui) = try await Officer.pair()
        let ours = try await ana.1.timeline()
        let theirs = try await rui.1.timeline()
        let sent = try await ana.1.send("North gate is closed")
        XCTAssertNil(sent.eventId)

        let seen = try await soon { try await theirs.items.first { $0.texts == ["North gate is closed"] } }
        let item = try XCTUnwrap(seen?.last)
        XCTAssertEqual(item.sender, ana.0.id)
        XCTAssertTrue(item.encrypted)
        XCTAssertEqual(item.state, .sent)
        XCTAssertLessThan(abs(item.time.timeIntervalSinceNow), 300)
        // The echo became the sent event without moving.
        let echo = try await soon {
            try await ours.items.first { $0.last?.eventId != nil && $0.last?.txnId == sent.txnId }
        }
        XCTAssertEqual(echo?.last?.eventId, item.eventId)

        let list = try rui.0.client.roomList()
        let rooms = try await soon {
            try await list.rooms.first { $0.first?.lastBody == "North gate is closed" }
        }
        XCTAssertEqual(rooms?.first?.unread, 1)
        XCTAssertEqual(rooms?.first?.name, "Harbour")
        try await rui.1.markRead()
        _ = try await soon { try await list.rooms.first { $0.first?.unread == 0 } }

        let event = try XCTUnwrap(item.eventId)
        try await rui.1.send("Copied", replyTo: event)
        try await rui.1.react(to: event, with: "👍")
        try await ana.1.edit(event, to: "South gate is closed")
        let reacted = try await soon {
            try await ours.items.first { list in
                list.texts == ["South gate is closed", "Copied"] && list.contains { !$0.reactions.isEmpty }
            }
        }
        let answered = try XCTUnwrap(reacted)
        let edited = try XCTUnwrap(answered.first { $0.text != nil })
        XCTAssertTrue(edited.edited)
        XCTAssertEqual(edited.reactions, ["👍": [rui.0.id]])
        XCTAssertEqual(answered.last?.replyTo, event)
        let others = await thrown { try await rui.1.edit(event, to: "mine") }
        XCTAssertEqual(others?.kind, .forbidden)
        try await ana.1.redact(event)
        let redacted = try await soon {
            try await theirs.items.first { list in list.contains { $0.content == .removed } }
        }
        XCTAssertEqual(redacted?.texts, ["Copied"])
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testAFileAndAPlaceGoAcross() async throws {
        let (ana, rui) = try await Officer.pair()
        let folder = Harbour.folder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("plan.txt")
        let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try bytes.write(to: file)
        let sent = try await ana.1.sendFile(file, caption: "The plan")
        XCTAssertEqual(sent.sourceBytes, UInt64(bytes.count))
        try await ana.1.sendPlace(latitude: 38.7071, longitude: -9.13549, accuracy: 12)

        let theirs = try await rui.1.timeline()
        let list = try await soon {
            try await theirs.items.first { list in
                list.contains { if case .place = $0.content { true } else { false } }
            }
        }
        guard case .place(let place, _) = list?.last?.content else { return XCTFail("no place") }
        XCTAssertEqual(place.latitude, 38.7071, accuracy: 1e-6)
        XCTAssertEqual(place.longitude, -9.13549, accuracy: 1e-6)
        XCTAssertEqual(place.accuracy, 12)
        let message = try XCTUnwrap(list?.dropLast().last)
        guard case .media(.file, let attachment, let caption) = message.content else {
            return XCTFail("no file")
        }
        XCTAssertEqual(caption, "The plan")
        XCTAssertEqual(attachment.name, "plan.txt")
        let event = try XCTUnwrap(message.eventId)
        let target = folder.appendingPathComponent("copy.txt")
        let fetched = try await soon { try await rui.1.download(event, to: target) }
        XCTAssertEqual(try Data(contentsOf: fetched.url), bytes)
        XCTAssertEqual(fetched.sha256, sent.sha256)
        let taken = await thrown { try await rui.1.download(event, to: target) }
        XCTAssertEqual(taken?.kind, .badInput)
        XCTAssertEqual(taken?.code, "file_exists")
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testWhatHappensToARoomSaysWhoDidWhatToWhom() async throws {
        let (ana, rui) = try await Officer.pair("Pier")
        let (own, user, room) = (ana.0.id, rui.0.id, ana.1.id)
        let timeline = try await ana.1.timeline()
        @Sendable func sees(_ sender: String, _ change: RoomChange) async throws -> [TimelineItem] {
            let items = try await soon {
                try await timeline.items.first {
                    $0.contains { $0.sender == sender && $0.content.change?.unnamed == change }
                }
            }
            return items ?? []
        }
        func other(_ change: MemberChange, _ reason: String? = nil) -> RoomChange {
            .member(change, userId: user, userName: nil, reason: reason)
        }
        let begun = try await sees(user, other(.joined))
        let changes = begun.compactMap(\.content.change)
        for change in [RoomChange.created, .encrypted, .named("Pier")] {
            XCTAssertTrue(changes.contains(change), "\(change) in \(changes)")
        }
        let invited = begun.first { $0.content.change?.unnamed == other(.invited) }
        XCTAssertEqual(invited?.sender, own)
        XCTAssertNotNil(invited?.senderName)

        // What another program sets.
        let peer = try await Peer.signIn(own)
        func set(_ kind: String, _ content: [String: String], key: String = "") async throws {
            try await peer.ask(["do": "state", "room": room, "kind": kind, "key": key, "content": content])
        }
        try await set("m.room.name", ["name": "Pier five"])
        _ = try await sees(own, .named("Pier five"))
        try await set("m.room.topic", ["topic": "Containers"])
        _ = try await sees(own, .topic("Containers"))
        try await set("m.room.member", ["membership": "leave", "reason": "Wrong room"], key: user)
        _ = try await sees(own, other(.removed, "Wrong room"))
        try await ana.1.invite(user)
        let rooms = try rui.0.client.rooms()
        _ = try await soon {
            try await rooms.first { $0.contains { $0.id == room && $0.membership == .invite } }
        }
        try await rui.1.leave()
        _ = try await sees(user, other(.left))
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testWhatWasWrittenIsThereAgain() async throws {
        let ana = try await Officer.signIn()
        let room = try await ana.room("Airport")
        let sent = try await room.send("Terminal two")
        await ana.client.close()
        let again = try await Client.open(profile: ana.profile, vault: ana.vault)
        let same = try await again.room("Airport")
        XCTAssertEqual(same.id, room.id)
        let items = try await same.page(offline: true)
        XCTAssertEqual(items.texts, ["Terminal two"])
        XCTAssertEqual(items.last?.txnId, sent.txnId)
        let hits = try await again.search("termi", in: room.id)
        XCTAssertEqual(hits.count, 1)
        // It waited, and goes out now.
        try await again.foreground()
        let timeline = try await same.timeline()
        _ = try await soon { try await timeline.items.first { $0.last?.state == .sent } }
        await again.close()
    }

    func testAnAccountKnowsItsDevicesAndARoomItsMembers() async throws {
        let (ana, rui) = try await Officer.pair()
        let members = try await ana.1.members()
        XCTAssertEqual(Set(members.map(\.userId)), [ana.0.id, rui.0.id])
        let devices = try await ana.0.client.devices()
        XCTAssertEqual(devices.map(\.deviceId), [ana.0.client.signedIn.deviceId])
        XCTAssertEqual(devices.first?.trust, .this)
        let own = await thrown {
            try await ana.0.client.signOutDevice(devices[0].id, password: Harbour.password)
        }
        XCTAssertEqual(own?.kind, .badInput)
        try await ana.1.kick(rui.0.id)
        let left = try await soon {
            while true {
                if let error = await thrown({ try await rui.1.send("still here?") }) { return error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        XCTAssertEqual(left.kind, .forbidden)
        let status = try await ana.0.client.status()
        XCTAssertTrue(status.verified)
        XCTAssertEqual(status.state, .active)
        XCTAssertNotNil(status.lastSync)
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testARoomForbidsWhatItsRulesForbid() async throws {
        let (ana, rui) = try await Officer.pair()
        let forbidden = await thrown { try await rui.1.kick(ana.0.id) }
        XCTAssertEqual(forbidden?.kind, .forbidden)
        let nobody = await thrown { try await ana.1.invite("nobody") }
        XCTAssertEqual(nobody?.kind, .badInput)
        try await rui.1.leave()
        await ana.0.client.close()
        await rui.0.client.close()
    }
}

extension ItemContent {
    fileprivate var change: RoomChange? {
        if case .change(let change) = self { change } else { nil }
    }
}

extension RoomChange {
    /// Without what somebody is called.
    fileprivate var unnamed: RoomChange {
        guard case .member(let change, let userId, _, let reason) = self else { return self }
        return .member(change, userId: userId, userName: nil, reason: reason)
    }
}

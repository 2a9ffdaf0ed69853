import Foundation
import Qroc
import XCTest

/// What people do with messages besides sending them.
final class ConversationTests: XCTestCase {
    override func setUp() async throws {
        try Client.initialize()
    }

    func testATextKeepsItsFormattingNamesPeopleAndRemembersHowItChanged() async throws {
        let (ana, rui) = try await Officer.pair()
        let id = rui.0.id
        try await ana.1.send(
            "**Van** at `AB-12`, \(id) look\n\n- one\n- two\n\n> seen [here](https://example.org)")
        let theirs = try await rui.1.timeline()
        let items = try await soon { try await theirs.items.first { $0.contains { !$0.formatted.isEmpty } } }
        let item = try XCTUnwrap(items?.first { !$0.formatted.isEmpty })
        let runs = try XCTUnwrap(item.formatted.first?.runs)
        XCTAssertTrue(runs[0].bold && runs[0].text == "Van", "\(runs)")
        XCTAssertTrue(runs[2].code && runs[2].text == "AB-12", "\(runs)")
        XCTAssertEqual(runs.compactMap(\.mention), [id])
        XCTAssertEqual(item.formatted.compactMap(\.marker), ["•", "•"])
        XCTAssertEqual(item.formatted.filter { $0.marker != nil }.map(\.runs[0].text), ["one", "two"])
        XCTAssertEqual(item.formatted.last?.quote, 1)
        XCTAssertEqual(item.formatted.last?.runs.compactMap(\.link), ["https://example.org"])
        XCTAssertEqual(item.mentions, [id])

        let event = try XCTUnwrap(item.eventId)
        try await ana.1.send("The **grey** one", replyTo: event)
        let answers = try await soon { try await theirs.items.first { $0.contains { $0.quoted != nil } } }
        let quoted = try XCTUnwrap(answers?.last?.quoted)
        XCTAssertTrue(quoted.known && !quoted.removed && quoted.sender == ana.0.id, "\(quoted)")

        try await ana.1.edit(event, to: "Van *left*")
        _ = try await soon { try await theirs.items.first { $0.contains { $0.eventId == event && $0.edited } } }
        let versions = try await rui.1.history(event)
        XCTAssertEqual(versions.map(\.current), [false, true])
        XCTAssertEqual(versions.last?.formatted.first?.runs.last?.italic, true)

        // As it is typed.
        try await ana.1.send("2 * 3 * 4", plain: true)
        let plain = try await soon { try await theirs.items.first { $0.last?.text == "2 * 3 * 4" } }
        XCTAssertEqual(plain?.last?.formatted, [])
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testADraftOutlivesTheAppAndGoesWithWhatIsSent() async throws {
        let ana = try await Officer.signIn()
        try await ana.client.foreground()
        let room = try await ana.room("Airport")
        let root = try await room.hasSent("Who is at the gate?")
        try await room.keepDraft("Two cars at")
        try await room.keepDraft("In the thread", thread: root)
        await ana.client.close()
        let again = try await Client.open(profile: ana.profile, vault: ana.vault)
        let same = try await again.room(room.id)
        let shown = try await same.summary().draft
        XCTAssertEqual(shown, "Two cars at")
        let drafts = try await again.drafts()
        XCTAssertEqual(Set(drafts.map(\.body)), ["Two cars at", "In the thread"])
        XCTAssertEqual(Set(drafts.map(\.thread)), [nil, root])
        try await same.send("Two cars at pier four", clearsDraft: true)
        let gone = try await same.draft()
        XCTAssertNil(gone)
        let kept = try await same.draft(thread: root)
        XCTAssertEqual(kept, "In the thread")
        try await same.keepDraft("", thread: root)
        let none = try await again.drafts()
        XCTAssertEqual(none, [])
        await again.close()
    }

    func testWhatIsPinnedIsPinnedForEverybody() async throws {
        let (ana, rui) = try await Officer.pair()
        let gate = try await ana.1.hasSent("Meet at the north gate")
        let plate = try await ana.1.hasSent("AB-12 is the plate")
        try await ana.1.pin(gate)
        try await ana.1.pin(plate)
        // At once, without the server.
        let here = try await ana.1.pins(offline: true)
        XCTAssertEqual(here.texts, ["Meet at the north gate", "AB-12 is the plate"])
        try await until { try await rui.1.pins().map(\.eventId) == [gate, plate] }
        try await ana.1.pin(gate, false)
        try await until { try await rui.1.pins().map(\.eventId) == [plate] }
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testAShareIsWithdrawnAtEveryRecipientAndNotSentOn() async throws {
        let (ana, rui) = try await Officer.pair()
        let wrong = try await ana.1.hasSent("He wears a red coat")
        let right = try await ana.1.hasSent("He wears a blue coat")
        let theirs = try await rui.1.timeline()
        _ = try await soon { try await theirs.items.first { $0.texts.count == 2 } }
        let other = try await rui.0.room("Team two")
        let forwarded = try await other.forward(right, from: rui.1.id)
        let copy = try await other.page(offline: true).last
        XCTAssertEqual(copy?.txnId, forwarded.txnId)
        XCTAssertEqual(copy?.text, "He wears a blue coat")
        XCTAssertEqual(copy?.forwarded?.sender, ana.0.id)

        try await ana.1.mark(wrong, as: .superseded, replacedBy: right, reason: "Wrong man")
        let marked = try await soon { try await theirs.items.first { $0.contains { $0.mark != nil } } }
        let item = try XCTUnwrap(marked?.first { $0.mark != nil })
        XCTAssertEqual(item.eventId, wrong)
        XCTAssertEqual(item.mark?.state, .superseded)
        XCTAssertEqual(item.mark?.replacedBy, right)
        XCTAssertEqual(item.mark?.reason, "Wrong man")
        XCTAssertEqual(item.mark?.sender, ana.0.id)
        let stranger = await thrown { try await rui.1.mark(right, as: .withdrawn) }
        XCTAssertEqual(stranger?.kind, .forbidden)
        let superseded = await thrown { try await other.forward(wrong, from: rui.1.id) }
        XCTAssertEqual(superseded?.kind, .badInput)
        try await ana.1.mark(wrong, as: .valid)
        _ = try await soon { try await theirs.items.first { $0.allSatisfy { $0.mark == nil } } }
        try await other.forward(wrong, from: rui.1.id)
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testAThreadWhoHasReadItAndHowARoomIsKept() async throws {
        let (ana, rui) = try await Officer.pair()
        let root = try await ana.1.hasSent("Who is at the gate?")
        let theirs = try await rui.1.timeline()
        _ = try await soon { try await theirs.items.first { $0.last?.text == "Who is at the gate?" } }
        try await rui.1.send("Ana", thread: root)
        try await rui.1.send("And Rui", thread: root)
        try await until { try await ana.1.thread(root).texts == ["Who is at the gate?", "Ana", "And Rui"] }
        let threads = try await ana.1.threads()
        XCTAssertEqual(threads.map(\.replies?.count), [2])
        let message = try await rui.1.message(root)
        XCTAssertEqual(message.text, "Who is at the gate?")
        try await ana.1.send("Thanks")
        _ = try await soon { try await theirs.items.first { $0.last?.text == "Thanks" } }
        try await rui.1.markRead()
        let reader = rui.0.id
        try await until { try await ana.1.seenBy(root).map(\.userId) == [reader] }

        try await ana.1.setFavourite(true)
        try await ana.1.setLoudness(.mentions)
        let kept = try await ana.1.summary()
        XCTAssertTrue(kept.favourite && !kept.lowPriority && kept.loudness == .mentions)
        try await rui.1.setTyping(true)
        let typing = try await soon { try await ana.1.typingChanges(from: []) }
        XCTAssertEqual(typing, [rui.0.id])
        await ana.0.client.close()
        await rui.0.client.close()
    }
}

extension Room {
    /// Sends a text, and waits until the server has it.
    fileprivate func hasSent(_ text: String) async throws -> String {
        let sent = try await send(text)
        let timeline = try await timeline()
        let items = try await soon {
            try await timeline.items.first { $0.contains { $0.txnId == sent.txnId && $0.eventId != nil } }
        }
        return try XCTUnwrap(items?.first { $0.txnId == sent.txnId }?.eventId)
    }
}

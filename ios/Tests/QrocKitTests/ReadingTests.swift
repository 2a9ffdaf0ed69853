import Foundation
import Qroc
import QrocStrings
import XCTest

@testable import QrocKit

/// Lines of a timeline, links, and errors: nothing of it needs a core.
final class ReadingTests: XCTestCase {
    private let start = Date(timeIntervalSince1970: 1_790_000_000)
    private var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC") ?? .current
        return calendar
    }

    private func message(_ id: String, _ sender: String, after seconds: TimeInterval) -> Entry {
        .message(Message(id: id, sender: sender, senderName: sender, time: start + seconds, body: .text(id)))
    }

    private func arranged(_ entries: [Entry], unreadFrom: String? = nil) -> [String] {
        arrange(entries, unreadFrom: unreadFrom, calendar).map { entry in
            switch entry {
            case .day: "day"
            case .unread: "unread"
            case .gap: "gap"
            case .notice: "notice"
            case .message(let message): message.first ? "\(message.id)!" : message.id
            }
        }
    }

    func testWhatOneSaysWithinFiveMinutesIsAGroup() {
        let entries = [
            message("a", "ana", after: 0), message("b", "ana", after: 300), message("c", "ana", after: 601),
            message("d", "rui", after: 602),
        ]
        XCTAssertEqual(arranged(entries), ["day", "a!", "b", "c!", "d!"])
    }

    func testDaysAndTheUnreadMarkerBeginANewGroup() {
        let entries = [
            message("a", "ana", after: 0), message("b", "ana", after: 10), .gap("gap-x"),
            message("c", "ana", after: 20), message("d", "ana", after: 86_400), message("late", "ana", after: 30),
        ]
        XCTAssertEqual(
            arranged(entries, unreadFrom: "b"), ["day", "a!", "unread", "b!", "gap", "c!", "day", "d!", "late"])
    }

    func testWhatHappenedToARoomIsASentence() {
        func said(_ kind: Notice.Kind, _ detail: String? = nil, _ language: String = "en") -> String {
            var notice = Notice(id: "n", kind: kind, who: "Lisbon", time: start)
            (notice.whom, notice.detail) = ("Madrid", detail)
            return Strings(language).words(notice)
        }
        XCTAssertEqual(said(.created), "Lisbon made this room")
        XCTAssertEqual(said(.encrypted), "Lisbon turned encryption on")
        XCTAssertEqual(said(.named, "Harbour"), "Lisbon named the room “Harbour”")
        XCTAssertEqual(said(.named), "Lisbon took the name from the room")
        XCTAssertEqual(said(.topic, "Piers"), "Lisbon set the topic: Piers")
        XCTAssertEqual(said(.topic), "Lisbon removed the topic")
        XCTAssertEqual(said(.picture), "Lisbon changed the picture")
        XCTAssertEqual(said(.closed, "Moved"), "Lisbon closed the room: Moved")
        XCTAssertEqual(said(.asked), "Lisbon asks to be let in")
        XCTAssertEqual(said(.invited), "Lisbon invited Madrid")
        XCTAssertEqual(said(.joined), "Lisbon joined")
        XCTAssertEqual(said(.left, "End of shift"), "Lisbon left: End of shift")
        XCTAssertEqual(said(.removed, "Wrong room"), "Lisbon removed Madrid: Wrong room")
        XCTAssertEqual(said(.banned), "Lisbon removed Madrid for good")
        XCTAssertEqual(said(.removed, "x", "de"), "Lisbon hat Madrid entfernt: x")
        XCTAssertEqual(said(.removed, "x", "fr"), "Lisbon a retiré Madrid du salon : x")
        XCTAssertEqual(said(.removed, "x", "el"), "Lisbon αφαίρεσε: Madrid — x")
    }

    func testLinksLeadToScreensAndNowhereElse() throws {
        let links: [(String, Route?)] = [
            ("qroc:room/!abc:qroc.test", .room("!abc:qroc.test", eventId: nil)),
            ("qroc:room/%21abc%3Aqroc.test/%24event", .room("!abc:qroc.test", eventId: "$event")),
            ("matrix:roomid/abc:qroc.test", .room("!abc:qroc.test", eventId: nil)),
            ("matrix:roomid/abc:qroc.test/e/event?via=qroc.test", .room("!abc:qroc.test", eventId: "$event")),
            ("https://matrix.to/#/!abc:qroc.test/$event?via=x", .room("!abc:qroc.test", eventId: "$event")),
            ("qroc:queue", .queue), ("qroc:search", .search), ("qroc:settings", .settings),
            ("qroc:room/abc", nil), ("qroc:room", nil), ("qroc:room/!", nil), ("qroc:room/!a/b", nil),
            ("qroc:wipe", nil), ("qroc:settings/wipe", nil), ("https://qroc.example/room/!a", nil),
            ("matrix:u/ana:qroc.test", nil), ("https://matrix.to/#/@ana:qroc.test", nil),
            ("matrix:roomid/a/b/c/d", nil),
        ]
        for (text, route) in links {
            XCTAssertEqual(Route(link: try XCTUnwrap(URL(string: text), text)), route, text)
        }
        for route in [Route.room("!a/b:c", eventId: "$x/y+z"), .queue, .search, .settings] {
            XCTAssertEqual(Route(link: try XCTUnwrap(route.link)), route)
        }
        XCTAssertNil(Route.devices.link)
    }
}

import Foundation
import QrocStrings
import XCTest

@testable import QrocKit

/// What is written in one way on all screens.
final class FormatTests: XCTestCase {
    private let english = Strings("en")

    func testSizesHaveThreeFiguresAtMost() {
        XCTAssertEqual(size(999, english), "999 B")
        XCTAssertEqual(size(6_270, english), "6.3 kB")
        XCTAssertEqual(size(6_270, Strings("de")), "6,3 kB")
        XCTAssertEqual(size(123_456_789, english), "123 MB")
        XCTAssertEqual(size(9_960, english), "10 kB")
    }

    func testDistancesAndDirections() {
        XCTAssertEqual(distance(1_999, english), "1999 m")
        XCTAssertEqual(distance(2_500, english), "2.5 km")
        XCTAssertEqual(distance(12_499, english), "12 km")
        XCTAssertEqual([0, 44, 46, 180, 359, -90].map { direction($0, english) }, ["N", "NE", "NE", "S", "N", "W"])
    }

    func testPlacesAreReadOutAndTyped() {
        XCTAssertEqual(degrees(38.7071, -9.13549), "38° 42.426′ N  9° 08.129′ W")
        let lisbon = Place(latitude: 38.7071, longitude: -9.1355)
        for text in ["38.7071, -9.1355", "geo:38.7071,-9.1355", "38.7071;-9.1355", " 38.7071  -9.1355 "] {
            XCTAssertEqual(coordinates(text), lisbon, text)
        }
        for text in ["", "38", "91, 0", "0, 181", "north, west", "1, 2, 3", "nan, 1", "0x10, 1", "1e1, 1"] {
            XCTAssertNil(coordinates(text), text)
        }
        XCTAssertEqual(lisbon.distance(to: Place(latitude: 38.7071, longitude: -9.1355)), 0)
        let north = Place(latitude: 38.7161, longitude: -9.1355)
        XCTAssertEqual(lisbon.distance(to: north), 1_000, accuracy: 5)
        XCTAssertEqual(north.bearing(to: lisbon), 180, accuracy: 0.01)
        // The shorter way around.
        let fiji = Place(latitude: -17, longitude: 179.9)
        XCTAssertLessThan(fiji.distance(to: Place(latitude: -17, longitude: -179.9)), 25_000)
    }

    func testTimesAreShortWhereThatSaysEnough() throws {
        let zone = try XCTUnwrap(TimeZone(identifier: "Europe/Lisbon"))
        let now = Date(timeIntervalSince1970: 1_790_000_000)  // Monday, 21 September 2026, 14:13 there.
        func times(_ language: String) -> Times { Times(Strings(language), zone: zone) { now } }
        func ago(_ days: Double) -> Date { now - days * 86_400 }
        XCTAssertEqual(times("en").short(now), "15:13")
        XCTAssertEqual(times("en").short(ago(1)), "Yesterday")
        XCTAssertEqual(times("en").short(ago(2)), "Sat")
        XCTAssertEqual(times("fr").short(ago(3)), "ven.")
        XCTAssertEqual(times("en").short(ago(30)), "22 Aug")
        XCTAssertEqual(times("en").day(now), "Today")
        XCTAssertEqual(times("de").day(ago(2)), "Samstag 19 September")
        XCTAssertTrue(times("en").day(ago(400)).contains("2025"))
        XCTAssertEqual(times("en").ago(now - 59), "just now")
        XCTAssertEqual(times("en").ago(now - 60), "1 minute ago")
        XCTAssertEqual(times("en").ago(now - 7_200), "2 hours ago")
        XCTAssertEqual(times("en").ago(ago(3)), "3 days ago")
        XCTAssertEqual(times("en").ago(now + 60), "just now")
    }

    func testNamesOfFilesAreMadeFit() {
        let names = [
            ("../../etc/passwd", "passwd"), ("a\\b\\report.pdf", "report.pdf"), ("..", "file"), ("", "file"),
            ("evil\u{202E}fdp.exe", "evilfdp.exe"), ("a\u{0}b\nc", "abc"), (".hidden", "hidden"),
            ("what?.pdf", "what.pdf"),
        ]
        for (name, wanted) in names { XCTAssertEqual(safe(name), wanted, name) }
        XCTAssertEqual(safe(String(repeating: "x", count: 500)).count, 120)
    }

    func testUserNamesAreCompleted() {
        let own = "@ana:qroc.test"
        XCTAssertEqual(userId(" rui ", own: own), "@rui:qroc.test")
        XCTAssertEqual(userId("@rui:other.example:8448", own: own), "@rui:other.example:8448")
        for typed in ["", "rui:other", "Rui Silva", "rui@mail.example", "@:x", "@rui:"] {
            XCTAssertNil(userId(typed, own: own), typed)
        }
        XCTAssertEqual(localName("@ana:qroc.test"), "ana")
        XCTAssertEqual(localName("@:x"), "@:x")
    }

    func testSnippetsAreCutAtTheMatches() {
        XCTAssertEqual(Snippet("White [van] at [pier] four").parts.map(\.match), [false, true, false, true, false])
        XCTAssertEqual(Snippet("White [van] at").text, "White van at")
        XCTAssertEqual(Snippet("no ] match").text, "no ] match")
        XCTAssertEqual(Snippet("[").text, "")
        XCTAssertEqual(Snippet("[]").parts, [])
    }
}

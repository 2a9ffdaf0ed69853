import Foundation
import Qroc
import QrocKit
import QrocStrings
import XCTest

/// What the app decides about the answers of iOS, and the files that only Xcode reads.
final class PortTests: XCTestCase {
    func testWhatTheManagementSaysIsReadAsAPropertyListHoldsIt() throws {
        let said: [String: Any] = [
            "rooms.create": false, "lock.min_length": 8, "location.mode": "off",
            "server.endpoints": ["https://a.example", "https://b.example"], "no.such": 1.5, "below": -1,
            "odd": ["a": "b"], "mixed": ["a", 1] as [Any],
        ]
        // As the system hands it over: through a property list and back.
        let data = try PropertyListSerialization.data(fromPropertyList: said, format: .binary, options: 0)
        let list = try PropertyListSerialization.propertyList(from: data, format: nil)
        XCTAssertEqual(
            ManagedConfig(propertyList: list).values,
            [
                "rooms.create": .flag(false), "lock.min_length": .number(8), "location.mode": .text("off"),
                "server.endpoints": .items(["https://a.example", "https://b.example"]),
            ])
        XCTAssertNil(ManagedConfig(propertyList: nil).values)
        XCTAssertNil(ManagedConfig(propertyList: "nonsense").values)
        XCTAssertEqual(ManagedConfig(propertyList: [String: Any]()).values, [:])
    }

    func testTheKeychainsAnswersSayWhatIsWrong() {
        let answers: [(Int32, VaultFault)] = [
            (-25300, .gone), (-25308, .lockedUntilFirstUnlock), (-128, .userPresenceNeeded),
            (-25293, .userPresenceNeeded), (-26275, .wrongSecret), (-34018, .unavailable), (0, .unavailable),
        ]
        for (status, fault) in answers { XCTAssertEqual(KeychainAnswer.fault(status), fault, "\(status)") }
    }

    func testWhatTheEnclaveSealedIsTakenApartAgain() throws {
        let box = EnclaveBox(sender: Data(repeating: 4, count: 65), sealed: Data(repeating: 9, count: 48))
        XCTAssertEqual(try XCTUnwrap(EnclaveBox(box.bytes)), box)
        // A part of other bytes counts from where it begins.
        XCTAssertEqual(try XCTUnwrap(EnclaveBox((Data([1, 2]) + box.bytes).dropFirst(2))), box)
        for length in [0, 1, 65, 81] { XCTAssertNil(EnclaveBox(Data(count: length)), "\(length)") }
    }

    func testTheAppsFilesSayWhatItsSourcesSay() throws {
        let info = try list("App/Info.plist")
        let languages = try XCTUnwrap(info["CFBundleLocalizations"] as? [String])
        XCTAssertEqual(languages.sorted(), Strings.languages)
        let types = try XCTUnwrap(info["CFBundleURLTypes"] as? [[String: Any]])
        XCTAssertEqual(types.first?["CFBundleURLSchemes"] as? [String], ["qroc"])
        let identifiers = try XCTUnwrap(info["BGTaskSchedulerPermittedIdentifiers"] as? [String])
        let source = try text("App/Watching.swift")
        XCTAssertTrue(source.contains("identifier = \"\(identifiers[0])\""))
        XCTAssertEqual(info["UIBackgroundModes"] as? [String], ["fetch"])
        XCTAssertNil(info["NSAppTransportSecurity"], "nothing is exempt from TLS")
        let entitlements = try list("App/App.entitlements")
        XCTAssertNotNil(entitlements["com.apple.developer.default-data-protection"])
        let privacy = try list("App/PrivacyInfo.xcprivacy")
        XCTAssertEqual(privacy["NSPrivacyTracking"] as? Bool, false)
        let project = try text("project.yml")
        for word in ["PRODUCT_BUNDLE_IDENTIFIER: eu.qroc.app\n", "App/Info.plist", "App/App.entitlements"] {
            XCTAssertTrue(project.contains(word), word)
        }
    }

    func testTheScreensThatATestInTheSimulatorTouchesHaveTheseNames() throws {
        let test = try text("AppUITests/SignInTests.swift")
        let folder = try root().appendingPathComponent("Sources/QrocUI")
        let files = try XCTUnwrap(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var sources = ""
        for case let file as URL in files where file.pathExtension == "swift" {
            sources += try String(contentsOf: file, encoding: .utf8)
        }
        let names = test.matches(of: /\["([a-z.]+)"\]/).map { String($0.output.1) }
        XCTAssertGreaterThan(names.count, 6)
        for name in names { XCTAssertTrue(sources.contains("\"\(name)\""), name) }
    }

    private func root() throws -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: root().appendingPathComponent(path), encoding: .utf8)
    }

    private func list(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: root().appendingPathComponent(path))
        return try XCTUnwrap(PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any])
    }
}

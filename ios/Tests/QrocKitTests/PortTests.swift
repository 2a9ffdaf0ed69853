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

    private static let extensions: [(name: String, point: String, principal: String?)] = [
        ("NotificationService", "com.apple.usernotifications.service", "NotificationService"),
        ("Share", "com.apple.share-services", "ShareController"), ("Widget", "com.apple.widgetkit-extension", nil),
    ]

    func testTheAppsFilesSayWhatItsSourcesSay() throws {
        let info = try list("App/Info.plist")
        let languages = try XCTUnwrap(info["CFBundleLocalizations"] as? [String])
        XCTAssertEqual(languages.sorted(), Strings.languages)
        let types = try XCTUnwrap(info["CFBundleURLTypes"] as? [[String: Any]])
        XCTAssertEqual(types.first?["CFBundleURLSchemes"] as? [String], ["qroc"])
        let identifiers = try XCTUnwrap(info["BGTaskSchedulerPermittedIdentifiers"] as? [String])
        let source = try text("App/Watching.swift")
        XCTAssertTrue(source.contains("identifier = \"\(identifiers[0])\""))
        XCTAssertEqual(info["UIBackgroundModes"] as? [String], ["fetch", "location"])
        XCTAssertNil(info["NSLocationAlwaysAndWhenInUseUsageDescription"], "nothing is asked for while nobody looks")
        XCTAssertNil(info["NSAppTransportSecurity"], "nothing is exempt from TLS")
        let entitlements = try list("App/App.entitlements")
        XCTAssertNotNil(entitlements["com.apple.developer.default-data-protection"])
        let privacy = try list("App/PrivacyInfo.xcprivacy")
        XCTAssertEqual(privacy["NSPrivacyTracking"] as? Bool, false)
        let project = try text("project.yml")
        for word in ["PRODUCT_BUNDLE_IDENTIFIER: eu.qroc.app\n", "App/Info.plist", "App/App.entitlements"] {
            XCTAssertTrue(project.contains(word), word)
        }
        let group = try XCTUnwrap(entitlements["com.apple.security.application-groups"] as? [String])
        XCTAssertEqual(group.count, 1)
        XCTAssertTrue(try text("Sources/QrocPhone/Folders.swift").contains("group = \"\(group[0])\""))
        let package = try text("Package.swift")
        for (name, point, principal) in Self.extensions {
            let info = try list("\(name)/Info.plist")
            let described = try XCTUnwrap(info["NSExtension"] as? [String: Any], name)
            XCTAssertEqual(described["NSExtensionPointIdentifier"] as? String, point)
            XCTAssertEqual(info["CFBundleLocalizations"] as? [String], languages)
            XCTAssertTrue(project.contains("  \(name):\n    type: app-extension\n"), name)
            XCTAssertTrue(project.contains("- target: \(name)\n"), "\(name) is in the app")
            XCTAssertTrue(project.contains("INFOPLIST_FILE: \(name)/Info.plist"), name)
            XCTAssertTrue(package.contains("path: \"\(name)\""), "\(name) is checked here")
            guard let principal else { continue }
            let named = try XCTUnwrap(described["NSExtensionPrincipalClass"] as? String)
            XCTAssertEqual(named, "$(PRODUCT_MODULE_NAME).\(principal)")
            XCTAssertTrue(try text("\(name)/\(principal).swift").contains("final class \(principal):"), principal)
            // It has the profile and its key only by the same groups.
            let shared = try list("\(name)/\(name).entitlements")
            for key in ["com.apple.security.application-groups", "keychain-access-groups"] {
                XCTAssertEqual(shared[key] as? [String], entitlements[key] as? [String], "\(name): \(key)")
            }
        }
        let widget = try text("Widget/QrocWidget.swift")
        for ask in QuickAsk.allCases {
            let link = try XCTUnwrap(Route.quick(ask).link?.absoluteString)
            XCTAssertTrue(widget.contains("\"\(link)\""), link)
        }
    }

    func testWhatTheSystemAsksForIsSaidInEveryLanguageAsTheScreensSayIt() throws {
        let info = try list("App/Info.plist")
        let data = try Data(contentsOf: root().appendingPathComponent("App/InfoPlist.xcstrings"))
        let catalogue = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let texts = try XCTUnwrap(catalogue["strings"] as? [String: [String: Any]])
        let sentences: [(String, KeyPath<Strings, String>)] = [
            ("NSLocationWhenInUseUsageDescription", \.whyPosition), ("share", \.whyPrecise),
        ]
        let precise = info["NSLocationTemporaryUsageDescriptionDictionary"] as? [String: String]
        for (key, sentence) in sentences {
            XCTAssertEqual(info[key] as? String ?? precise?[key], Strings("en")[keyPath: sentence], key)
            let forms = try XCTUnwrap(texts[key]?["localizations"] as? [String: [String: [String: String]]], key)
            XCTAssertEqual(forms.keys.sorted(), Strings.languages)
            for language in Strings.languages {
                XCTAssertEqual(forms[language]?["stringUnit"]?["value"], Strings(language)[keyPath: sentence], key)
            }
        }
        XCTAssertEqual(texts.count, sentences.count)
        XCTAssertTrue(try text("App/PhoneReceiver.swift").contains("purpose = \"share\""))
    }

    func testWhatTheReceiverMeansAndWhatIsWorthNothing() throws {
        let time = Date(timeIntervalSince1970: 1_790_000_000)
        var measured = LocationAnswer.Measured(
            latitude: 38.7071, longitude: -9.1355, accuracy: 4, speed: 1.5, course: 359, altitude: 12,
            altitudeAccuracy: 3, time: time)
        let whole = Fix(
            latitude: 38.7071, longitude: -9.1355, time: time, accuracy: 4, speed: 1.5, heading: 359, altitude: 12,
            source: .fused, battery: 81)
        XCTAssertEqual(LocationAnswer.fix(measured, battery: 0.81), whole)
        (measured.speed, measured.course, measured.altitudeAccuracy) = (-1, -1, -1)
        let bare = Fix(latitude: 38.7071, longitude: -9.1355, time: time, accuracy: 4, source: .fused)
        XCTAssertEqual(LocationAnswer.fix(measured, battery: -1), bare)
        measured.accuracy = -1
        XCTAssertNil(LocationAnswer.fix(measured, battery: 1))
        (measured.accuracy, measured.latitude) = (4, .nan)
        XCTAssertNil(LocationAnswer.fix(measured, battery: 1))
        let statuses: [(Int32, Bool, Unavailable?)] = [
            (0, true, .notAllowed), (1, true, .notAllowed), (2, true, .notAllowed), (3, true, nil), (4, true, nil),
            (4, false, .switchedOff),
        ]
        for (status, isOn, trouble) in statuses {
            XCTAssertEqual(LocationAnswer.trouble(status: status, isSwitchedOn: isOn), trouble, "\(status)")
        }
        // locationUnknown, denied, network
        XCTAssertNil(LocationAnswer.failure(code: 0, status: 4, isSwitchedOn: true))
        XCTAssertEqual(LocationAnswer.failure(code: 1, status: 2, isSwitchedOn: true), .notAllowed)
        XCTAssertEqual(LocationAnswer.failure(code: 2, status: 4, isSwitchedOn: true), .noSignal)
        XCTAssertLessThan(LocationAnswer.accuracy(.chase), LocationAnswer.accuracy(.patrol))
        XCTAssertGreaterThan(LocationAnswer.accuracy(.still), 0)
    }

    func testPixelsLoseTheirOpacityAsTheCoreWantsThem() {
        XCTAssertEqual(Pixels.straight([10, 20, 30, 255]), [10, 20, 30, 255])
        XCTAssertEqual(Pixels.straight([64, 32, 0, 128, 9, 9, 9, 0]), [128, 64, 0, 128, 9, 9, 9, 0])
        // What a canvas has rounded up is not more than white.
        XCTAssertEqual(Pixels.straight([2, 1, 0, 1]), [255, 255, 0, 1])
        XCTAssertEqual(Pixels.straight([]), [])
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

import Foundation
import Qroc
import XCTest

@testable import QrocKit

/// The same application under XCTest, as Xcode's own projects run it.
final class RealCoreTests: XCTestCase {
    func testAnOfficerSignsInSpeaksGreekAndSignsOut() async throws {
        try await Self.story()
    }

    @MainActor private static func story() async throws {
        try Client.initialize()
        let ana = try await Application.signedIn(try Desk())
        let timeline = try await ana.makeRoom("Harbour")
        try ana.say("North gate is closed")
        try await see("that it is sent") { timeline.state.messages.last?.state == .sent }
        XCTAssertEqual(timeline.state.messages.last?.encrypted, true)
        ana.main?.go(.settings)
        let settings = try XCTUnwrap(ana.settings)
        settings.on(.language("el"))
        XCTAssertEqual(ana.app.looks.strings.language, "el")
        settings.on(.look(.night))
        XCTAssertEqual(ana.desk.settings, ["appearance": "night", "language": "el"])
        // What was chosen is there at the next start.
        XCTAssertEqual(Looks(ana.desk).state, LooksState(appearance: .night, language: "el"))
        settings.on(.ask(.signOut))
        settings.on(.confirm(.signOut))
        _ = try await seen("the sign-in") { ana.signInModel }
        let exists = try await Client.exists(profile: ana.desk.profile)
        XCTAssertFalse(exists)
    }

    func testWhatOneCanDoAboutAnErrorIsSaid() async {
        let profile = Harbour.folder()
        do throws(QrocError) {
            _ = try await Client.login(
                profile: profile, vault: .passphrase(Data("correct horse".utf8)), server: "http://127.0.0.1:9",
                user: "ana", password: "x")
            XCTFail("nobody is there")
        } catch {
            XCTAssertEqual(error.remedy, .retry)
            XCTAssertEqual(Remedy.explain(key: "a"), Remedy.explain(key: "a"))
        }
        do throws(QrocError) {
            _ = try await Client.open(profile: profile, vault: .passphrase(Data("correct horse".utf8)))
            XCTFail("nobody is signed in")
        } catch {
            XCTAssertEqual(error.remedy, .signIn)
        }
    }
}

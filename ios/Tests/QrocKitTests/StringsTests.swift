import Qroc
import QrocKit
import QrocStrings
import XCTest

/// Words come from one source; here they are held against each other and against what the core can say.
final class StringsTests: XCTestCase {
    private let all = Strings.languages.map { Strings($0) }

    func testAllLanguagesAreThere() {
        XCTAssertEqual(Strings.languages, ["de", "el", "en", "fr"])
        XCTAssertGreaterThan(Strings.keys.count, 300)
        XCTAssertEqual(all.map(\.language), Strings.languages)
        XCTAssertEqual(Strings("xx").language, "en")
        XCTAssertEqual(Set(all.map(\.roomsEmptyTitle)).count, 4)
        XCTAssertEqual(Strings("de").signIn, "Anmelden")
    }

    func testNumbersDecideTheFormAsEachLanguageWantsIt() {
        XCTAssertEqual(Strings("en").waitingIsLost(1), "1 message was not sent yet and is lost.")
        XCTAssertEqual(Strings("de").memberCount(2), "2 Mitglieder")
        XCTAssertEqual(Strings("fr").memberCount(0), "0 membre")
        XCTAssertEqual(Strings("el").memberCount(0), "0 μέλη")
    }

    func testWhatIsPutInIsNotReadAgain() {
        let strings = Strings("en")
        XCTAssertEqual(strings.kickTitle("%2$@", "Harbour"), "Remove %2$@ from Harbour?")
        XCTAssertEqual(strings.sentAt("100 %", "12:00"), "100 %, 12:00")
    }

    func testEveryErrorOfTheCoreHasWordsInEveryLanguage() {
        XCTAssertGreaterThan(Client.errorTextKeys.count, 40)
        for strings in all {
            for key in Client.errorTextKeys {
                XCTAssertNotNil(strings.error(key), "\(strings.language): \(key)")
            }
            XCTAssertNil(strings.error("error_of_tomorrow"))
            XCTAssertNil(strings.error("back"))
        }
    }

    func testNoTextIsLeftInEnglish() {
        let english = Strings("en")
        for strings in all where strings.language != "en" {
            for key in Client.errorTextKeys {
                XCTAssertNotEqual(strings.error(key), english.error(key), "\(strings.language): \(key)")
            }
        }
    }

    func testRulesAreToldInTheOfficersLanguage() {
        for strings in all {
            let words = PolicyWords(strings)
            XCTAssertGreaterThan(words.description("lock.required").count, 20, strings.language)
            XCTAssertNotEqual(words.title("lock.required"), "lock.required")
            XCTAssertNotEqual(words.category("lock"), "lock")
            XCTAssertEqual(words.value(nil), strings.policyUnset)
            XCTAssertEqual(words.value(.number(12)), "12")
            XCTAssertEqual(words.value(.items([])), strings.policyNone)
            XCTAssertEqual(words.value(.items(["a", "b"])), "a, b")
            XCTAssertEqual(words.title("key.of_tomorrow"), "key.of_tomorrow")
            XCTAssertEqual(words.source("bundle+user"), "\(strings.policyByBundle), \(strings.policyByYou)")
            XCTAssertEqual(words.source("mdm:intune"), strings.policyByDevice)
        }
        XCTAssertEqual(PolicyWords(Strings("de")).value(.text("pin")), "PIN")
    }
}

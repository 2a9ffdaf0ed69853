import XCTest

/// On a simulator, by the same identifiers that the tests of the trees use. Never run here.
@MainActor final class SignInTests: XCTestCase {
    func testAnOfficerSignsInAndSendsAMessage() throws {
        let environment = ProcessInfo.processInfo.environment
        let server = try XCTUnwrap(environment["QROC_TEST_SERVER"], "see verify-on-mac.sh")
        let password = try XCTUnwrap(environment["QROC_TEST_PASSWORD"])
        let app = XCUIApplication()
        app.launch()
        type(app.textFields["signin.server"], server)
        type(app.textFields["signin.user"], "lisbon")
        type(app.secureTextFields["signin.password"], password)
        app.buttons["signin.submit"].tap()
        let new = app.buttons["rooms.new"]
        XCTAssertTrue(new.waitForExistence(timeout: 60))
        new.tap()
        type(app.textFields["newroom.name"], "Harbour")
        app.buttons["newroom.create"].tap()
        let field = app.descendants(matching: .any)["composer.text"]
        XCTAssertTrue(field.waitForExistence(timeout: 60))
        type(field, "White van at pier four")
        app.buttons["composer.send"].tap()
        XCTAssertTrue(app.staticTexts["White van at pier four"].waitForExistence(timeout: 10))
    }

    private func type(_ field: XCUIElement, _ text: String) {
        XCTAssertTrue(field.waitForExistence(timeout: 30))
        field.tap()
        field.typeText(text)
    }
}

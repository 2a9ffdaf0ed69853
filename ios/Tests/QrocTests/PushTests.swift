import Foundation
import Qroc
import XCTest

final class PushTests: XCTestCase {
    override func setUp() async throws {
        try Client.initialize()
    }

    func testTheServerLearnsOfATokenWhereTheOrganisationHasAGateway() async throws {
        let ana = try await Officer.signIn()
        let client = ana.client
        try await client.foreground()
        XCTAssertEqual(try client.pushState(), .off)
        try await client.setPush(PushRegistration(appId: "eu.qroc.app", token: "AAEC"))
        XCTAssertEqual(try client.pushState(), .noGateway)
        try await client.takeManaged(
            ManagedConfig(values: ["push.gateway_url": .text("https://push.police.example")]))
        try await becomes(client, .on)
        try await client.takeManaged(
            ManagedConfig(values: ["push.gateway_url": .text("https://push.police.example/else")]))
        try await becomes(client, .refused)
        try await client.clearPush()
        XCTAssertEqual(try client.pushState(), .off)
        let nameless = PushRegistration(appId: "", token: "AAEC", service: .other)
        let error = await thrown { try await client.setPush(nameless) }
        XCTAssertEqual(error?.kind, .badInput)
        await client.close()
    }

    private func becomes(_ client: Client, _ state: PushState) async throws {
        for _ in 0..<1500 where try client.pushState() != state { try await Task.sleep(for: .milliseconds(20)) }
        XCTAssertEqual(try client.pushState(), state)
    }
}

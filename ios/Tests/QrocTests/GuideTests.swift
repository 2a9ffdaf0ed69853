import Foundation
import Observation
import Qroc
import Testing

@testable import Guide

extension Stories {
    @MainActor @Suite struct TheGuide {
        init() throws {
            try Client.initialize()
        }

        @Test func itsScreensShowARoomListAndATimeline() async throws {
            let screens = Screens()
            let profile = Harbour.folder()
            let vault = Vault.keyFile(profile.appendingPathExtension("key"))
            let user = Harbour.user()
            func enter(_ password: String) async -> Client? {
                await screens.enter(profile, vault, server: Harbour.server, user: user, password: password)
            }
            let refused = await enter("wrong")
            #expect(refused == nil)
            #expect(screens.problem == "error_wrong_password")
            for round in 0..<2 {
                let entered = await enter(Harbour.password)
                let client = try #require(entered)
                let room = try await round == 0 ? client.createRoom("Guide") : client.room("Guide")
                let drawn = Counter()
                withObservationTracking {
                    _ = screens.items
                } onChange: {
                    _ = drawn.next()
                }
                let list = Task { try await screens.followRooms(of: client) }
                let timeline = Task { try await screens.followTimeline(of: room) }
                try await room.send("round \(round)")
                let end = ContinuousClock.now + .seconds(30)
                while screens.items.last.map(screens.line) != "\(user): round \(round)"
                    || screens.rooms.first?.lastBody != "round \(round)"
                {
                    try #require(ContinuousClock.now < end, "\(screens.items.map(screens.line))")
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(drawn.value == 1)
                for task in [list, timeline] {
                    task.cancel()
                    try await task.value
                }
                await client.close()
            }
        }
    }
}

import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    @MainActor @Suite struct Navigation {
        init() throws {
            try Client.initialize()
        }

        @Test func theStackIsDataAndWhatIsGoneEnds() async throws {
            let ana = try await Application.signedIn(try Desk())
            let main = try #require(ana.main)
            let timeline = try await ana.makeRoom("Harbour")
            #expect(main.path.map(\.route) == [.room(timeline.state.roomId, eventId: nil)])
            #expect(main.rooms.state.selectedId == timeline.state.roomId)
            timeline.on(.details)
            let details = try await seen("the details") { ana.details }
            timeline.on(.queue)
            #expect(main.path.count == 3)
            // The system's own gesture goes back.
            main.path.removeLast(2)
            #expect(main.path.count == 1)
            #expect(ana.timeline === timeline)
            details.on(.back)
            #expect(main.path.count == 0)
            #expect(main.rooms.state.selectedId == nil)

            // The same room again is not begun twice; from elsewhere it stands alone.
            main.go(.room(timeline.state.roomId, eventId: nil))
            let again = try await seen("the room") { ana.timeline }
            main.go(.room(timeline.state.roomId, eventId: nil))
            #expect(ana.timeline === again)
            main.go(.settings)
            main.go(.devices)
            main.go(.room(timeline.state.roomId, eventId: nil))
            #expect(main.path.count == 1)
            try await see("that it is read") { ana.timeline?.state.entries != nil }
            // Lists, not pulls: between two pulls nobody waits for a moment.
            let before = LiveObjects.now.lists
            main.back()
            try await see("that nobody has its messages") { LiveObjects.now.lists < before }
            await ana.app.end()
            try await see("that nothing runs") { LiveObjects.now.pulls == 0 }
        }

        @Test func whatLiesOverARoomGoesFirst() async throws {
            let ana = try await Application.signedIn(try Desk())
            let timeline = try await ana.makeRoom("Harbour")
            let main = try #require(ana.main)
            try ana.say("North gate")
            let message = try await ana.message("North gate")
            timeline.on(.open(message))
            timeline.on(.compose(.position))
            main.back()
            #expect(timeline.composer.state.position == nil)
            #expect(timeline.state.opened != nil)
            main.back()
            #expect(timeline.state.opened == nil)
            main.back()
            #expect(main.path.isEmpty)
            await ana.app.end()
        }

        @Test func aLinkWaitsForTheLockAndLeadsToTheMessage() async throws {
            let desk = try Desk()
            let ana = try await Application.signedIn(desk)
            let timeline = try await ana.makeRoom("Harbour")
            try ana.say("North gate")
            try await see("that it is sent") { timeline.state.messages.last?.eventId != nil }
            let eventId = try #require(timeline.state.messages.last?.eventId)
            let link = try #require(Route.room(timeline.state.roomId, eventId: eventId).link)
            await ana.app.end()
            let app = AppModel(profile: desk.profile, surroundings: desk)
            await app.start()
            let again = Application(desk: desk, app: app, user: ana.user)
            let unlock = try await seen("the lock") { again.unlock }
            #expect(app.open(link: link))
            #expect(!app.open(link: try #require(URL(string: "https://example.org/room/!a:b"))))
            unlock.on(.passphrase(Application.passphrase))
            unlock.on(.submit)
            let room = try await seen("the room") { again.timeline }
            try await see("the message") { room.state.target != nil }
            await app.end()
        }

        @Test func aSearchWaitsUntilTypingHasStopped() async throws {
            let time = VirtualTime()
            let ana = try await Application.signedIn(try Desk(time: time))
            _ = try await ana.makeRoom("Harbour")
            ana.main?.go(.search)
            let search = try await seen("the search") { ana.search }
            let idle = time.waiting
            search.on(.query("h"))
            search.on(.query("har"))
            try await see("that it waits") { time.waiting == idle + 1 }
            #expect(!search.state.settled)
            time.pass(0.1)
            try await Task.sleep(for: .milliseconds(50))
            #expect(!search.state.settled)
            time.pass(0.1)
            try await see("the room") { search.state.settled && search.state.rooms.map(\.name) == ["Harbour"] }
            search.on(.query(" "))
            #expect(search.state.settled && search.state.rooms.isEmpty)
            // Nothing but signs is no error.
            search.on(.query("!!"))
            try await see("that it waits") { time.waiting == idle + 1 }
            time.pass(1)
            try await see("nothing") { search.state.settled }
            #expect(search.state.error == nil)
            await ana.app.end()
        }

        @Test func aValueTellsWhoFollowsItInOrderAndStopsWithTheScope() {
            let live = Live(1)
            let scope = Scope()
            var heard: [String] = []
            scope.follow(live) { heard.append("a\($0)") }
            let child = scope.child()
            child.follow(live) { heard.append("b\($0)") }
            live.value = 2
            live.value = 2
            child.close()
            live.value = 3
            scope.close()
            live.value = 4
            scope.follow(live) { heard.append("late\($0)") }
            #expect(heard == ["a1", "b1", "a2", "b2", "a3"])
            #expect(scope.launch {}.isCancelled)
        }
    }
}

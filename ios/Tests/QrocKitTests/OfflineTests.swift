import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    @MainActor @Suite struct WithoutANetwork {
        init() throws {
            try Client.initialize()
        }

        @Test func whatIsSentWaitsOnTheDiskBehindThePassphraseAndGoesOnceTheNetworkIsBack() async throws {
            let desk = try Desk()
            let relay = try Relay(to: Harbour.server)
            let ana = try await Application.signedIn(desk, server: relay.url)
            let rui = try await Colleague.signIn()
            let made = try await ana.makeRoom("Night watch", with: [rui.id])
            let room = try await rui.join(made.state.roomId)
            relay.cut()
            try ana.say("Nobody hears this yet")
            try await see("that it waits") {
                made.state.messages.last?.state == .queued && made.state.connection.kind == .offline
                    && made.state.connection.waiting == 1
            }
            #expect(made.state.connection.since != nil)
            await ana.app.end()

            let app = AppModel(profile: desk.profile, surroundings: desk)
            await app.start()
            let again = Application(desk: desk, app: app, user: ana.user)
            let unlock = try await seen("the lock") { again.unlock }
            unlock.on(.passphrase("not the passphrase"))
            unlock.on(.submit)
            try await see("that it is wrong") { unlock.state.problem == .wrong && !unlock.state.working }
            unlock.on(.passphrase(Application.passphrase))
            unlock.on(.submit)
            let main = try await seen("the rooms") { again.main }
            try await see("that one waits") { main.rooms.state.rooms?.first?.sending == 1 }
            main.rooms.on(.open(made.state.roomId))
            let timeline = try await seen("the room") { again.timeline }
            try await see("the message") { timeline.state.texts == ["Nobody hears this yet"] }
            #expect(timeline.state.messages.last?.state != .sent)

            try relay.mend()
            await app.networkReturned()
            try await rui.sees(in: room, "Nobody hears this yet")
            try await see("that it is sent") {
                timeline.state.messages.last?.state == .sent && timeline.state.connection.kind == .online
            }
            #expect(timeline.state.connection.waiting == 0)
            // Once.
            let page = try await room.page(offline: true)
            #expect(page.count { $0.content == .text("Nobody hears this yet", kind: .plain) } == 1)
            await app.end()
            await rui.client.close()
        }

        @Test func whatWaitsCanBeTakenBackAndEverythingErased() async throws {
            let desk = try Desk()
            let relay = try Relay(to: Harbour.server)
            let ana = try await Application.signedIn(desk, server: relay.url)
            let timeline = try await ana.makeRoom("Night watch")
            relay.cut()
            try ana.say("Better not")
            try ana.say("Nor this")
            try await see("that they wait") { timeline.state.connection.waiting == 2 }
            timeline.on(.queue)
            let queue = try await seen("the queue") { ana.queue }
            try await see("both") {
                queue.state.items?.count == 2 && queue.state.items?.allSatisfy { $0.state != .sending } == true
            }
            #expect(queue.state.items?.map(\.roomName) == ["Night watch", "Night watch"])
            queue.on(.askCancel(try #require(queue.state.items?.first)))
            queue.on(.cancel(try #require(queue.state.cancelling)))
            try await see("one") { queue.state.items?.count == 1 || queue.state.error != nil }
            #expect(queue.state.error == nil)

            ana.main?.back()
            ana.main?.back()
            ana.main?.rooms.on(.settings)
            let settings = try await seen("the settings") { ana.settings }
            try await see("that one waits") { settings.state.waiting == 1 && settings.state.databaseBytes > 0 }
            settings.on(.ask(.wipe))
            #expect(settings.state.asking == .wipe)
            settings.on(.confirm(.wipe))
            _ = try await seen("the sign-in") { ana.signInModel }
            #expect(try await Client.exists(profile: desk.profile) == false)
            #expect(ana.app.client == nil)
        }

        @Test func sinceWhenItIsOfflineStaysWhatItWas() async throws {
            let time = VirtualTime(Date())
            let desk = try Desk(time: time)
            let relay = try Relay(to: Harbour.server)
            let ana = try await Application.signedIn(desk, server: relay.url)
            let rooms = try #require(ana.main?.rooms)
            try await see("a network") { rooms.state.connection.kind == .online }
            let cut = time.now()
            relay.cut()
            try await see("none") { rooms.state.connection.kind == .offline }
            #expect(rooms.state.connection.since == cut)
            time.pass(600)
            await ana.app.networkReturned()
            try await Task.sleep(for: .milliseconds(500))
            #expect(rooms.state.connection.kind == .offline)
            #expect(rooms.state.connection.since == cut)
            await ana.app.end()
        }
    }
}

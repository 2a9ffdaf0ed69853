import Foundation
import Qroc
import QrocStrings
import Testing

@testable import QrocKit

extension Screens {
    /// What a notification says, in a process beside the app's, on the real core.
    @MainActor @Suite struct Announcing {
        private let strings = Strings("en")

        init() throws {
            try Client.initialize()
        }

        @Test func asMuchAsPolicyAllowsAndNothingWhileTheDeviceIsLocked() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            let room = try await rui.join(timeline.state.roomId)
            let push = try await told(rui, room, "White van at pier four")
            try await see("it in the room") { timeline.state.texts.contains("White van at pier four") }
            // While the app has the profile.
            let sender = localName(rui.id)
            var said = await announcer(desk).announce(push)
            #expect(said == hidden(title: sender, subtitle: "Harbour", answerable: true), "the sender by default")
            await ana.app.takeManaged(
                ManagedConfig(values: ["push.preview": .text("full"), "lock.required": .flag(false)]))
            said = await announcer(desk).announce(push)
            // Whoever is stricter decides: the management cannot make it show more than the default.
            #expect(said.title == sender && !said.isSilent)
            await ana.app.takeManaged(
                ManagedConfig(
                    values: [
                        "push.preview": .text("none"), "push.quiet_hours": .text("22:00-06:00"),
                        "lock.required": .flag(false),
                    ]))
            said = await announcer(desk).announce(push)
            #expect(said == hidden())
            said = await announcer(desk, at: "23:30").announce(push)
            #expect(said.isSilent && said.title.isEmpty)
            await ana.app.takeManaged(ManagedConfig(values: ["lock.required": .flag(false)]))
            said = await announcer(desk, isLocked: true).announce(push)
            #expect(said == hidden(), "who finds the phone reads nothing")

            // Of what is not there, and from elsewhere: that something has come.
            said = await announcer(desk).announce(
                Push(roomId: push.roomId, eventId: "$none"), patience: .milliseconds(10))
            #expect(said == hidden())
            said = await Announcer(
                profile: Harbour.folder(), vaults: desk.vaults, language: "de", isLocked: { false }
            ).announce(push)
            #expect(said == Announcement(hidden: "de") && said.body == Strings("de").noteNew)

            // The app sleeps and holds nothing: the same, and a message that it has never seen.
            await ana.app.background(limit: .seconds(5))
            await ana.app.letGo()
            let asleep = try await told(rui, room, "It leaves by the ring road")
            said = await announcer(desk).announce(asleep)
            #expect(said == hidden(title: sender, subtitle: "Harbour", answerable: true))

            // A PIN seals it: nothing.
            await ana.app.foreground()
            _ = try await seen("the room again") { ana.timeline }
            let client = try #require(ana.app.client)
            try await client.setPin(Data("73810546".utf8), vault: desk.vaults.vault(passphrase: Data()))
            #expect(await ana.app.seal())
            said = await announcer(desk).announce(asleep)
            #expect(said == hidden())
            await ana.app.end()
            await rui.client.close()
        }

        private func announcer(_ desk: Desk, isLocked: Bool = false, at time: String = "12:00") -> Announcer {
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = TimeZone(identifier: "Europe/Lisbon") ?? .gmt
            let parts = time.split(separator: ":").compactMap { Int($0) }
            let date = calendar.date(
                from: DateComponents(year: 2026, month: 9, day: 21, hour: parts[0], minute: parts[1]))
            return Announcer(
                profile: desk.profile, vaults: desk.vaults, language: "en", time: VirtualTime(date),
                calendar: calendar, isLocked: { isLocked })
        }

        private func hidden(title: String = "", subtitle: String = "", answerable: Bool = false) -> Announcement {
            var said = Announcement(hidden: "en")
            (said.title, said.subtitle, said.isAnswerable) = (title, subtitle, answerable)
            return said
        }

        /// Says something, and what the server would push of it.
        private func told(_ rui: Colleague, _ room: Room, _ text: String) async throws -> Push {
            let txnId = try await room.send(text).txnId
            let items = try await rui.sees(in: room, text) { $0.txnId == txnId && $0.eventId != nil }
            let eventId = try #require(items.first { $0.txnId == txnId }?.eventId)
            return Push(roomId: room.id, eventId: eventId)
        }

        @Test func anAnswerFromANotificationIsSentAndWithoutAnybodyThereIsNot() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            let roomId = timeline.state.roomId
            let room = try await rui.join(roomId)
            #expect(ana.app.isReading(roomId) && !ana.app.isReading("!other:qroc.test"))
            timeline.on(.compose(.text("half a sent")))
            timeline.on(.details)
            // Asleep: nothing is held, nothing lost.
            await ana.app.background(limit: .seconds(5))
            #expect(!ana.app.isReading(roomId))
            await ana.app.letGo()
            #expect(ana.app.client == nil)
            let elsewhere = try await Client.open(profile: desk.profile, vault: desk.vaults.vault(passphrase: Data()))
            await elsewhere.close()
            #expect(await ana.app.answer(" On my way ", in: roomId))
            try await rui.sees(in: room, "On my way")
            #expect(await ana.app.markRead(roomId))
            await ana.app.background(limit: .seconds(5))
            await ana.app.letGo()
            // Woken by the system: what came is there.
            let push = try await told(rui, room, "Good")
            #expect(await ana.app.wake())
            var news = await ana.app.news(isLocked: false)
            #expect(news.told.map(\.push) == [push])
            let said = news.told.first?.announcement
            #expect(said?.title == localName(rui.id))
            #expect(said?.body == strings.noteNew, "no words by default")
            #expect(await ana.app.news(isLocked: false) == News(), "once")
            // Read elsewhere: what was told is taken away.
            #expect(await ana.app.markRead(roomId))
            for _ in 0..<200 where news.read.isEmpty {
                news = await ana.app.news(isLocked: false)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(news.read == [roomId])
            await ana.app.letGo()
            // Back where the officer was, with what was typed.
            await ana.app.foreground()
            _ = try await seen("the members again") { ana.details }
            #expect(ana.main?.path.map(\.route) == [.room(roomId, eventId: nil), .details(roomId)])
            ana.main?.back()
            let again = try await seen("the room") { ana.timeline }
            #expect(again.composer.state.text == "half a sent")
            try await see("all of it") { again.state.texts == ["On my way", "Good"] }

            // In front nothing is let go.
            await ana.app.letGo()
            #expect(ana.app.client != nil)
            // Sealed: it is told that it was not sent.
            let client = try #require(ana.app.client)
            try await client.setPin(Data("73810546".utf8), vault: desk.vaults.vault(passphrase: Data()))
            #expect(await ana.app.seal())
            #expect(await ana.app.answer("Not now", in: roomId) == false)
            #expect(await ana.app.wake() == false)
            await ana.app.end()
            await rui.client.close()
        }

        @Test func theSystemsTokenReachesTheServerWhereTheOrganisationHasAGateway() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            let client = try #require(ana.app.client)
            #expect(await ana.app.wantsPushToken() == false, "Apple is asked for nothing")
            await ana.app.takeManaged(
                ManagedConfig(values: [
                    "push.gateway_url": .text("https://push.police.example"), "lock.required": .flag(false),
                ]))
            #expect(await ana.app.wantsPushToken())
            #expect(await ana.app.takePushToken(Data([0xFB, 0xFF, 0x01]), appId: "eu.qroc.app"))
            try await see("it at the server") { (try? client.pushState()) == .on }
            await ana.app.background(limit: .seconds(5))
            await ana.app.letGo()
            #expect(await ana.app.takePushToken(Data([1]), appId: "eu.qroc.app") == false)
            await ana.app.end()
        }

        @Test func whatCameIsReadWithCareAndRulesAsPolicyWritesThem() {
            #expect(Push(["room_id": "!a:b", "event_id": "$c"]) == Push(roomId: "!a:b", eventId: "$c"))
            let push = Push(roomId: "!a:b", eventId: "$c")
            #expect(Push(push.userInfo) == push)
            for wrong: [AnyHashable: Any] in [
                [:], ["room_id": "!a:b"], ["room_id": "a", "event_id": "$c"], ["room_id": "!a:b", "event_id": 7],
                ["room_id": "!a:b", "event_id": "$" + String(repeating: "x", count: 300)],
            ] {
                #expect(Push(wrong) == nil, "\(wrong)")
            }
            var event = NotifiedEvent(
                roomId: "!a:b", roomName: "Rui", eventId: "$c", sender: "@rui:b", senderName: "Rui", time: Date(),
                body: String(repeating: "x", count: 900))
            let full = Announcement(event, .full, strings)
            #expect(full.title == "Rui" && full.subtitle.isEmpty && full.body.count == 500 && full.isAnswerable)
            event.body = nil
            event.unreadable = .missingKey
            #expect(Announcement(event, .full, strings).body == strings.noteNew)
            event.attention = .nothing
            #expect(Announcement(event, .sender, strings).isSilent)
            event.senderName = " "
            #expect(Announcement(event, .sender, strings).title == "rui")
            #expect(AnnouncingRules().preview == .none, "what nobody could ask shows nothing")
        }
    }
}

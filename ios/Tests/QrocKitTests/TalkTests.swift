import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    @MainActor @Suite struct Talk {
        init() throws {
            try Client.initialize()
        }

        @Test func twoOfficersTalkSendAPhotoAndAPositionAndFindAMessageAgain() async throws {
            let desk = try Desk()
            let ana = try await Application.begin(desk)
            let rui = try await Colleague.signIn()
            try await ana.signIn(password: "wrong")
            #expect(ana.signInModel?.state.problem == .refused)
            try await ana.signIn()
            let main = try await seen("the rooms") { ana.main }
            try await see("that there are none") { main.rooms.state.rooms?.isEmpty == true }

            let timeline = try await ana.makeRoom("Harbour", with: [String(rui.id.dropFirst().prefix { $0 != ":" })])
            let room = try await rui.join(timeline.state.roomId)
            try ana.say("White van at pier four")
            try await rui.sees(in: room, "White van at pier four")
            try await room.send("On my way")
            let answer = try await ana.message("On my way")
            #expect(!answer.own)
            #expect(answer.senderName == String(rui.id.dropFirst().prefix { $0 != ":" }))
            timeline.on(.seenNewest)
            let me = ana.id
            try await rui.sees(in: room, "that it was read") { $0.readBy.contains(me) }

            // A photo from there: fetched when it comes onto the screen, and no file of it is left.
            let photo = Harbour.fixtures.appendingPathComponent("hopper.jpg")
            try await room.sendFile(photo, caption: "North gate")
            let there = try await ana.message("North gate")
            timeline.on(.appeared(there.id))
            try await see("the photo") {
                if case .picture(let file)? = timeline.state.messages.first(where: { $0.id == there.id })?.body {
                    file.picture != nil
                } else {
                    false
                }
            }
            #expect(desk.readable == [])

            // One from here: shown before it goes, without place and camera.
            desk.choice = photo
            timeline.on(.compose(.menu))
            timeline.on(.compose(.pickPhoto))
            let draft = try await seen("the photo to send") { timeline.composer.state.attachment }
            #expect(draft.cleaned)
            #expect(draft.photo)
            #expect(!timeline.composer.state.menu)
            // Not this one: its copy goes. Chosen again, it goes once it is sent.
            timeline.on(.compose(.dropAttachment))
            #expect(desk.released == [photo])
            timeline.on(.compose(.pickPhoto))
            try await see("the photo again") { timeline.composer.state.attachment?.cleaned == true }
            timeline.on(.compose(.sendAttachment))
            try await see("that it is on its way") {
                timeline.state.done?.contains("place and camera data removed") == true
            }
            #expect(desk.released == [photo, photo])
            try await rui.sees(in: room, "the photo") { item in
                if case .media(.image, let file, nil) = item.content { file.mime == "image/jpeg" } else { false }
            }

            try await room.sendPlace(latitude: 38.7071, longitude: -9.13549, accuracy: 12)
            try await see("the position") {
                timeline.state.messages.contains { message in
                    if case .position(let shared) = message.body {
                        degrees(shared.place.latitude, shared.place.longitude).hasPrefix("38° 42.426′ N")
                            && shared.accuracy == 12
                    } else {
                        false
                    }
                }
            }

            main.back()
            main.rooms.on(.search)
            let search = try await seen("the search") { ana.search }
            search.on(.query("van"))
            try await see("a hit") { search.state.settled && !search.state.messages.isEmpty }
            let hit = try #require(search.state.messages.first)
            #expect(hit.snippet.text == "White van at pier four")
            #expect(hit.snippet.parts.filter(\.match).map(\.text) == ["van"])
            #expect(hit.roomName == "Harbour")
            search.on(.first)
            let found = try await seen("the room") { ana.timeline }
            try await see("the message") { found.state.target != nil && found.state.entries != nil }
            #expect(found.state.messages.first { $0.id == found.state.target }?.words == "White van at pier four")
            found.on(.targetShown)
            #expect(found.state.target == nil)
            await ana.app.end()
            await rui.client.close()
        }

        @Test func messagesAreChangedAnsweredReactedToAndRemoved() async throws {
            let desk = try Desk()
            let ana = try await Application.signedIn(desk)
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Patrol", with: [rui.id])
            let room = try await rui.join(timeline.state.roomId)
            let strings = ana.app.looks.strings
            let (here, there) = (localName(ana.id), localName(rui.id))
            for sentence in [
                strings.noticeNamed(here, "Patrol"), strings.noticeInvited(here, there), strings.noticeJoined(there),
            ] {
                try await see(sentence) {
                    timeline.state.entries?.contains { entry in
                        if case .notice(let notice) = entry { strings.words(notice) == sentence } else { false }
                    } == true
                }
            }
            try ana.say("Pier three")
            try await rui.sees(in: room, "Pier three")
            try await see("that it is sent") { timeline.state.messages.last?.state == .sent }

            var message = try await ana.message("Pier three")
            timeline.on(.open(message))
            #expect(timeline.state.opened?.id == message.id)
            timeline.on(.copy("Pier three"))
            #expect(desk.copied == "Pier three")
            #expect(timeline.state.opened == nil)

            // What was being typed comes back after the change.
            timeline.on(.compose(.text("half a")))
            timeline.on(.edit(message))
            #expect(timeline.composer.state.text == "Pier three")
            timeline.on(.compose(.text("Pier four")))
            timeline.on(.compose(.send))
            #expect(timeline.composer.state.text == "half a")
            timeline.on(.compose(.text("")))
            try await rui.sees(in: room, "Pier four")
            message = try await ana.message("Pier four")
            #expect(message.edited)

            timeline.on(.reply(message))
            let name = message.senderName
            #expect(timeline.composer.state.mode == .reply(sender: name, text: "Pier four"))
            try ana.say("I mean the north one")
            let items = try await rui.sees(in: room, "I mean the north one")
            #expect(items.last?.replyTo == message.eventId)
            let answer = try await ana.message("I mean the north one")
            #expect(answer.reply?.text == "Pier four")

            try await see("that it is sent") { timeline.state.messages.last?.eventId != nil }
            timeline.on(.react(try await ana.message("Pier four"), "👍"))
            try await see("the reaction") {
                timeline.state.messages.contains { $0.reactions.map(\.symbol) == ["👍"] && $0.reactions[0].mine }
            }

            timeline.on(.askRemove(try await ana.message("I mean the north one")))
            let removing = try #require(timeline.state.removing)
            timeline.on(.remove(removing))
            try await rui.sees(in: room, "that it is gone") { $0.content == .removed }
            try await see("that it is gone") { timeline.state.messages.last?.body == .removed }

            // A thread: alone on the screen while it is open.
            let root = try #require(try await ana.message("Pier four").eventId)
            timeline.on(.openThread(root))
            try ana.say("In the thread")
            try await see("the thread") { timeline.state.texts == ["Pier four", "In the thread"] }
            ana.main?.back()
            try await see("all") { timeline.state.thread == nil && timeline.state.messages.count > 2 }
            #expect(timeline.state.messages.first { $0.eventId == root }?.answers == 1)

            timeline.on(.details)
            let details = try await seen("the members") { ana.details }
            try await see("the colleague") { details.state.members?.map(\.id) == [ana.id, rui.id] }
            #expect(details.state.members?.last?.removable == true)
            await ana.app.end()
            await rui.client.close()
        }

        @Test func whatIsTypedOnTheNextLineWaitsForTheOneBefore() async throws {
            let ana = try await Application.signedIn(try Desk())
            let timeline = try await ana.makeRoom("Log")
            let lines = (0..<20).map { "line \($0)" }
            for line in lines { try ana.say(line) }
            ana.main?.back()
            ana.main?.go(.room(timeline.state.roomId, eventId: nil))
            let again = try await seen("the room") { ana.timeline }
            try await see("all lines") { again.state.texts.count == lines.count }
            #expect(again.state.texts == lines)
            await ana.app.end()
        }

        @Test func anInvitationIsAnsweredInTheList() async throws {
            let ana = try await Application.signedIn(try Desk())
            let rui = try await Colleague.signIn()
            let first = try await rui.client.createRoom("Night watch", invite: [ana.id])
            try await rui.client.createRoom("Canteen", invite: [ana.id])
            let rooms = try #require(ana.main?.rooms)
            try await see("two invitations") { rooms.state.count(.invitations) == 2 }
            let canteen = try #require(rooms.state.shown.first { $0.name == "Canteen" })
            rooms.on(.decline(canteen.id))
            try await see("one invitation") { rooms.state.count(.invitations) == 1 && rooms.state.answering == nil }
            rooms.on(.accept(first.id))
            let timeline = try await seen("the room") { ana.timeline }
            #expect(timeline.state.roomId == first.id)
            try await see("that it is marked") { rooms.state.selectedId == first.id }
            rooms.on(.filter(.invitations))
            try await see("none") { rooms.state.shown.isEmpty }
            await ana.app.end()
            await rui.client.close()
        }
    }
}

import Foundation
import Qroc
import QrocStrings
import Testing

@testable import QrocKit

extension Screens {
    /// What another app shares, sent in a process beside the app's, on the real core; and what a link asks for.
    @MainActor @Suite struct FromElsewhere {
        private let strings = Strings("en")

        init() throws {
            try Client.initialize()
        }

        @Test func whatIsSharedGoesToTheRoomThatIsChosenAndNoCopyIsLeft() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            let rui = try await Colleague.signIn()
            let roomId = try await ana.makeRoom("Harbour", with: [rui.id]).state.roomId
            let room = try await rui.join(roomId)

            // While the app is in front it has the profile: said, and nothing waits.
            let busy = ShareModel(profile: desk.profile, vaults: desk.vaults, language: "en") {}
            await busy.take(Brought(text: "x"))
            #expect(busy.state.refused == strings.shareInUse)
            await busy.end()

            await ana.app.background(limit: .seconds(5))
            await ana.app.letGo()
            var ended = 0
            let share = ShareModel(profile: desk.profile, vaults: desk.vaults, language: "en") { ended += 1 }
            let photo = try copy("hopper.jpg", to: desk)
            await share.take(Brought(text: "https://example.org/report", files: [photo]))
            #expect(share.state.what == "hopper.jpg")
            #expect(share.state.refused == nil)
            #expect(share.state.rooms?.map(\.name) == ["Harbour"])
            #expect(share.state.rooms?.first?.encrypted == true)
            share.on(.send)
            #expect(!share.state.working, "nobody has said where")
            share.on(.choose(roomId))
            share.on(.send)
            #expect(share.state.working)
            // What is under way is not closed by a second thought.
            share.on(.cancel)
            try await see("that the sheet goes") { ended == 1 }
            try await rui.sees(in: room, "https://example.org/report")
            try await rui.sees(in: room, "the photo") { item in
                if case .media(.image, let file, _) = item.content { file.mime == "image/jpeg" } else { false }
            }
            #expect(!FileManager.default.fileExists(atPath: photo.path))
            #expect(desk.readable == [], "nothing readable is left in the profile's folder")
            await ana.app.foreground()
            let again = try await seen("the room again") { ana.timeline }
            try await see("what was shared") { again.state.messages.count == 2 }
            await ana.app.end()
            await rui.client.close()
        }

        @Test func whatPolicyForbidsIsSaidBeforeItIsSent() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            try await ana.makeRoom("Harbour")
            await ana.app.takeManaged(
                ManagedConfig(
                    values: ["share.mime_deny": .items(["application/pdf"]), "lock.required": .flag(false)]))
            await ana.app.background(limit: .seconds(5))
            await ana.app.letGo()
            // Named as a photo: what it is tells its content.
            let plan = desk.folder.appendingPathComponent("holiday.jpg")
            try Data("%PDF-1.7\n".utf8).write(to: plan)
            var ended = 0
            let share = ShareModel(profile: desk.profile, vaults: desk.vaults, language: "en") { ended += 1 }
            await share.take(Brought(files: [plan]))
            let refused = try #require(share.state.refused)
            #expect(
                refused.hasPrefix("holiday.jpg: ") && refused.contains(PolicyWords(strings).title("share.mime_deny")))
            share.on(.choose(share.state.rooms?.first?.id ?? ""))
            #expect(!share.state.canSend)
            share.on(.cancel)
            try await see("that the sheet goes") { ended == 1 }
            #expect(!FileManager.default.fileExists(atPath: plan.path))

            for (brought, why) in [
                (nil, strings.shareUnreadable), (Brought(), strings.shareUnreadable),
                (Brought(text: "  "), strings.shareUnreadable),
                (Brought(files: [desk.folder.appendingPathComponent("none")]), strings.shareUnreadable),
                (Brought(files: Array(repeating: plan, count: 21)), strings.shareTooMany),
            ] as [(Brought?, String)] {
                let share = ShareModel(profile: desk.profile, vaults: desk.vaults, language: "en") {}
                await share.take(brought)
                #expect(share.state.refused == why)
                await share.end()
            }

            // Sealed, or nobody signed in: to be opened first.
            await ana.app.foreground()
            _ = try await seen("the rooms") { ana.main }
            let client = try #require(ana.app.client)
            try await client.setPin(Data("73810546".utf8), vault: desk.vaults.vault(passphrase: Data()))
            #expect(await ana.app.seal())
            for profile in [desk.profile, Harbour.folder()] {
                let share = ShareModel(profile: profile, vaults: desk.vaults, language: "en") {}
                await share.take(Brought(text: "x"))
                #expect(share.state.refused == strings.shareLocked)
                await share.end()
            }
            await ana.app.end()
        }

        @Test func aLinkAsksWhereItGoesAndSendsNothingByItself() async throws {
            let receiver = StreetReceiver()
            let ana = try await Application.signedIn(try Desk(receiver: receiver))
            let roomId = try await ana.makeRoom("Harbour").state.roomId
            ana.main?.back()
            #expect(ana.app.open(link: try #require(Route.quick(.help).link)))
            let quick = try await seen("the question") { ana.quick }
            try await see("where") { quick.state.rooms?.map(\.name) == ["Harbour"] }
            #expect(receiver.asked.isEmpty)
            quick.on(.choose(roomId))
            let timeline = try await seen("the room") { ana.timeline }
            #expect(timeline.state.quick?.helpAt != nil)
            try await see("the call") { timeline.state.texts == [strings.helpMessage] }
            ana.main?.back()
            #expect(ana.app.open(link: try #require(Route.quick(.position).link)))
            let position = try await seen("the question") { ana.quick }
            position.on(.back)
            #expect(ana.main?.path.isEmpty == true)
            for link in ["qroc:quick/other", "qroc:quick", "qroc:quick/help/!room:qroc.test"] {
                #expect(!ana.app.open(link: try #require(URL(string: link))), "\(link)")
            }
            await ana.app.end()
        }

        @Test func whatAFileIsItsContentSays() {
            let kinds: [(String, String, String)] = [
                ("\u{FF}", "x.png", "application/octet-stream"), ("%PDF-1.4", "a.jpg", "application/pdf"),
                ("GIF89a", "a", "image/gif"), ("RIFF1234WEBPVP8", "a.jpg", "image/webp"),
                ("    ftypheic", "IMG.JPG", "image/heic"), ("    ftypavif", "a", "image/avif"),
                ("    ftypqt  ", "a", "video/quicktime"), ("    ftypisom", "a", "video/mp4"),
                ("    ftypM4A ", "a", "audio/mp4"), ("PK\u{3}\u{4}", "a.docx", ""), ("PK\u{3}\u{4}", "a.jpg", ""),
                ("words", "a.txt", "text/plain"), ("words", "a.exe", "application/octet-stream"),
                ("MZ", "a.txt", "application/x-msdownload"), ("", "", "application/octet-stream"),
            ]
            for (head, name, mime) in kinds {
                let found = FileProbe.mime(Data(head.utf8), name: name)
                switch (mime, name) {
                case ("", "a.docx"): #expect(found.hasSuffix("wordprocessingml.document"))
                case ("", _): #expect(found == "application/zip")
                default: #expect(found == mime, "\(head) \(name)")
                }
            }
            #expect(FileProbe.mime(Data([0xFF, 0xD8, 0xFF, 0xE0]), name: "a") == "image/jpeg")
            #expect(FileProbe.mime(Data([1, 2, 0xFF, 0xD8, 0xFF]).dropFirst(2), name: "a") == "image/jpeg")
        }

        private func copy(_ name: String, to desk: Desk) throws -> URL {
            let folder = desk.folder.appendingPathComponent("scratch")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let file = folder.appendingPathComponent(name)
            try FileManager.default.copyItem(at: Harbour.fixtures.appendingPathComponent(name), to: file)
            return file
        }
    }
}

extension Application {
    @MainActor fileprivate var quick: QuickModel? {
        if case .quick(let model) = main?.top { model } else { nil }
    }
}

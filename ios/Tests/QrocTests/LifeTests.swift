import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct Life {
        init() throws {
            try Client.initialize()
        }

        @Test func aCancelledLoopFreesTheCoreAtOnce() async throws {
            try await eventually { LiveObjects.now.isEmpty }
            let ana = try await Officer.signIn()
            let before = LiveObjects.now
            for _ in 0..<50 {
                let loop = Task {
                    for try await _ in try ana.client.rooms() {}
                }
                try await eventually {
                    LiveObjects.now.pulls == 1 && LiveObjects.now.lists == before.lists + 1
                }
                loop.cancel()
                // Without an error: nobody is there to show it.
                try await soon(.seconds(2)) { try await loop.value }
                try await eventually(.seconds(1)) { LiveObjects.now == before }
            }
            await ana.client.close()
        }

        @Test func everythingIsFreedWhenNobodyHasIt() async throws {
            try await eventually { LiveObjects.now.isEmpty }
            try await {
                let ana = try await Officer.signIn()
                let room = try await ana.room()
                let timeline = try await room.timeline()
                _ = try await timeline.items.first { _ in true }
                #expect(LiveObjects.now.clients == 1)
                #expect(LiveObjects.now.rooms == 1)
                #expect(LiveObjects.now.lists >= 1)
                await ana.client.close()
            }()
            try await eventually { LiveObjects.now.isEmpty }
        }

        @Test func aReadEndsWithItsTask() async throws {
            let ana = try await Officer.signIn()
            let reads = Task { () -> QrocError? in
                while true {
                    if let error = await thrown({ try await ana.client.status() }) { return error }
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            reads.cancel()
            #expect(try await soon { await reads.value }?.kind == .cancelled)
            // The client is none the worse for it.
            #expect(try await ana.client.status().userId == ana.id)
            await ana.client.close()
        }

        @Test func aChangeRunsToItsEndWithoutItsTask() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            for number in 0..<50 {
                let sending = Task { try await room.send("\(number)") }
                sending.cancel()
                _ = await sending.result
            }
            let wanted = Set((0..<50).map(String.init))
            let timeline = try await room.timeline()
            let list = try await soon { try await timeline.items.first { Set($0.texts) == wanted } }
            #expect(list?.texts.count == 50)
            await ana.client.close()
        }

        @Test func closingEndsWhatWaits() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            let list = try ana.client.roomList()
            let queue = try ana.client.sendQueue()
            try await ana.client.foreground()
            let before = LiveObjects.now.pulls
            let loops = [
                Task { for try await _ in timeline.changes {} },
                Task { for try await _ in list.changes {} },
                Task { for try await _ in queue.changes {} },
                Task { for try await _ in ana.client.connection {} },
            ]
            try await eventually { LiveObjects.now.pulls == before + 4 }
            queue.close()
            try await soon { try await loops[2].value }
            let client = ana.client
            try await soon { await client.close() }
            for loop in loops { try await soon { try await loop.value } }
            try await eventually { LiveObjects.now.pulls == 0 }
        }

        @Test func callsAfterCloseSayClosed() async throws {
            let ana = try await Officer.signIn()
            let client = ana.client
            let room = try await ana.room()
            let timeline = try await room.timeline()
            let queue = try client.sendQueue()
            await client.close()
            await client.close()
            let errors = [
                await thrown { try await client.foreground() },
                await thrown { try await client.background(limit: .seconds(1)) },
                await thrown { try await client.networkReturned() },
                await thrown { try await client.syncOnce(limit: .seconds(1)) },
                await thrown { try await client.status() },
                await thrown { try client.roomList() },
                await thrown { try client.sendQueue() },
                await thrown { try await client.queued() },
                await thrown { try await client.room(room.id) },
                await thrown { try await client.createRoom("Late") },
                await thrown { try await client.joinRoom(room.id) },
                await thrown { try await client.search("late") },
                await thrown { try await client.devices() },
                await thrown { try await client.signOutDevice("X", password: "x") },
                await thrown { try await client.logout() },
                await thrown { try await room.summary() },
                await thrown { try await room.members() },
                await thrown { try await room.typing() },
                await thrown { try await room.timeline() },
                await thrown { try await room.page() },
                await thrown { try await room.send("late") },
                await thrown { try await room.edit("$1", to: "late") },
                await thrown { try await room.react(to: "$1", with: "x") },
                await thrown { try await room.redact("$1") },
                await thrown { try await room.markRead() },
                await thrown { try await room.sendFile(URL(fileURLWithPath: "/etc/hostname")) },
                await thrown { try await room.sendPlace(latitude: 1, longitude: 1) },
                await thrown { try await room.download("$1", to: URL(fileURLWithPath: "/tmp")) },
                await thrown { try await room.invite("@a:b") },
                await thrown { try await room.kick("@a:b") },
                await thrown { try await room.leave() },
                await thrown { try await room.shareLocation(from: HostileReceiver {}) },
                await thrown { try await room.stopSharing() },
                await thrown { try await room.positions() },
                await thrown { try await client.positions() },
                await thrown { try await client.policy() },
                await thrown { try client.explain(.save) },
                await thrown { try client.policyChanges() },
                await thrown { try await client.takeManaged(ManagedConfig(values: [:])) },
                await thrown { try await client.setPin(Data("738105".utf8), vault: ana.vault) },
                await thrown { try await timeline.loadOlder() },
                await thrown { try await queue.retry(1) },
                await thrown { try await queue.cancel(1) },
            ]
            for (number, error) in errors.enumerated() {
                #expect(error?.kind == .closed, "call \(number)")
            }
            // From memory, and still there.
            #expect(client.signedIn.userId == ana.id)
            #expect(try await timeline.items.first { _ in true } == nil)
            // The profile is whole, and nobody holds it.
            let again = try await Client.open(profile: ana.profile, vault: ana.vault)
            #expect(try await again.status().userId == ana.id)
            await again.close()
        }

        @Test func aFaultOfTheLibraryIsAnErrorOnce() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let faults = URL(fileURLWithPath: Harbour.faults)
            try FileManager.default.createDirectory(at: faults, withIntermediateDirectories: true)
            try Data().write(to: faults.appendingPathComponent("send"))
            let error = await thrown { try await room.send("into the fault") }
            #expect(error?.kind == .internal)
            #expect(error?.code == "panic")
            // Once, and nothing of it is left.
            try await room.send("after the fault")
            #expect(try await room.page(offline: true).texts == ["after the fault"])
            await ana.client.close()
            let again = try await Client.open(profile: ana.profile, vault: ana.vault)
            let same = try await again.room(room.id)
            #expect(try await same.page(offline: true).texts == ["after the fault"])
            await again.close()
        }

        @Test func aSignInThatNobodyWaitsForCanBeOpened() async throws {
            let profile = Harbour.folder()
            let vault = Vault.keyFile(profile.appendingPathExtension("key"))
            let signingIn = Task { try await Harbour.login(profile, vault) }
            try await Task.sleep(for: .milliseconds(20))
            signingIn.cancel()
            _ = await signingIn.result
            let open = try await soon {
                while true {
                    if let client = try? await Client.open(profile: profile, vault: vault) { return client }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(open.signedIn.userId.hasPrefix("@testing-"))
            await open.close()
        }

        @Test func twoClientsOfOneProfileDoNotMix() async throws {
            let ana = try await Officer.signIn()
            let error = await thrown { try await Client.open(profile: ana.profile, vault: ana.vault) }
            #expect(error?.kind == .inUse)
            #expect(try await ana.client.status().userId == ana.id)
            await ana.client.close()
        }

        @Test func limitsThatMakeNoSenseDoNoHarm() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            #expect(try await ana.client.background(limit: .seconds(-5)))
            #expect(try await ana.client.background(limit: .seconds(Int64.max)))
            #expect(try await room.page(limit: -1).isEmpty)
            #expect(try await room.page(limit: .max).isEmpty == false)
            #expect(await thrown { try await room.page(before: "nonsense") }?.kind == .badInput)
            #expect(await thrown { try await room.send("") }?.kind == .badInput)
            #expect(await thrown { try await room.sendPlace(latitude: .nan, longitude: 500) }?.kind == .badInput)
            #expect(await thrown { try await ana.client.room("nowhere") }?.kind == .notFound)
            #expect(await thrown { try await ana.client.search("") }?.kind == .badInput)
            await ana.client.close()
        }
    }
}

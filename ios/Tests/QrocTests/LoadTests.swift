import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct Load {
        init() throws {
            try Client.initialize()
        }

        @Test func manyCallsLeakNothing() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            try await room.send("north gate")
            let timeline = try await room.timeline()

            func calls(_ count: Int) async throws {
                for number in 0..<count {
                    _ = Client.libraryVersion
                    if number % 10 == 0 { _ = try ana.client.roomList(filter: "x") }
                    if number % 100 == 0 {
                        _ = try await timeline.items.first { _ in true }
                        _ = try await room.page(offline: true)
                        _ = await thrown { try await ana.client.room("nowhere") }
                    }
                }
            }
            try await calls(10_000)
            try await eventually { LiveObjects.now.pulls == 0 }
            let (objects, memory) = (LiveObjects.now, residentBytes())
            try await calls(100_000)
            try await eventually { LiveObjects.now == objects }
            let grown = residentBytes() - memory
            #expect(grown < 12 << 20, "\(grown) bytes for 100,000 calls")
            await ana.client.close()
        }

        @Test func twoTasksHammerOneRoom() async throws {
            let (ana, rui) = try await Officer.pair()
            let count = 100
            @Sendable func hammer(_ room: Room, _ name: String) async throws {
                for number in 0..<count {
                    try await room.send("\(name) \(number)")
                    _ = try await room.summary()
                    if number % 10 == 0 { _ = try await room.page(limit: 5, offline: true) }
                }
            }
            let one = Task { try await hammer(ana.1, "one") }
            let two = Task { try await hammer(ana.1, "two") }
            let timeline = try await rui.1.timeline()
            var wanted = (0..<count).flatMap { ["one \($0)", "two \($0)"] }.sorted()
            let reader = Task {
                for try await list in timeline.items {
                    if list.texts.count < 50 { continue }
                    if list.texts.count >= 2 * count { return list.texts }
                    try await timeline.loadOlder(200)
                }
                return []
            }
            try await one.value
            try await two.value
            let texts = try await soon(.seconds(60)) { try await reader.value }
            #expect(texts.sorted() == wanted)
            // What one task sends stays in its order.
            wanted = (0..<count).map { "one \($0)" }
            #expect(texts.filter { $0.hasPrefix("one") } == wanted)
            await ana.0.client.close()
            await rui.0.client.close()
        }

        @MainActor @Test func nothingSynchronousHoldsTheMainThread() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            let list = try ana.client.roomList()
            let queue = try ana.client.sendQueue()
            let calls: [(String, () throws -> Void)] = [
                ("initialize", { try Client.initialize() }),
                ("errorTextKeys", { _ = Client.errorTextKeys }),
                ("libraryVersion", { _ = Client.libraryVersion }),
                ("liveObjects", { _ = LiveObjects.now }),
                ("signedIn", { _ = ana.client.signedIn }),
                ("connection", { _ = ana.client.connection.makeAsyncIterator() }),
                ("roomList", { _ = try ana.client.roomList() }),
                ("sendQueue", { _ = try ana.client.sendQueue() }),
                ("room id", { _ = room.id }),
                ("timeline loop", { _ = timeline.changes.makeAsyncIterator() }),
                ("list loop", { _ = list.changes.makeAsyncIterator() }),
                ("queue loop", { _ = queue.changes.makeAsyncIterator() }),
                ("explain", { _ = try ana.client.explain(.sendFile(mime: "image/jpeg", bytes: 1_000_000)) }),
                ("policy loop", { _ = try ana.client.policyChanges().makeAsyncIterator() }),
                ("loadMore", { list.loadMore(10) }),
                ("setFilter", { list.setFilter("x") }),
                ("tellDevice", { tellDevice(DeviceFacts(system: .other, version: "1")) }),
                ("proposedSignIn", { _ = try proposedSignIn() }),
                ("setMetered", { try ana.client.setMetered(false) }),
                ("setFetching", { try ana.client.setFetching(false) }),
                ("warnsOfDevice", { _ = try ana.client.warnsOfDevice() }),
                ("isScreenLocked", { _ = try ana.client.isScreenLocked() }),
                ("screenLocksIn", { _ = try ana.client.screenLocksIn() }),
                ("upload of", { _ = room.upload(of: "nothing") }),
                ("fetch", { _ = room.fetch("$nothing") }),
                ("passphrase", { _ = Vault.passphrase(Data("x".utf8)) }),
                ("keyFile", { _ = Vault.keyFile(URL(fileURLWithPath: "/tmp/x")) }),
                ("platform", { _ = Vault.platform(TestVault()) }),
                ("close list", { list.close() }),
                ("close timeline", { timeline.close() }),
                ("close queue", { queue.close() }),
            ]
            for (name, call) in calls {
                var times: [Duration] = []
                for _ in 0..<50 {
                    let start = ContinuousClock.now
                    try call()
                    times.append(ContinuousClock.now - start)
                }
                // The middle: another process may take the processor away now and then.
                #expect(times.sorted()[25] < .milliseconds(1), "\(name)")
            }
            await ana.client.close()
        }
    }
}

/// What this process holds in memory.
private func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    guard let pages, pages.count > 1, let resident = Int(pages[1]) else { return 0 }
    return resident * 4096
}

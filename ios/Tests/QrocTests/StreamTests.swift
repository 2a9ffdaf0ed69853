import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct Streams {
        init() throws {
            try Client.initialize()
        }

        @Test func aListBeginsWithAResetAndGoesOnByDiffs() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            var loop = timeline.changes.makeAsyncIterator()
            var items: [TimelineItem] = []
            let first = try #require(try await loop.next())
            guard case .reset = first.first, first.count == 1 else {
                Issue.record("\(first) is no reset")
                return
            }
            items.apply(first)
            for text in ["one", "two", "three"] {
                try await room.send(text)
                while items.texts.last != text {
                    let steps = try #require(try await loop.next())
                    for step in steps {
                        if case .reset = step { Issue.record("a second reset") }
                    }
                    items.apply(steps)
                }
            }
            #expect(items.texts == ["one", "two", "three"])
            let page = try await room.page(offline: true)
            #expect(items == page)
            await ana.client.close()
            #expect(try await loop.next() == nil)
        }

        @Test func whatHappensMeanwhileComesInOneBatch() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            var loop = timeline.changes.makeAsyncIterator()
            _ = try await loop.next()
            for number in 0..<30 { try await room.send("checkpoint \(number)") }
            let steps = try #require(try await loop.next())
            #expect(steps.count == 30)
            await ana.client.close()
        }

        @Test func aLoopThatFellFarBehindBeginsAnew() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            var loop = timeline.changes.makeAsyncIterator()
            _ = try await loop.next()
            // More commits than are kept for anybody.
            for _ in 0..<300 {
                try await room.markRead()
                try await room.send("many")
            }
            let steps = try #require(try await loop.next())
            guard case .reset(let items) = steps.first, steps.count == 1 else {
                Issue.record("\(steps.count) steps and no reset")
                return
            }
            #expect(items.texts.last == "many")
            await ana.client.close()
        }

        @Test func aSecondLoopTakesOver() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let timeline = try await room.timeline()
            let seen = Counter()
            let first = Task {
                for try await _ in timeline.items { _ = seen.next() }
            }
            try await eventually { seen.value > 0 && LiveObjects.now.pulls == 1 }
            try await room.send("north gate")
            var second = timeline.changes.makeAsyncIterator()
            let steps = try #require(try await second.next())
            guard case .reset(let items) = steps.first else {
                Issue.record("the second loop does not begin with everything")
                return
            }
            #expect(items.texts == ["north gate"])
            try await soon { try await first.value }
            await ana.client.close()
        }

        @Test func theRoomListIsFilteredAndFollowed() async throws {
            let ana = try await Officer.signIn()
            for name in ["Harbour", "Airport", "North harbour"] { _ = try await ana.room(name) }
            let list = try ana.client.roomList(filter: "arbour")
            let found = try await soon { try await list.rooms.first { $0.count == 2 } }
            #expect(found.map { Set($0.map(\.name)) } == ["Harbour", "North harbour"])
            list.setFilter(nil)
            let all = try await soon { try await list.rooms.first { $0.count == 3 } }
            #expect(all?.first?.name == "North harbour")
            list.loadMore(-5)
            list.close()
            #expect(try await soon { try await list.rooms.first { _ in true } } == nil)
            await ana.client.close()
        }

        @Test func theConnectionIsFollowed() async throws {
            let ana = try await Officer.signIn()
            let told = Told()
            let loop = Task {
                for try await state in ana.client.connection { told.append(state) }
            }
            try await eventually { told.all == [.idle] }
            try await ana.client.foreground()
            try await eventually { told.all.last == .online }
            try await ana.client.background(limit: .seconds(5))
            try await eventually { told.all.last == .idle }
            await ana.client.close()
            try await soon { try await loop.value }
            #expect(told.all.last == .closed)
        }

        @Test func theQueueShowsWhatWaits() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let queue = try ana.client.sendQueue()
            let sent = try await room.send("later", txnId: "t-1")
            #expect(sent.state == .queued)
            let waiting = try await soon { try await queue.items.first { !$0.isEmpty } }
            let item = try #require(waiting?.first)
            #expect(item.txnId == "t-1" && item.roomId == room.id && item.kind == .message)
            #expect(try await ana.client.queued() == [item])
            try await queue.cancel(item.id)
            #expect(try await ana.client.queued().isEmpty)
            #expect(await thrown { try await queue.retry(item.id) }?.kind == .notFound)
            await ana.client.close()
        }

        @Test func stepsLeadFromOneListToTheNext() {
            var list = ["a", "b", "c"]
            list.apply([.remove(at: 1), .insert("x", at: 0), .set("d", at: 2)])
            #expect(list == ["x", "a", "d"])
            list.apply([.reset(["z"])])
            #expect(list == ["z"])
        }
    }
}

final class Told: @unchecked Sendable {
    private let lock = NSLock()
    private var states: [Connection] = []

    func append(_ state: Connection) { lock.withLock { states.append(state) } }

    var all: [Connection] { lock.withLock { states } }
}

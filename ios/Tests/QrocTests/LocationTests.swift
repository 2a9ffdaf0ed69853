import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct Locations {
        init() throws {
            try Client.initialize()
        }

        @Test func anOfficerSharesWhereSheIsAndTheOthersFollow() async throws {
            let (ana, rui) = try await Officer.pair("Chase")
            let street = Street()
            let share = try await ana.1.shareLocation(from: street, pace: .chase, duration: .seconds(300))
            #expect(LiveObjects.now.shares == 1)
            let positions = try await rui.1.positions()
            street.reach(0)
            let first = try await soon { try await positions.items.first { !$0.isEmpty } }
            let seen = try #require(first?.first)
            #expect(seen.userId == ana.0.id)
            #expect(seen.roomId == rui.1.id)
            #expect(abs(seen.fix.latitude - 38.7075) < 1e-6)
            #expect(seen.fix.source == .gnss)
            #expect(seen.fix.battery == 81)
            #expect(seen.fix.heading == 359)
            #expect(seen.staleFrom > Date())
            street.say(.nowhere(.noSignal))
            street.reach(100)
            _ = try await soon {
                try await positions.items.first { $0.contains { $0.fix.latitude > 38.708 } }
            }
            try await eventually { street.paces.contains(.chase) }
            let twice = await thrown { try await ana.1.shareLocation(from: Street()) }
            #expect(twice?.kind == .badInput)

            share.stop()
            let sum = try await soon(.seconds(60)) { try await share.ended() }
            #expect(sum.fixes == 2)
            #expect(sum.waiting == 0)
            #expect(sum.sent > 0 && sum.bytes > 0)
            _ = try await soon {
                try await positions.items.first { $0.contains { $0.staleFrom <= Date() } }
            }
            #expect(await thrown { try await ana.1.stopSharing() }?.kind == .badInput)
            await ana.0.client.close()
            await rui.0.client.close()
        }

        @Test func aReceiverMayThrowHangLieAndCallTheCore() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            let source = HostileReceiver { try await room.send("from within") }
            let share = try await room.shareLocation(from: source)
            try await eventually { source.asked.value == 4 }
            let mine = try await ana.client.positions()
            let list = try await soon { try await mine.items.first { !$0.isEmpty } }
            #expect(list?.count == 1)
            // What hangs holds up neither others nor the end.
            try await room.send("from without")
            let texts = try await room.page(offline: true).texts
            #expect(texts == ["from within", "from without"])
            try await ana.client.foreground()
            share.stop()
            let sum = try await soon(.seconds(60)) { try await share.ended() }
            #expect(sum.fixes == 1)
            try await eventually { source.left.value == 1 }
            await ana.client.close()
        }

        @Test func aSharingEndsWithItsHandle() async throws {
            let ana = try await Officer.signIn()
            let room = try await ana.room()
            try await ana.client.foreground()
            _ = try await room.shareLocation(from: Street())
            try await eventually { LiveObjects.now.shares == 0 }
            let share = try await soon(.seconds(60)) {
                while true {
                    if let share = try? await room.shareLocation(from: Street()) { return share }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            await ana.client.close()
            #expect(await thrown { try await share.ended() }?.kind == .closed)
            let again = try await Client.open(profile: ana.profile, vault: ana.vault)
            try await again.foreground()
            let same = try await again.room(room.id)
            // Left as by the end of the process.
            try await same.stopSharing()
            // Until the others know, stopping again is the same stop.
            try await soon(.seconds(60)) {
                while await thrown({ try await same.stopSharing() })?.kind != .badInput {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            await again.close()
        }
    }
}

/// A street to the north of Praça do Comércio, as far along it as the test says.
private final class Street: LocationSource, @unchecked Sendable {
    private let readings: AsyncStream<LocationReading>
    private let out: AsyncStream<LocationReading>.Continuation
    private let lock = NSLock()
    private var told: [Pace] = []

    init() {
        (readings, out) = AsyncStream.makeStream()
    }

    var paces: [Pace] { lock.withLock { told } }

    func next() async throws -> LocationReading? {
        var loop = readings.makeAsyncIterator()
        return await loop.next()
    }

    func setPace(_ pace: Pace) async throws {
        lock.withLock { told.append(pace) }
    }

    func say(_ reading: LocationReading) {
        out.yield(reading)
    }

    func reach(_ metres: Double) {
        say(.at(fix(metres)))
    }
}

private func fix(_ metres: Double) -> Fix {
    Fix(
        latitude: 38.7075 + metres * 9e-6,
        longitude: -9.1364,
        time: Date(),
        accuracy: 4,
        speed: 30,
        heading: 359,
        altitude: 12.5,
        source: .gnss,
        battery: 81
    )
}

final class HostileReceiver: LocationSource {
    struct Surprise: Error {}

    let asked = Counter()
    let left = Counter()
    private let within: @Sendable () async throws -> Void

    init(_ within: @escaping @Sendable () async throws -> Void) {
        self.within = within
    }

    func next() async throws -> LocationReading? {
        switch asked.next() {
        case 0: throw Surprise()
        case 1:
            var nowhere = fix(0)
            nowhere.latitude = .nan
            nowhere.speed = .infinity
            nowhere.battery = -5
            return .at(nowhere)
        case 2:
            try await within()
            return .at(fix(0))
        default:
            defer { _ = left.next() }
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }

    func setPace(_ pace: Pace) async throws {
        try await Task.sleep(for: .seconds(3600))
    }
}

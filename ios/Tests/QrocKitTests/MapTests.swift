import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    @MainActor @Suite struct TheMap {
        init() throws {
            try Client.initialize()
        }

        @Test func itShowsWhoIsWhereHowFarAwayAndWhatIsTooOld() async throws {
            let time = VirtualTime(Date())
            let ana = try await Application.signedIn(try Desk(time: time))
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            let room = try await rui.join(timeline.state.roomId)
            timeline.on(.map(nil))
            let map = try await seen("the map") { ana.map }
            try await see("nobody") { map.state.officers?.isEmpty == true }

            let receiver = Receiver()
            let share = try await room.shareLocation(from: receiver, pace: .chase, duration: .seconds(600))
            for metres in stride(from: 0.0, through: 200, by: 50) {
                receiver.reach(metres, at: Date())
                try await Task.sleep(for: .milliseconds(300))
            }
            try await see("the colleague") { map.state.officers?.count == 1 }
            try await see("the newest place") { (map.state.officers?.first?.place.latitude ?? 0) > 38.7088 }
            let officer = try #require(map.state.officers?.first)
            #expect(officer.id == rui.id)
            #expect(officer.battery == 81)
            #expect(officer.accuracy == 4)
            #expect(!officer.stale)
            #expect(officer.until != nil)
            #expect(officer.distance == nil, "this device does not know its own place")
            #expect(map.state.ways.first?.places.isEmpty != true)

            // This officer's own place: what the others are measured from.
            let mine = try #require(ana.app.client)
            let own = Receiver()
            let sharing = try await mine.room(timeline.state.roomId).shareLocation(from: own, pace: .chase)
            own.reach(1_300, at: Date())
            try await see("a distance") { map.state.officers?.first { $0.id == rui.id }?.distance != nil }
            let measured = try #require(map.state.officers?.first { $0.id == rui.id })
            #expect(abs((measured.distance ?? 0) - 1_100) < 60, "\(measured.distance ?? 0)")
            #expect(abs((measured.bearing ?? 0) - 180) < 1, "\(measured.bearing ?? 0)")

            // Nothing is heard for long: a second later it is shown as such, without any news.
            try await see("that the map waits") { time.waiting > 0 }
            time.pass(7_200)
            try await see("that it is old") { map.state.officers?.allSatisfy(\.stale) == true }
            map.on(.choose(rui.id))
            #expect(map.state.chosen == rui.id)
            share.stop()
            sharing.stop()
            own.end()
            receiver.end()
            _ = try? await share.ended()
            await ana.app.end()
            await rui.client.close()
        }
    }
}

/// A receiver that says what the test says.
final class Receiver: LocationSource, @unchecked Sendable {
    private let readings: AsyncStream<LocationReading>
    private let out: AsyncStream<LocationReading>.Continuation

    init() {
        (readings, out) = AsyncStream.makeStream()
    }

    func next() async throws -> LocationReading? {
        var loop = readings.makeAsyncIterator()
        return await loop.next()
    }

    /// So far along the street, northwards.
    func reach(_ metres: Double, at time: Date) {
        out.yield(
            .at(
                Fix(
                    latitude: 38.7071 + metres * 9e-6,
                    longitude: -9.1355,
                    time: time,
                    accuracy: 4,
                    speed: 12,
                    heading: 0,
                    source: .gnss,
                    battery: 81
                )))
    }

    func end() { out.finish() }
}

import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    /// The own position on the real core: shared with several rooms, stopped, refused, sent with one press.
    @MainActor @Suite struct OwnPosition {
        init() throws {
            try Client.initialize()
        }

        @Test func itIsSharedWithTwoRoomsWhileTheAppIsNotInFrontAndStoppedInOne() async throws {
            let receiver = StreetReceiver()
            let ana = try await Application.signedIn(try Desk(receiver: receiver))
            let rui = try await Colleague.signIn()
            let harbour = try await ana.makeRoom("Harbour", with: [rui.id]).state.roomId
            let here = try await rui.join(harbour)
            let sharing = try #require(ana.main?.sharing)

            ana.timeline?.on(.map(nil))
            let map = try await seen("the map") { ana.map }
            map.on(.askShare)
            #expect(map.state.sharing?.choices == [15, 60, 240, 480])
            // Back closes the question, not the map.
            ana.main?.back()
            #expect(map.state.sharing?.asking == false && ana.map != nil)
            map.on(.share(60))
            try await see("that it goes on") { map.state.sharing?.on == true && receiver.pace != nil }
            #expect(receiver.asked == [.live])
            let until = try #require(map.state.sharing?.until)
            #expect(abs(until.timeIntervalSinceNow - 3_600) < 60)
            try await here.sees(ana.id, past: 100) { receiver.reach(100) }

            // A second room: the same receiver.
            let patrol = try await ana.makeRoom("Patrol", with: [rui.id]).state.roomId
            let there = try await rui.client.joinRoom(patrol)
            #expect(await sharing.start(patrol, "Patrol", for: nil))
            #expect(await sharing.start(patrol, "Patrol", for: nil), "once is enough")
            #expect(sharing.running.map(\.roomName) == ["Harbour", "Patrol"])
            try await there.sees(ana.id, past: 200) { receiver.reach(200) }

            // The phone goes into the pocket: it goes on.
            #expect(await ana.app.background(limit: .seconds(5)) == false)
            try await here.sees(ana.id, past: 300) { receiver.reach(300) }
            sharing.stop(patrol)
            #expect(sharing.running.last?.stopping == true)
            try await see("that one is over") { sharing.running.map(\.roomName) == ["Harbour"] }
            try await here.sees(ana.id, past: 400) { receiver.reach(400) }
            #expect(receiver.pace != nil)
            sharing.stopAll()
            try await see("that all is over") { sharing.running.isEmpty }
            #expect(receiver.pace == nil, "the receiver rests")
            #expect(sharing.ended.value == [harbour: .over, patrol: .over])
            // Nothing holds the app any more.
            let client = try #require(ana.app.client)
            let connection = client.connection
            for try await now in connection where now == .idle { break }
            await ana.app.end()
            await rui.client.close()
            try await see("that nothing is left") { LiveObjects.now.shares == 0 }
        }

        @Test func whatIsNotAllowedIsSaid() async throws {
            let receiver = StreetReceiver()
            receiver.isPermitted = false
            let ana = try await Application.signedIn(try Desk(receiver: receiver))
            let timeline = try await ana.makeRoom("Harbour")
            let strings = ana.app.looks.strings
            timeline.on(.map(nil))
            let map = try await seen("the map") { ana.map }
            map.on(.share(15))
            try await see("why") { map.state.sharing?.problem == strings.positionNotAllowed }
            #expect(ana.main?.sharing?.running.isEmpty == true)

            // Policy allows an hour, then nothing.
            receiver.isPermitted = true
            await ana.app.takeManaged(
                ManagedConfig(values: ["location.max_duration_min": .number(60), "lock.required": .flag(false)]))
            map.on(.askShare)
            #expect(map.state.sharing?.choices == [15, 60])
            map.on(.keepPosition)
            await ana.app.takeManaged(
                ManagedConfig(values: ["location.mode": .text("off"), "lock.required": .flag(false)]))
            try await see("why not") { ana.main?.forbidden[.sharePosition] != nil }
            map.on(.share(15))
            try await see("that it is refused") { map.state.sharing?.problem == strings.errorPolicy }
            #expect(receiver.pace == nil)
            await ana.app.end()
        }

        @Test func helpIsAskedForWithOnePressAlsoWhereNobodyKnowsThePlace() async throws {
            let receiver = StreetReceiver()
            let ana = try await Application.signedIn(try Desk(receiver: receiver))
            let rui = try await Colleague.signIn()
            let timeline = try await ana.makeRoom("Harbour", with: [rui.id])
            let room = try await rui.join(timeline.state.roomId)
            let strings = ana.app.looks.strings
            #expect(timeline.state.quick == Quick())
            timeline.on(.quickHelp)
            #expect(timeline.state.quick?.helpAt != nil)
            // The words do not wait for a place.
            try await rui.sees(in: room, strings.helpMessage)
            try await see("that it is looked for") { receiver.pace != nil }
            receiver.say(.nowhere(.noSignal))
            receiver.reach(10)
            try await see("that both are on their way") { timeline.state.done == strings.helpSentWithPosition }
            try await rui.sees(in: room, "the place") { item in
                if case .place = item.content { true } else { false }
            }
            #expect(receiver.pace == nil)
            timeline.on(.safe)
            try await rui.sees(in: room, strings.safeMessage)
            try await see("that it is over") { timeline.state.quick?.helpAt == nil }

            receiver.isPermitted = false
            timeline.on(.dismissDone)
            timeline.on(.quickHelp)
            try await see("that it went without") { timeline.state.done == strings.helpSentWithout }
            timeline.on(.quickPosition)
            try await see("that there is none") { timeline.state.error == strings.positionUnknown }
            await ana.app.end()
            await rui.client.close()
        }

        @Test func oneReceiverIsAsFastAsTheFastestAndTellsTroubleOnce() async throws {
            let time = VirtualTime()
            let receiver = StreetReceiver()
            let receiving = Receiving(receiver, time)
            let one = receiving.source(for: .live)
            #expect(receiver.pace == .patrol && receiver.use == .live)
            let two = receiving.source(for: .once)
            try await two.setPace(.chase)
            #expect(receiver.pace == .chase)
            try await one.setPace(.still)
            #expect(receiver.pace == .chase)
            receiver.reach(0)
            var places = [await one.isAt, await two.isAt]
            #expect(places == [true, true])

            // Silence is said once, and to who comes later.
            try await see("that it listens") { time.waiting == 1 }
            time.pass(21)
            #expect(try await one.next() == .nowhere(.noSignal))
            #expect(try await two.next() == .nowhere(.noSignal))
            receiver.say(.nowhere(.noSignal))
            receiver.say(.nowhere(.switchedOff))
            #expect(try await one.next() == .nowhere(.switchedOff))
            let three = receiving.source(for: .once)
            #expect(try await three.next() == .nowhere(.switchedOff))
            receiver.reach(50)
            places = [await one.isAt, await three.isAt]
            #expect(places == [true, true])

            receiving.close(two)
            #expect(receiver.pace == .patrol)
            receiving.close(three)
            #expect(receiver.pace == .still)
            receiving.close(one)
            #expect(receiver.pace == nil)
            #expect(try await one.next() == nil)
            // A reading that comes late, and a pace of one that has ended, wake nobody.
            receiver.reach(60)
            try await one.setPace(.chase)
            #expect(receiver.pace == nil)
        }

        @Test func whoStandsStillForLongIsNotWithoutSignal() async throws {
            let time = VirtualTime()
            let receiver = StreetReceiver()
            let receiving = Receiving(receiver, time)
            let source = receiving.source(for: .live)
            try await source.setPace(.still)
            try await see("that it listens") { time.waiting == 1 }
            time.pass(60)
            try await Task.sleep(for: .milliseconds(50))
            receiver.reach(1)
            #expect(await source.isAt, "nothing was said before")
            receiving.close(source)
        }
    }
}

extension SharedSource {
    /// Whether the next reading is a place.
    fileprivate var isAt: Bool {
        get async { if case .at = try? await next() { true } else { false } }
    }
}

extension Room {
    /// Waits until somebody is seen so far along the street, while `go` makes them go there.
    @MainActor fileprivate func sees(_ who: String, past metres: Double, _ go: () -> Void) async throws {
        let positions = try await positions()
        defer { positions.close() }
        let limit = Task {
            try await Task.sleep(for: .seconds(60))
            positions.close()
        }
        defer { limit.cancel() }
        go()
        let north = 38.7071 + (metres - 1) * 9e-6
        for try await now in positions.items {
            if now.contains(where: { $0.userId == who && $0.fix.latitude > north }) { return }
        }
        throw NotSeen("\(who) at \(metres) m")
    }
}

/// A phone's receiver, moved by the test.
@MainActor final class StreetReceiver: PositionReceiver {
    var isPermitted = true
    private(set) var asked: [PositionUse] = []
    private(set) var pace: Pace?
    private(set) var use: PositionUse?
    private var tell: ((LocationReading) -> Void)?

    func permit(_ use: PositionUse) async -> Bool {
        asked.append(use)
        return isPermitted
    }

    func begin(_ pace: Pace, for use: PositionUse, _ tell: @escaping @MainActor (LocationReading) -> Void) {
        (self.pace, self.use, self.tell) = (pace, use, tell)
    }

    /// A receiver may have something under way when it is told to rest.
    func end() { (pace, use) = (nil, nil) }

    func say(_ reading: LocationReading) { tell?(reading) }

    /// So far along the street, northwards.
    func reach(_ metres: Double) {
        say(
            .at(
                Fix(
                    latitude: 38.7071 + metres * 9e-6, longitude: -9.1355, time: Date(), accuracy: 4, speed: 12,
                    heading: 0, source: .gnss, battery: 81)))
    }
}

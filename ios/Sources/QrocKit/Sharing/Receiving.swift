public import Foundation
public import Qroc

/// What a position is wanted for: the system asks the officer for no more than that.
public enum PositionUse: Hashable, Sendable {
    /// Once, while the app is in front.
    case once
    /// For a while, also when it is not.
    case live
}

/// The platform's receiver of positions. It says what it hears; what becomes of that is decided in ``Receiving``.
@MainActor public protocol PositionReceiver: AnyObject, Sendable {
    /// Asks the officer where they were not asked yet; says whether positions may be had.
    func permit(_ use: PositionUse) async -> Bool

    /// Tells from now on where the device is, about as often as `pace` wants; begun again, it goes on at the new pace.
    func begin(_ pace: Pace, for use: PositionUse, _ tell: @escaping @MainActor (LocationReading) -> Void)

    /// Rests.
    func end()
}

/// One receiver for all who want to know where the device is: as fast as the fastest of them, and at rest without any.
@MainActor final class Receiving {
    private let receiver: any PositionReceiver
    private let time: any Timekeeper
    private var readers: [SharedSource] = []
    private var paces: [ObjectIdentifier: Pace] = [:]
    private var running: (pace: Pace, use: PositionUse)?
    /// What is wrong, as it was told last.
    private var trouble: Unavailable?
    private var silence: Task<Void, Never>?

    /// Silence is no news for so long; who stands still is heard of seldom.
    private static let patience: [Pace: Duration] = [.chase: .seconds(20), .patrol: .seconds(20), .still: .seconds(90)]

    init(_ receiver: any PositionReceiver, _ time: any Timekeeper) {
        self.receiver = receiver
        self.time = time
    }

    /// Another reader; it ends with ``SharedSource/close()``.
    func source(for use: PositionUse) -> SharedSource {
        let source = SharedSource(use) { [weak self] source, pace in await self?.take(pace, of: source) }
        readers.append(source)
        paces[ObjectIdentifier(source)] = .patrol
        if let trouble { source.tell(.nowhere(trouble)) }
        adjust()
        return source
    }

    func close(_ source: SharedSource) {
        source.close()
        readers.removeAll { $0 === source }
        paces[ObjectIdentifier(source)] = nil
        adjust()
    }

    private func take(_ pace: Pace, of source: SharedSource) {
        guard paces[ObjectIdentifier(source)] != nil else { return }
        paces[ObjectIdentifier(source)] = pace
        adjust()
    }

    private func adjust() {
        guard !readers.isEmpty else {
            if running != nil { receiver.end() }
            running = nil
            trouble = nil
            silence?.cancel()
            return
        }
        let wanted = Set(paces.values)
        let pace: Pace = wanted.contains(.chase) ? .chase : wanted.contains(.patrol) ? .patrol : .still
        let use: PositionUse = readers.contains { $0.use == .live } ? .live : .once
        if let running, running == (pace, use) { return }
        running = (pace, use)
        receiver.begin(pace, for: use) { [weak self] in self?.take($0) }
        listen()
    }

    private func take(_ reading: LocationReading) {
        guard running != nil else { return }
        switch reading {
        case .at:
            trouble = nil
            listen()
        case .nowhere(let reason):
            // Said already: the core need not hear it again.
            if reason == trouble { return }
            trouble = reason
        }
        for reader in readers { reader.tell(reading) }
    }

    /// Says that there is no signal where nothing is heard for long.
    private func listen() {
        silence?.cancel()
        let patience = Self.patience[running?.pace ?? .patrol] ?? .seconds(20)
        silence = Task { [weak self, time] in
            guard (try? await time.sleep(for: patience)) != nil, !Task.isCancelled else { return }
            if let self, trouble == nil { take(.nowhere(.noSignal)) }
        }
    }
}

/// What one sharing reads.
final class SharedSource: LocationSource {
    let use: PositionUse
    private let readings: AsyncStream<LocationReading>
    private let out: AsyncStream<LocationReading>.Continuation
    private let pace: @Sendable (SharedSource, Pace) async -> Void

    init(_ use: PositionUse, pace: @escaping @Sendable (SharedSource, Pace) async -> Void) {
        self.use = use
        self.pace = pace
        // What comes while the core is busy waits, the newest of it.
        (readings, out) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(60))
    }

    func next() async throws -> LocationReading? {
        var loop = readings.makeAsyncIterator()
        return await loop.next()
    }

    func setPace(_ pace: Pace) async throws { await self.pace(self, pace) }

    func tell(_ reading: LocationReading) { out.yield(reading) }

    /// Ends the sharing that reads this.
    func close() { out.finish() }
}

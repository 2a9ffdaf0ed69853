import Foundation

@testable import QrocKit

/// A clock that stands still until the test lets time pass.
final class VirtualTime: Timekeeper, @unchecked Sendable {
    private let lock = NSLock()
    private var time = Date(timeIntervalSince1970: 1_790_000_000)
    private var sleepers: [UUID: (until: Date, CheckedContinuation<Void, any Error>)] = [:]

    init(_ time: Date? = nil) {
        if let time { self.time = time }
    }

    /// How many wait.
    var waiting: Int { lock.withLock { sleepers.count } }

    func now() -> Date { lock.withLock { time } }

    func sleep(for duration: Duration) async throws {
        let id = UUID()
        let seconds = TimeInterval(duration.components.seconds) + TimeInterval(duration.components.attoseconds) * 1e-18
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = lock.withLock {
                    if Task.isCancelled { return true }
                    sleepers[id] = (time.addingTimeInterval(seconds), continuation)
                    return false
                }
                if isOver { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = lock.withLock { sleepers.removeValue(forKey: id) }
            sleeper?.1.resume(throwing: CancellationError())
        }
    }

    /// Lets time pass.
    func pass(_ seconds: TimeInterval) {
        let woken = lock.withLock {
            time += seconds
            let over = sleepers.filter { $0.value.until <= time }
            for id in over.keys { sleepers[id] = nil }
            return over.values.map(\.1)
        }
        for continuation in woken { continuation.resume() }
    }
}

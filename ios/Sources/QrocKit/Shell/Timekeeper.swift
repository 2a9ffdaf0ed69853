public import Foundation

/// The time, and waiting: a port, so that a test can let an hour pass.
public protocol Timekeeper: Sendable {
    /// What time it is.
    func now() -> Date

    /// Waits.
    ///
    /// - Throws: `CancellationError`.
    func sleep(for duration: Duration) async throws
}

/// The device's own clock.
public struct SystemTime: Timekeeper {
    /// Reads the device's clock.
    public init() {}

    /// What time it is.
    public func now() -> Date { Date() }

    /// Waits; the time that the device sleeps counts.
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, clock: .continuous)
    }
}

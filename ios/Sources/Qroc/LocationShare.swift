internal import QrocCore

/// A sharing of the own position that goes on. Every fix is kept as it comes, also without the network, and sent while
/// the client is in the foreground. Keep it: one that nobody has ends. Closing the client leaves it as the end of the
/// process does: what was kept is sent by the next run, and the others see it until its time is over or
/// ``Room/stopSharing()`` says so.
public final class LocationShare: Sendable {
    private let core: QrocCore.LocationShare

    init(_ core: QrocCore.LocationShare) {
        self.core = core
    }

    /// Ends it; ``ended()`` says when the others know. From memory.
    public func stop() {
        core.stop()
    }

    /// Waits until it is over, by ``stop()``, its time, the end of the source, policy, or by leaving the room, and for
    /// up to half a minute until the others know. A read: it ends with its task, and the sharing goes on.
    ///
    /// - Returns: What it came to.
    /// - Throws: `closed` where the client was closed meanwhile, `storage`.
    @discardableResult
    public func ended() async throws(QrocError) -> SharedPositions {
        try await translated { [core] in SharedPositions(try await core.ended()) }
    }
}

/// Says where the device is: the platform's receiver. Called on threads of the core; it may take its time, and may
/// call the core. What it throws counts as no signal, and it is asked again a second later.
public protocol LocationSource: Sendable {
    /// Waits for the next reading; `nil` when there will be no more, which ends the sharing.
    func next() async throws -> LocationReading?

    /// Says how it is going, so that the receiver can rest.
    func setPace(_ pace: Pace) async throws
}

extension LocationSource {
    /// Goes on as it is.
    public func setPace(_ pace: Pace) async throws {}
}

/// What the platform's receiver has to say.
public enum LocationReading: Hashable, Sendable {
    /// Where the device is.
    case at(Fix)
    /// It does not know.
    case nowhere(Unavailable)
}

/// Why the platform does not know where it is.
public enum Unavailable: Hashable, Sendable {
    /// The person or the system does not allow it.
    case notAllowed
    /// Positioning is switched off.
    case switchedOff
    /// No signal, so far or for now.
    case noSignal
}

/// How often a position is to be shared.
public enum SharePace: Hashable, Sendable {
    /// By what the officer does.
    case auto
    /// Everything at once.
    case chase
    /// Seldom.
    case patrol
}

/// How it is going, so that a receiver can rest.
public enum Pace: Hashable, Sendable {
    /// A fix about every second.
    case chase
    /// A fix every few seconds.
    case patrol
    /// Standing: a fix now and then.
    case still
}

/// What one sharing came to.
public struct SharedPositions: Hashable, Sendable {
    /// Fixes taken from the receiver.
    public let fixes: Int
    /// Fixes that the server has: those from which the others follow.
    public let sent: Int
    /// Fixes that are sent when the network is back.
    public let waiting: Int
    /// Bytes of what was sent, as encrypted content.
    public let bytes: UInt64
}

final class SourceAdapter: QrocCore.LocationSource {
    private let source: any LocationSource

    init(_ source: any LocationSource) {
        self.source = source
    }

    func next() async throws -> QrocCore.LocationReading? {
        try await guarded { try await source.next()?.core }
    }

    func setPace(pace: QrocCore.Pace) async throws {
        try await guarded { try await source.setPace(Pace(pace)) }
    }

    /// Words of other errors do not cross: they may hold anything.
    private func guarded<T>(_ call: () async throws -> T) async throws(QrocCore.PortFault) -> T {
        do {
            return try await call()
        } catch {
            throw .Failed
        }
    }
}

extension LocationReading {
    var core: QrocCore.LocationReading {
        switch self {
        case .at(let fix): .at(fix: fix.core)
        case .nowhere(let reason): .nowhere(reason: reason.core)
        }
    }
}

extension Unavailable {
    var core: QrocCore.Unavailable {
        switch self {
        case .notAllowed: .notAllowed
        case .switchedOff: .switchedOff
        case .noSignal: .noSignal
        }
    }
}

extension SharePace {
    var core: QrocCore.SharePace {
        switch self {
        case .auto: .auto
        case .chase: .chase
        case .patrol: .patrol
        }
    }
}

extension Pace {
    init(_ core: QrocCore.Pace) {
        switch core {
        case .chase: self = .chase
        case .patrol: self = .patrol
        case .still: self = .still
        }
    }
}

extension SharedPositions {
    init(_ core: QrocCore.SharedPositions) {
        fixes = Int(core.fixes)
        sent = Int(core.sent)
        waiting = Int(core.waiting)
        bytes = core.bytes
    }
}

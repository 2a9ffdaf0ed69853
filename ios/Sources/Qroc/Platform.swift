public import Foundation
internal import QrocCore

/// What the app gives before anything else.
public struct Platform: Sendable {
    /// Certificates (PEM) of authorities that are trusted besides the system's; an organisation's own.
    public var authorities: [String]
    /// Takes the log; without it nothing is logged.
    public var logSink: (any LogSink)?
    /// Nothing less loud is logged.
    public var logLevel: LogLevel
    /// What the device's management says; what changes later goes to ``Client/takeManaged(_:)``.
    public var managed: [ManagedConfig]
    /// Reads pictures that the core cannot read; without it they are refused.
    public var imageDecoder: (any ImageDecoder)?

    /// Describes what the app gives.
    public init(
        authorities: [String] = [],
        logSink: (any LogSink)? = nil,
        logLevel: LogLevel = .info,
        managed: [ManagedConfig] = [],
        imageDecoder: (any ImageDecoder)? = nil
    ) {
        self.authorities = authorities
        self.managed = managed
        self.imageDecoder = imageDecoder
        self.logSink = logSink
        self.logLevel = logLevel
    }

    var core: QrocCore.Platform {
        .init(
            authorities: authorities,
            managed: managed.map(\.core),
            imageDecoder: imageDecoder.map(DecoderAdapter.init),
            logSink: logSink.map(SinkAdapter.init),
            logLevel: logLevel.core
        )
    }
}

/// How loud a line of the log is.
public enum LogLevel: Int, Hashable, Comparable, Sendable {
    /// A fault of this program.
    case error
    /// Something that went wrong and was dealt with.
    case warn
    /// What happens, seldom.
    case info
    /// What happens, in detail.
    case debug

    /// Says whether one is louder than another.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// One line of the log. Holds no names, ids, texts or keys.
public struct LogRecord: Hashable, Sendable {
    /// When.
    public let time: Date
    /// How loud.
    public let level: LogLevel
    /// Which part of the core.
    public let target: String
    /// What, with its fields as `name=value`.
    public let line: String
}

/// Takes the log, on a thread of its own: it may be slow, throw, or call the core. Lines that come while it is busy
/// wait, up to a thousand; more are dropped and counted.
public protocol LogSink: Sendable {
    /// Takes one line.
    func log(_ record: LogRecord) throws
}

/// What is alive in the core now, in the whole process: for tests, and for finding leaks.
public struct LiveObjects: Hashable, Sendable {
    /// Clients that were not freed, closed or not.
    public let clients: Int
    /// Rooms that were not freed.
    public let rooms: Int
    /// Room lists, timelines, queues, positions and streams of states that were not freed.
    public let lists: Int
    /// Pulls that wait for something to change.
    public let pulls: Int
    /// Sharings of the own position that were not freed.
    public let shares: Int
    /// Files that are looked at, not freed.
    public let contents: Int
    /// Verifications that were not freed.
    public let verifications: Int
    /// Transfers that were not freed.
    public let transfers: Int

    /// Whether nothing is.
    public var isEmpty: Bool {
        clients == 0 && rooms == 0 && lists == 0 && pulls == 0 && shares == 0 && contents == 0
            && verifications == 0 && transfers == 0
    }

    /// Counts them. From memory.
    public static var now: LiveObjects {
        let core = QrocCore.liveObjects()
        return LiveObjects(
            clients: Int(core.clients),
            rooms: Int(core.rooms),
            lists: Int(core.lists),
            pulls: Int(core.pulls),
            shares: Int(core.shares),
            contents: Int(core.contents),
            verifications: Int(core.verifications),
            transfers: Int(core.transfers)
        )
    }
}

private final class SinkAdapter: QrocCore.LogSink {
    private let sink: any LogSink

    init(_ sink: any LogSink) {
        self.sink = sink
    }

    func log(record: QrocCore.LogRecord) throws {
        try sink.log(LogRecord(record))
    }
}

extension LogRecord {
    init(_ core: QrocCore.LogRecord) {
        time = core.time
        level = LogLevel(core.level)
        target = core.target
        line = core.line
    }
}

extension LogLevel {
    init(_ core: QrocCore.LogLevel) {
        switch core {
        case .error: self = .error
        case .warn: self = .warn
        case .info: self = .info
        case .debug: self = .debug
        }
    }

    var core: QrocCore.LogLevel {
        switch self {
        case .error: .error
        case .warn: .warn
        case .info: .info
        case .debug: .debug
        }
    }
}

public import Foundation
internal import QrocCore

/// How far a transfer is.
public struct TransferProgress: Hashable, Sendable {
    /// What is done, in the unit of the total.
    public let done: UInt64
    /// All of it: bytes, or of a clip that is being prepared milliseconds; 0 while it is not known.
    public let total: UInt64
    /// How long the rest takes if it goes on like this; missing at the start.
    public let left: Duration?
}

/// How a file stands on its way.
public enum TransferState: Hashable, Sendable {
    /// It is made small and sealed, before it is sent. Not durable yet: the message is there when this is over.
    case preparing(TransferProgress)
    /// Its message is queued, and waits for its turn, the network, or a limit; the reason is a word such as `network`.
    case waiting(reason: String?)
    /// It is on its way to the server, or from there.
    case moving(TransferProgress)
    /// It did not work, by a stable word, and the key of its text: ``Transfer/retry()`` or ``Transfer/cancel()``.
    case failed(code: String, textKey: String)
    /// It is there. The last one.
    case done
    /// It was taken back, or given up. The last one.
    case cancelled
}

/// A file on its way to the server or from there, moved by the core whichever screen looks. What is sent goes on whether
/// or not somebody has this; what is fetched ends with it.
public final class Transfer: Sendable {
    private let core: QrocCore.Transfer
    private let turns: Turns

    /// Transaction id of the message that the file is sent with, which names it in the timeline; `nil` where one is
    /// fetched.
    public let txnId: String?

    init(_ core: QrocCore.Transfer) {
        self.core = core
        turns = Turns { core.restart() }
        txnId = core.txnId()
    }

    /// What is sent, once it was prepared by this transfer. From memory.
    public var sentFile: SentFile? { core.sentFile().map(SentFile.init) }

    /// What was fetched, once that is done. From memory.
    public var contents: Contents? { core.contents().map(Contents.init) }

    /// How it stands, from now on, progress at most ten times a second; one that nobody took in time is left out. Ends
    /// after the last one, and when the client is closed.
    public var states: Updates<TransferState> {
        Updates(reader: Reader(turns) { [core] in try await core.next().map(TransferState.init) })
    }

    /// Gives it up, or takes its message back, which the server does not have then. A change.
    ///
    /// - Throws: `notFound` where the server has it by now, `closed`, `storage`.
    public func cancel() async throws(QrocError) {
        try await translated { [core] in try await core.cancel() }
    }

    /// Lets what failed or waits try again now. A change.
    ///
    /// - Throws: `closed`, `storage`.
    public func retry() async throws(QrocError) {
        try await translated { [core] in try await core.retry() }
    }

    /// Ends the loops over its states. From memory.
    public func close() {
        core.end()
    }
}

// Files on their way.
extension Room {
    /// Begins to prepare, seal and send a file, and returns at once: what is wrong with it is told by the transfer. A
    /// change, also where nobody keeps the transfer.
    ///
    /// - Parameters: As of ``sendFile(_:caption:treatAs:trim:txnId:original:captureInfo:)``.
    /// - Returns: The transfer.
    /// - Throws: `internal`.
    public func upload(
        _ file: URL,
        caption: String? = nil,
        treatAs: TreatAs = .auto,
        trim: Trim? = nil,
        txnId: String? = nil,
        original: Bool = false,
        captureInfo: Bool = false
    ) async throws(QrocError) -> Transfer {
        let file = NewFile(
            path: file.path, caption: caption, treatAs: treatAs.core, trim: trim?.core, txnId: txnId,
            original: original, captureInfo: captureInfo)
        return try await translated { [core] in Transfer(try await core.upload(file: file)) }
    }

    /// Takes up a file that is queued already, such as one of an earlier run of the app, by the transaction id of its
    /// message. From memory.
    public func upload(of txnId: String) -> Transfer {
        Transfer(core.uploadOf(txnId: txnId))
    }

    /// Begins to fetch a file of a message to be looked at, and returns at once: ``Transfer/contents`` has it in the end.
    /// Letting the transfer go ends it, and leaves nothing behind. From memory.
    public func fetch(_ eventId: String, part: Part = .file) -> Transfer {
        Transfer(core.fetch(eventId: eventId, part: part.core))
    }
}

extension TransferProgress {
    init(_ core: QrocCore.TransferProgress) {
        done = core.done
        total = core.total
        left = core.left.map(Duration.init(seconds:))
    }
}

extension TransferState {
    init(_ core: QrocCore.TransferState) {
        switch core {
        case .preparing(let progress): self = .preparing(TransferProgress(progress))
        case .waiting(let reason): self = .waiting(reason: reason)
        case .moving(let progress): self = .moving(TransferProgress(progress))
        case .failed(let code, let textKey): self = .failed(code: code, textKey: textKey)
        case .done: self = .done
        case .cancelled: self = .cancelled
        }
    }
}

public import Foundation
internal import QrocCore

/// Which file of a message is looked at.
public enum Part: Hashable, Sendable {
    /// The small picture; of a picture without one, itself.
    case preview
    /// What was sent.
    case file
}

/// What policy has against something.
public struct Objection: Hashable, Sendable {
    /// The key that decided, such as `share.save_to_device`.
    public let policyKey: String
    /// Where its value comes from.
    public let policySource: String
}

/// What may be done with a file besides looking at it: `nil`, or what policy has against it.
public struct ContentsRights: Hashable, Sendable {
    /// Against saving it.
    public let save: Objection?
    /// Against opening it with another program.
    public let openExternal: Objection?
}

/// A file of a message, proven to the last byte and read without being saved: nothing of it lies on the disk in plain.
/// Keep it while it is shown; what is freed may be thrown out to make room for others.
public final class Contents: Sendable {
    private let core: QrocCore.Contents

    /// Its length in bytes.
    public let length: UInt64
    /// Its name, safe to be a file's.
    public let name: String
    /// Its MIME type, by content.
    public let mime: String

    init(_ core: QrocCore.Contents) {
        self.core = core
        length = core.length()
        name = core.name()
        mime = core.mime()
    }

    /// Says what policy lets be done with it besides looking. A read.
    ///
    /// - Throws: As ``read(at:count:)``.
    public func rights() async throws(QrocError) -> ContentsRights {
        try await translated { [core] in ContentsRights(try await core.rights()) }
    }

    /// Reads from any place, which costs the same everywhere: for players, such as a resource loader. A read.
    ///
    /// - Parameters:
    ///   - offset: Of the first byte.
    ///   - count: How many at most; fewer mean the end.
    /// - Returns: The bytes.
    /// - Throws: `notFound` once the message was removed, `locked`, `signIn`, `closed`, `storage`.
    public func read(at offset: UInt64, count: Int) async throws(QrocError) -> Data {
        try await translated { [core] in try await core.readAt(offset: offset, count: UInt32(clamping: count)) }
    }

    /// Reads all of it. A read.
    ///
    /// - Throws: `badInput` where it is longer than 64 MiB, else as ``read(at:count:)``.
    public func data() async throws(QrocError) -> Data {
        try await translated { [core] in try await core.bytes() }
    }

    /// Plays its sound: of a voice message, a recording or a clip, from a time on. It is decoded as fast as it is taken. A
    /// read.
    ///
    /// - Throws: As ``read(at:count:)``.
    public func play(from: Duration = .zero) async throws(QrocError) -> Playback {
        try await translated { [core] in Playback(try await core.play(from: from.interval)) }
    }

    /// Saves it. A change.
    ///
    /// - Parameters:
    ///   - destination: A folder, or the file.
    ///   - overwrite: Whether a file that is there already is replaced.
    /// - Returns: The file.
    /// - Throws: `policy` (`share.save_to_device`), `badInput` where the destination is taken, `storage`, else as
    ///   ``read(at:count:)``.
    @discardableResult
    public func save(to destination: URL, overwrite: Bool = false) async throws(QrocError) -> Downloaded {
        try await translated { [core] in
            Downloaded(try await core.save(to: destination.path, overwrite: overwrite))
        }
    }

    /// Puts a copy into a folder for another program that is to open it. Remove it afterwards. A change.
    ///
    /// - Throws: `policy` (`share.open_external`), `storage`, else as ``read(at:count:)``.
    @discardableResult
    public func handOut(to folder: URL) async throws(QrocError) -> Downloaded {
        try await translated { [core] in Downloaded(try await core.handOut(to: folder.path)) }
    }
}

/// A file that is played. Letting it go stops it.
public final class Playback: Sendable {
    private let core: QrocCore.Playback

    init(_ core: QrocCore.Playback) {
        self.core = core
    }

    /// Samples of a second. From memory.
    public var rate: Int { Int(core.rate()) }

    /// Waits for the next samples, about a fifth of a second: one channel, 16 bits each with a sign, the lower byte first.
    /// Nothing after the last ones. For one reader. A read.
    ///
    /// - Throws: `badInput` for what has no sound, or is damaged: it has ended then. As ``Contents/read(at:count:)`` else.
    public func next() async throws(QrocError) -> Data? {
        try await translated { [core] in try await core.next() }
    }
}

extension Part {
    var core: QrocCore.Part {
        switch self {
        case .preview: .preview
        case .file: .file
        }
    }
}

extension Objection {
    init(_ core: QrocCore.Objection) {
        policyKey = core.policyKey
        policySource = core.policySource
    }
}

extension ContentsRights {
    init(_ core: QrocCore.ContentsRights) {
        save = core.save.map(Objection.init)
        openExternal = core.openExternal.map(Objection.init)
    }
}

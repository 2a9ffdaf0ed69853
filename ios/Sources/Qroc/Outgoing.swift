public import Foundation
internal import QrocCore

/// How a file is to be treated.
public enum TreatAs: Hashable, Sendable {
    /// By its content: photos and clips are prepared, recordings lose their tags, everything else goes as it is.
    case auto
    /// As it is. Not for photos, clips and recordings, whose metadata would go along: it is removed first.
    case file
    /// As a photo, or not at all.
    case image
    /// As a clip, or not at all.
    case video
    /// As a voice message, or not at all.
    case voice
}

/// The part of a clip that is wanted.
public struct Trim: Hashable, Sendable {
    /// What is before is left out.
    public var from: Duration
    /// What is after is left out; without it nothing is.
    public var until: Duration?

    /// Describes a part.
    public init(from: Duration = .zero, until: Duration? = nil) {
        self.from = from
        self.until = until
    }

    var core: QrocCore.Trim { .init(from: from.interval, until: until?.interval) }
}

/// What became of something that was sent.
public struct Sent: Hashable, Sendable {
    /// Ours; names it in the timeline and in the queue.
    public let txnId: String
    /// The server's, once it has it.
    public let eventId: String?
    /// Where it is on its way.
    public let state: SendState
    /// Why it waits or failed: a word such as `network` or `forbidden`.
    public let reason: String?
}

/// What became of a file that was sent.
public struct SentFile: Hashable, Sendable {
    /// The message.
    public let sent: Sent
    /// What is sent, by content.
    public let mime: String
    /// Length of the file in bytes.
    public let sourceBytes: UInt64
    /// Length of what is sent, before sealing.
    public let sentBytes: UInt64
    /// Length of the preview, before sealing.
    public let thumbnailBytes: UInt64?
    /// SHA-256 of what is sent, before sealing, in hexadecimal.
    public let sha256: String
    /// Coarse colours for the time before the preview is there.
    public let blurhash: String?
    /// Pixels.
    public let width: Int?
    /// Pixels.
    public let height: Int?
    /// How long it plays.
    public let duration: Duration?
    /// Whether it may still name its author: not every document can be taken apart.
    public let metadataLeft: Bool
}

/// A file that was fetched.
public struct Downloaded: Hashable, Sendable {
    /// Where it is now.
    public let url: URL
    /// Its length.
    public let bytes: UInt64
    /// By content.
    public let mime: String
    /// SHA-256 of the file, in hexadecimal.
    public let sha256: String
    /// Whether these are the unchanged bytes that the sender had.
    public let original: Bool
    /// User and device that signed what is said of the original.
    public let signedBy: String?
    /// What that signature is worth.
    public let signature: SignatureCheck?
}

/// What the signature of an original is worth.
public enum SignatureCheck: Hashable, Sendable {
    /// The device signed exactly this.
    case valid
    /// It did not, or something else.
    case invalid
    /// The device is not known, so that nothing can be said.
    case unknownDevice
}

extension TreatAs {
    var core: QrocCore.TreatAs {
        switch self {
        case .auto: .auto
        case .file: .file
        case .image: .image
        case .video: .video
        case .voice: .voice
        }
    }
}

extension Sent {
    init(_ core: QrocCore.Sent) {
        txnId = core.txnId
        eventId = core.eventId
        state = SendState(core.state)
        reason = core.reason
    }
}

extension SentFile {
    init(_ core: QrocCore.SentFile) {
        sent = Sent(core.sent)
        mime = core.mime
        sourceBytes = core.sourceBytes
        sentBytes = core.sentBytes
        thumbnailBytes = core.thumbnailBytes
        sha256 = core.sha256
        blurhash = core.blurhash
        width = core.width.map(Int.init)
        height = core.height.map(Int.init)
        duration = core.duration.map(Duration.init(seconds:))
        metadataLeft = core.metadataLeft
    }
}

extension Downloaded {
    init(_ core: QrocCore.Downloaded) {
        url = URL(fileURLWithPath: core.path)
        bytes = core.bytes
        mime = core.mime
        sha256 = core.sha256
        original = core.original
        signedBy = core.signedBy
        signature = core.signature.map(SignatureCheck.init)
    }
}

extension SignatureCheck {
    init(_ core: QrocCore.SignatureCheck) {
        switch core {
        case .valid: self = .valid
        case .invalid: self = .invalid
        case .unknownDevice: self = .unknownDevice
        }
    }
}

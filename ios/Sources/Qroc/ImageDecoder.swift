public import Foundation
internal import QrocCore

/// A picture as pixels.
public struct DecodedImage: Hashable, Sendable {
    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int
    /// Red, green, blue and opacity of each pixel, a byte for each, rows from top to bottom: upright, in sRGB, colours not
    /// multiplied by the opacity.
    public let rgba: Data

    /// Describes a picture.
    public init(width: Int, height: Int, rgba: Data) {
        self.width = width
        self.height = height
        self.rgba = rgba
    }
}

/// Decodes pictures that the core cannot read itself: HEIC and AVIF where it was built without FFmpeg, raw files of cameras.
/// Called on threads of the core, never for what it can read or what is damaged; it may call the core. What throws, or takes
/// longer than half a minute, costs that file alone.
public protocol ImageDecoder: Sendable {
    /// Decodes a picture.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - mime: What it is, by content.
    ///   - maxPx: The longer side of the answer has so many pixels at most.
    /// - Returns: The picture; `nil` where the platform cannot read it either.
    /// - Throws: Anything: the file is not sent then.
    func decode(_ bytes: Data, mime: String, maxPx: Int) async throws -> DecodedImage?
}

final class DecoderAdapter: QrocCore.ImageDecoder {
    private let decoder: any ImageDecoder

    init(_ decoder: any ImageDecoder) {
        self.decoder = decoder
    }

    func decode(bytes: Data, mime: String, maxPx: UInt32) async throws -> QrocCore.DecodedImage? {
        let image = try await decoder.decode(bytes, mime: mime, maxPx: Int(maxPx))
        return image.map { image in
            .init(width: UInt32(clamping: image.width), height: UInt32(clamping: image.height), rgba: image.rgba)
        }
    }
}

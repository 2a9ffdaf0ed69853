import CoreGraphics
import Foundation
import ImageIO
import Qroc
import QrocKit

/// Decodes a picture of any kind that the system knows, HEIC and raw files of cameras among them, away from the main thread.
struct PictureReader: ImageDecoder {
    private static let longest = 2_048

    /// For a screen, and no larger.
    static func read(_ bytes: Data) async -> Picture? {
        await Task.detached(priority: .userInitiated) {
            image(bytes, longest).map { Picture(width: $0.width, height: $0.height, content: $0) }
        }.value
    }

    /// For the core, which has no decoder of its own for this one: upright, in sRGB.
    func decode(_ bytes: Data, mime: String, maxPx: Int) async throws -> DecodedImage? {
        guard let image = Self.image(bytes, maxPx) else { return nil }
        let (width, height) = (image.width, image.height)
        guard width > 0, height > 0, let space = CGColorSpace(name: CGColorSpace.sRGB) else { return nil }
        var pixels = [UInt8](repeating: 0, count: width * height * 4)
        let isDrawn = pixels.withUnsafeMutableBytes { buffer in
            let context = CGContext(
                data: buffer.baseAddress, width: width, height: height, bitsPerComponent: 8, bytesPerRow: width * 4,
                space: space, bitmapInfo: CGImageAlphaInfo.premultipliedLast.rawValue)
            context?.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
            return context != nil
        }
        guard isDrawn else { return nil }
        return DecodedImage(width: width, height: height, rgba: Data(Pixels.straight(pixels)))
    }

    private static func image(_ bytes: Data, _ longest: Int) -> CGImage? {
        let options: [String: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways as String: true,
            kCGImageSourceCreateThumbnailWithTransform as String: true,
            kCGImageSourceThumbnailMaxPixelSize as String: longest,
            kCGImageSourceShouldCacheImmediately as String: true,
        ]
        guard let source = CGImageSourceCreateWithData(bytes as CFData, nil) else { return nil }
        return CGImageSourceCreateThumbnailAtIndex(source, 0, NSDictionary(dictionary: options) as CFDictionary)
    }
}

import CoreGraphics
import Foundation
import ImageIO
import QrocKit

/// Decodes a picture of any kind that the system knows, HEIC among them, no larger than a screen, away from the main thread.
enum PictureReader {
    private static let longest = 2_048

    static func read(_ bytes: Data) async -> Picture? {
        await Task.detached(priority: .userInitiated) { decoded(bytes) }.value
    }

    private static func decoded(_ bytes: Data) -> Picture? {
        let options: [String: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways as String: true,
            kCGImageSourceCreateThumbnailWithTransform as String: true,
            kCGImageSourceThumbnailMaxPixelSize as String: longest,
            kCGImageSourceShouldCacheImmediately as String: true,
        ]
        guard let source = CGImageSourceCreateWithData(bytes as CFData, nil),
            let image = CGImageSourceCreateThumbnailAtIndex(
                source, 0, NSDictionary(dictionary: options) as CFDictionary)
        else { return nil }
        return Picture(width: image.width, height: image.height, content: image)
    }
}

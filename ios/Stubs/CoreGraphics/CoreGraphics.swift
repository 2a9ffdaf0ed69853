// A stand-in on Linux for the part of CoreGraphics that is named.
@_exported public import Foundation

// iOS 2.0
public final class CGImage: @unchecked Sendable {
    public let width: Int
    public let height: Int
    public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
}

public final class CGColorSpace: @unchecked Sendable {
    public static let sRGB = "kCGColorSpaceSRGB"
    public init?(name: String) {}
}

public enum CGImageAlphaInfo: UInt32, Sendable {
    case premultipliedLast = 1
}

public final class CGContext {
    public init?(
        data: UnsafeMutableRawPointer?, width: Int, height: Int, bitsPerComponent: Int, bytesPerRow: Int,
        space: CGColorSpace, bitmapInfo: UInt32
    ) {}
    public func draw(_ image: CGImage, in rect: CGRect) {}
}

// A stand-in on Linux for the part of CoreGraphics that is named.
@_exported public import Foundation

// iOS 2.0
public final class CGImage: @unchecked Sendable {
    public let width: Int
    public let height: Int
    public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
}

import Foundation
import SwiftUI

/// A colour that can be reckoned with: parts of light from 0 to 1, sRGB.
public struct Shade: Hashable, Sendable {
    let red: Double
    let green: Double
    let blue: Double

    /// As it is written on the web, such as `0x1F5FA8`.
    public init(_ hex: UInt32) {
        red = Double(hex >> 16 & 0xFF) / 255
        green = Double(hex >> 8 & 0xFF) / 255
        blue = Double(hex & 0xFF) / 255
    }

    private init(red: Double, green: Double, blue: Double) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }

    static let black = Shade(0)
    static let white = Shade(0xFFFFFF)

    /// On the way to another colour, by a part of the way.
    func mixed(with other: Shade, _ part: Double) -> Shade {
        func mix(_ one: Double, _ two: Double) -> Double { one + (two - one) * part }
        return Shade(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }

    /// How bright it is, as WCAG 2 counts it.
    var luminance: Double {
        func linear(_ part: Double) -> Double { part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Contrast with another colour as WCAG 2 counts it, from 1 to 21.
    func contrast(with other: Shade) -> Double {
        let (one, two) = (luminance + 0.05, other.luminance + 0.05)
        return max(one, two) / min(one, two)
    }

    /// The colour nearest to this one on its way to black or white that has at least `least` contrast on every surface.
    func readable(on surfaces: [Shade], _ least: Double) -> Shade {
        let end = surfaces.allSatisfy { $0.luminance > 0.18 } ? Shade.black : .white
        let way = (0...50).lazy.map { mixed(with: end, Double($0) / 50) }
        return way.first { shade in surfaces.allSatisfy { shade.contrast(with: $0) >= least } } ?? end
    }

    /// For SwiftUI.
    var color: Color { Color(.sRGB, red: red, green: green, blue: blue, opacity: 1) }
}

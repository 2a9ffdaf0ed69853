public import QrocKit
import SwiftUI

/// Colours by meaning, the same as on Android. Surfaces are blue-grey; there is one accent; red is for what is lost for
/// good, amber for what waits or is not verified, green for what is verified or has arrived.
public struct Palette: Hashable, Sendable {
    /// Whether it is bright.
    public let isLight: Bool
    let background: Shade
    let surface: Shade
    let raised: Shade
    let line: Shade
    let body: Shade
    let secondary: Shade
    let accent: Shade
    let onAccent: Shade
    let own: Shade
    let onOwn: Shade
    let other: Shade
    let onOther: Shade
    let selected: Shade
    let danger: Shade
    let onDanger: Shade
    let waiting: Shade
    let verified: Shade

    /// Everything that text is written on.
    var surfaces: [Shade] { [background, surface, raised, own, other, selected] }

    private static let bodyContrast = 7.0
    private static let otherContrast = 4.6

    /// What an organisation has not changed.
    public static let accent = Shade(0x1F5FA8)

    /// The colours of one appearance, with the accent made readable on them.
    public static func of(_ appearance: Appearance, isDark: Bool, accent: Shade = accent) -> Palette {
        switch appearance {
        case .system: isDark ? dark(accent) : light(accent)
        case .light: light(accent)
        case .dark: dark(accent)
        case .night: night
        }
    }

    private static func light(_ accent: Shade) -> Palette {
        let (background, surface, raised) = (Shade(0xF2F5F8), Shade(0xFFFFFF), Shade(0xE6EBF0))
        let (own, selected) = (surface.mixed(with: accent, 0.14), surface.mixed(with: accent, 0.10))
        let all = [background, surface, raised, own, selected]
        let ink = Shade(0x10171D)
        return Palette(
            isLight: true, background: background, surface: surface, raised: raised, line: Shade(0xC5CED6),
            body: ink, secondary: Shade(0x47545F).readable(on: all, otherContrast),
            accent: accent.readable(on: all, otherContrast), onAccent: .white,
            own: own, onOwn: ink.readable(on: [own], bodyContrast), other: surface, onOther: ink, selected: selected,
            danger: Shade(0xB3261E).readable(on: all, otherContrast), onDanger: .white,
            waiting: Shade(0x8A5300).readable(on: all, otherContrast),
            verified: Shade(0x1B6B3A).readable(on: all, otherContrast)
        )
    }

    private static func dark(_ accent: Shade) -> Palette {
        let (background, surface, raised) = (Shade(0x0E1317), Shade(0x151B21), Shade(0x212A32))
        let ink = Shade(0xE7ECF1)
        /// A surface with as much of the accent as leaves body text on it readable.
        func tinted(_ most: Double) -> Shade {
            let way = (0...20).lazy.map { surface.mixed(with: accent, most * Double(20 - $0) / 20) }
            return way.first { ink.contrast(with: $0) >= bodyContrast } ?? surface
        }
        let (own, selected) = (tinted(0.38), tinted(0.22))
        let all = [background, surface, raised, own, selected]
        return Palette(
            isLight: false, background: background, surface: surface, raised: raised, line: Shade(0x3A4650),
            body: ink.readable(on: all, bodyContrast), secondary: Shade(0xB9C4CE).readable(on: all, otherContrast),
            accent: accent.readable(on: all, otherContrast), onAccent: background,
            own: own, onOwn: Shade(0xF2F5F8).readable(on: [own], bodyContrast),
            other: raised, onOther: ink.readable(on: [raised], bodyContrast), selected: selected,
            danger: Shade(0xFFB4AB).readable(on: all, otherContrast), onDanger: Shade(0x3B0906),
            waiting: Shade(0xFFC766).readable(on: all, otherContrast),
            verified: Shade(0x7EDB9C).readable(on: all, otherContrast)
        )
    }

    private static var night: Palette {
        let (background, surface, raised, own) = (Shade(0x080201), Shade(0x100504), Shade(0x1C0A08), Shade(0x2B0D0A))
        let (ink, deep) = (Shade(0xF98B78), Shade(0x140302))
        return Palette(
            isLight: false, background: background, surface: surface, raised: raised, line: Shade(0x4A201A),
            body: ink, secondary: Shade(0xD87565), accent: Shade(0xF2705C), onAccent: deep,
            own: own, onOwn: ink, other: raised, onOther: ink, selected: Shade(0x240B08),
            danger: Shade(0xFF5A48).readable(on: [background, surface, raised, own], otherContrast), onDanger: deep,
            waiting: Shade(0xF09A4A), verified: Shade(0xC99A78)
        )
    }
}

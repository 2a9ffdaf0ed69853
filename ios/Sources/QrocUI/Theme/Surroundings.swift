import Foundation
import QrocKit
import QrocStrings
import SwiftUI

// What every view can ask for: colours by meaning, words, times, and what policy forbids.
extension EnvironmentValues {
    private struct PaletteKey: EnvironmentKey {
        static let defaultValue = Palette.of(.light, isDark: false)
    }

    private struct StringsKey: EnvironmentKey {
        static let defaultValue = Strings("en")
    }

    private struct TimesKey: EnvironmentKey {
        static let defaultValue = Times(Strings("en")) { Date() }
    }

    private struct ForbiddenKey: EnvironmentKey {
        static let defaultValue: [Gate: String] = [:]
    }

    var palette: Palette {
        get { self[PaletteKey.self] }
        set { self[PaletteKey.self] = newValue }
    }

    var strings: Strings {
        get { self[StringsKey.self] }
        set { self[StringsKey.self] = newValue }
    }

    var times: Times {
        get { self[TimesKey.self] }
        set { self[TimesKey.self] = newValue }
    }

    /// Why something cannot be done now, in a sentence.
    var forbidden: [Gate: String] {
        get { self[ForbiddenKey.self] }
        set { self[ForbiddenKey.self] = newValue }
    }
}

public import Observation
public import QrocStrings

/// How bright the screens are; night is dim and red, so that eyes stay used to the dark.
public enum Appearance: String, CaseIterable, Hashable, Sendable {
    /// As the system is.
    case system
    /// For the day.
    case light
    /// For the evening.
    case dark
    /// For the night.
    case night
}

/// Appearance and language; kept on the device.
public struct LooksState: Hashable, Sendable {
    /// How bright.
    public var appearance: Appearance = .system
    /// Nothing for the system's.
    public var language: String?
}

/// Holds and keeps how the application looks.
@MainActor @Observable public final class Looks {
    /// As it looks now.
    public private(set) var state: LooksState
    /// The texts of the language.
    public private(set) var strings: Strings

    @ObservationIgnored let live: Live<LooksState>
    @ObservationIgnored let texts: Live<Strings>
    private let surroundings: any Surroundings

    /// Reads what was kept.
    public init(_ surroundings: any Surroundings) {
        self.surroundings = surroundings
        let settings = surroundings.loadSettings()
        let state = LooksState(
            appearance: settings["appearance"].flatMap(Appearance.init) ?? .system,
            language: settings["language"].flatMap { Strings.languages.contains($0) ? $0 : nil }
        )
        let strings = Strings(state.language ?? surroundings.language)
        self.state = state
        self.strings = strings
        live = Live(state)
        texts = Live(strings)
    }

    /// Chooses how bright it is.
    public func appearance(_ appearance: Appearance) {
        var state = state
        state.appearance = appearance
        change(state)
    }

    /// Chooses the language; nothing for the system's.
    public func language(_ language: String?) {
        var state = state
        state.language = language
        change(state)
    }

    private func change(_ state: LooksState) {
        self.state = state
        strings = Strings(state.language ?? surroundings.language)
        surroundings.saveSettings(["appearance": state.appearance.rawValue, "language": state.language ?? ""])
        live.value = state
        texts.value = strings
    }
}

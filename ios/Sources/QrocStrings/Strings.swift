internal import Foundation

/// The words of the screens in one language. There is one source for all platforms, Android's `strings.xml`; what is
/// in `Generated` is made from it.
public struct Strings: Sendable, Hashable {
    /// BCP 47.
    public let language: String
    private let texts: Texts

    /// Chooses a language; where it is not known, English.
    public init(_ language: String) {
        let known = Self.languages.contains(language) ? language : "en"
        self.language = known
        texts = Catalogue.shared.texts[known] ?? Texts(forms: [:])
    }

    /// What there is, by its BCP 47 name.
    public static let languages = ["de", "el", "en", "fr"]

    /// The keys of all texts.
    public static var keys: Set<String> { Set(Catalogue.shared.texts["en"]?.forms.keys ?? [:].keys) }

    /// The text of an error, by the key that the core gives it.
    public func error(_ key: String) -> String? {
        key.hasPrefix("error_") && texts.forms[key] != nil ? text(key) : nil
    }

    /// What a sign of a verification is called, by the key that the core gives it.
    public func emoji(_ key: String) -> String? {
        key.hasPrefix("emoji_") && texts.forms[key] != nil ? text(key) : nil
    }

    /// What the core calls the keys of the policy, and their values, in this language.
    public var policyWords: [String: String] { Catalogue.shared.policy[language] ?? [:] }

    /// Two are the same where their language is.
    public static func == (one: Strings, other: Strings) -> Bool { one.language == other.language }

    /// By its language.
    public func hash(into hasher: inout Hasher) { hasher.combine(language) }

    func text(_ key: String, _ arguments: [String] = [], counting count: Int? = nil) -> String {
        guard let forms = texts.forms[key] else { return key }
        return filled(forms.chosen(count, language), arguments)
    }

    /// Puts the arguments where they belong; what is in them is not looked at again.
    private func filled(_ form: String, _ arguments: [String]) -> String {
        guard !arguments.isEmpty, form.contains("%") else { return form }
        var out = ""
        var rest = form[...]
        while let percent = rest.firstIndex(of: "%") {
            out += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            guard let number = rest.first?.wholeNumberValue, arguments.indices.contains(number - 1),
                let placeholder = ["$@", "$lld"].first(where: { rest.dropFirst().hasPrefix($0) })
            else {
                out += "%"
                continue
            }
            out += arguments[number - 1]
            rest = rest.dropFirst(1 + placeholder.count)
        }
        return out + rest
    }
}

/// The texts of one language, by key.
struct Texts: Sendable {
    let forms: [String: Forms]
}

/// One text, or one for one and one for more.
enum Forms: Sendable {
    case one(String)
    case counted(one: String, other: String)

    func chosen(_ count: Int?, _ language: String) -> String {
        switch self {
        case .one(let text): text
        case .counted(let one, let other):
            // French counts none as one, the others do not.
            count == 1 || (language == "fr" && count == 0) ? one : other
        }
    }
}

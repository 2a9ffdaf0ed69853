internal import Foundation

/// Everything that was generated, read once.
struct Catalogue: Sendable {
    static let shared = Catalogue()

    let texts: [String: Texts]
    let policy: [String: [String: String]]

    private init() {
        let folder = Bundle.module.url(forResource: "Catalogue", withExtension: nil)
        let file = folder?.appendingPathComponent("Localizable.xcstrings")
        let data = file.flatMap { try? Data(contentsOf: $0) } ?? Data()
        let read = try? JSONDecoder().decode(StringCatalog.self, from: data)
        var texts: [String: [String: Forms]] = [:]
        for (key, entry) in read?.strings ?? [:] {
            for (language, localization) in entry.localizations {
                texts[language, default: [:]][key] = localization.forms
            }
        }
        self.texts = texts.mapValues(Texts.init)
        policy = Dictionary(
            uniqueKeysWithValues: Strings.languages.map { language in
                let url = folder?.appendingPathComponent("policy-\(language).txt")
                let words = url.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
                return (language, Self.lines(words))
            }
        )
    }

    /// Lines of `key = words`; what begins with a number sign is a remark.
    private static func lines(_ text: String) -> [String: String] {
        var out: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let sign = line.range(of: " = ") else { continue }
            out[String(line[..<sign.lowerBound])] = String(line[sign.upperBound...])
        }
        return out
    }
}

/// A string catalogue as Xcode keeps it, as far as it is used.
private struct StringCatalog: Decodable {
    let strings: [String: Entry]

    struct Entry: Decodable {
        let localizations: [String: Localization]
    }

    struct Localization: Decodable {
        let stringUnit: Unit?
        let variations: Variations?

        var forms: Forms? {
            if let plural = variations?.plural, let one = plural["one"], let other = plural["other"] {
                return .counted(one: one.stringUnit.value, other: other.stringUnit.value)
            }
            return stringUnit.map { .one($0.value) }
        }
    }

    struct Variations: Decodable {
        let plural: [String: Form]
    }

    struct Form: Decodable {
        let stringUnit: Unit
    }

    struct Unit: Decodable {
        let value: String
    }
}

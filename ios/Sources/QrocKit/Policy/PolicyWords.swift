public import Qroc
public import QrocStrings

/// The words of the policy's keys, from the core's own list: one place for all programs.
public struct PolicyWords {
    private let lines: [String: String]
    private let strings: Strings

    /// In a language.
    public init(_ strings: Strings) {
        self.strings = strings
        lines = strings.policyWords
    }

    /// What a key is called.
    public func title(_ key: String) -> String { parts(key).title ?? key }

    /// What a key does.
    public func description(_ key: String) -> String { parts(key).description }

    /// What the rules with this beginning are about.
    public func category(_ name: String) -> String { lines["category \(name)"] ?? name }

    private func parts(_ key: String) -> (title: String?, description: String) {
        guard let line = lines[key] else { return (nil, "") }
        guard let bar = line.range(of: " | ") else { return (line, "") }
        return (String(line[..<bar.lowerBound]), String(line[bar.upperBound...]))
    }

    /// A value for people.
    public func value(_ value: PolicyValue?) -> String {
        switch value {
        case nil: strings.policyUnset
        case .flag(let flag): flag ? strings.policyYes : strings.policyNo
        case .number(let number): String(number)
        case .text(let text): lines["choice \(text)"] ?? text
        case .items(let items):
            items.isEmpty
                ? strings.policyNone : items.map { lines["choice \($0)"] ?? $0 }.joined(separator: ", ")
        }
    }

    /// Who says so.
    public func source(_ word: String) -> String {
        let words = word.split(separator: "+").map { part in
            switch part.prefix(while: { $0 != ":" }) {
            case "mdm": strings.policyByDevice
            case "bundle": strings.policyByBundle
            case "user": strings.policyByYou
            default: strings.policyByDefault
            }
        }
        return words.joined(separator: ", ")
    }

    /// Rules that somebody has set, under the names of what they are about; what holds by default is nobody's rule.
    func groups(_ policy: [PolicyLine]) -> [RuleGroup] {
        var order: [String] = []
        var byCategory: [String: [Rule]] = [:]
        for line in policy where line.state != .builtIn {
            let category = String(line.key.prefix { $0 != "." })
            if byCategory[category] == nil { order.append(category) }
            let rule = Rule(
                key: line.key,
                title: title(line.key),
                description: description(line.key),
                value: value(line.value),
                source: source(line.source),
                problem: line.reason
            )
            byCategory[category, default: []].append(rule)
        }
        return order.map { RuleGroup(title: category($0), rules: byCategory[$0] ?? []) }
    }
}

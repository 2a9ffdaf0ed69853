/// What the organisation manages.
public struct PolicyState: Hashable, Sendable {
    /// Nothing while they are read.
    public var groups: [RuleGroup]?

    /// Describes rules that are being read.
    public init() {}
}

/// Rules about one thing.
public struct RuleGroup: Hashable, Identifiable, Sendable {
    /// What they are about.
    public var title: String
    /// In the order of the core's list.
    public var rules: [Rule]

    /// The title.
    public var id: String { title }

    /// Describes rules about one thing.
    public init(title: String, rules: [Rule]) {
        self.title = title
        self.rules = rules
    }
}

/// A rule in words.
public struct Rule: Hashable, Identifiable, Sendable {
    /// Its key, dotted.
    public var key: String
    /// What it is called.
    public var title: String
    /// What it does.
    public var description: String
    /// What was set.
    public var value: String
    /// Who says so, in words.
    public var source: String
    /// Why it does not hold.
    public var problem: String?

    /// The key and who says so.
    public var id: String { "\(key) \(source)" }

    /// Describes a rule.
    public init(
        key: String, title: String, description: String, value: String, source: String, problem: String? = nil
    ) {
        self.key = key
        self.title = title
        self.description = description
        self.value = value
        self.source = source
        self.problem = problem
    }
}

/// What an officer does there.
public enum PolicyEvent: Hashable, Sendable {
    /// Goes back.
    case back
}

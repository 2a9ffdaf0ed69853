internal import QrocCore

/// The value of a key of the policy.
public enum PolicyValue: Hashable, Sendable {
    /// True or false.
    case flag(Bool)
    /// A number.
    case number(UInt64)
    /// A text, or one of the key's words.
    case text(String)
    /// A list. Everything is the text `all`.
    case items([String])
}

/// What the device's management says: managed configuration, as the platform found it.
public struct ManagedConfig: Hashable, Sendable {
    /// All that it says, by key; `nil`: it says nothing any more.
    public var values: [String: PolicyValue]?
    /// Which administrator, where there can be several.
    public var administrator: String

    /// Describes what it says.
    public init(values: [String: PolicyValue]?, administrator: String = "") {
        self.values = values
        self.administrator = administrator
    }
}

/// What became of what sources said about a key.
public enum PolicyState: Hashable, Sendable {
    /// Nobody said anything.
    case builtIn
    /// It holds.
    case applied
    /// Another source is stricter, or the key is not known here.
    case ignored
    /// It cannot be read.
    case faulty
}

/// What holds for a key.
public struct PolicyLine: Identifiable, Hashable, Sendable {
    /// Its name, dotted.
    public let key: String
    /// Its value; without one it is unset.
    public let value: PolicyValue?
    /// Who says so: `default`, `user`, `mdm`, `bundle`, or several with a `+`.
    public let source: String
    /// Whether the user cannot change it.
    public let locked: Bool
    /// What became of what was said.
    public let state: PolicyState
    /// Why it is not applied; in English, for an administrator.
    public let reason: String?

    /// The key and who says so.
    public var id: String { "\(key) \(source)" }
}

/// A key that has changed.
public struct PolicyChange: Hashable, Sendable {
    /// Its name, dotted.
    public let key: String
    /// What it was.
    public let before: PolicyValue?
    /// What it is.
    public let value: PolicyValue?
    /// Who says so.
    public let source: String
}

/// What a screen is about to offer or to do.
public enum PolicyAction: Hashable, Sendable {
    /// Send a file of this MIME type and length.
    case sendFile(mime: String, bytes: UInt64)
    /// Send a voice message that lasts so many seconds.
    case sendVoice(seconds: UInt64)
    /// Put a received file where other programs find it.
    case save
    /// Open a received file with another program.
    case openExternal
    /// Write messages out of the database.
    case export
    /// Print.
    case print
    /// Show contents while the system may take pictures of the screen.
    case screenshot
    /// Copy a text.
    case copy(inside: Bool)
    /// Send a received message on; foreign where somebody there is of another network.
    case forward(foreign: Bool)
    /// Send one position.
    case sendPosition
    /// Share positions for so many minutes; without them, without an end.
    case sharePosition(minutes: UInt64?)
    /// Make a room.
    case createRoom
    /// Make a room in which few send to many.
    case createBroadcast
    /// Call, with pictures, with more than two.
    case call(video: Bool, group: Bool)
    /// Tell others what was read.
    case sendReceipt
    /// Tell others that one writes.
    case sendTyping
    /// Send the log to somebody.
    case exportLog
}

/// Whether something may be done, and who says so.
public struct PolicyDecision: Hashable, Sendable {
    /// The answer.
    public let allowed: Bool
    /// The key that decided.
    public let key: String
    /// Who set it.
    public let source: String
    /// Its value.
    public let value: PolicyValue?
    /// What would be allowed instead; in English, for an administrator.
    public let needed: String?
}

extension Client {
    /// What holds for each key of the policy, and who says so; works while contents are hidden. A read.
    ///
    /// - Throws: `closed`.
    public func policy() async throws(QrocError) -> [PolicyLine] {
        try await translated { [core] in try await core.policy().map(PolicyLine.init) }
    }

    /// Says whether something is allowed now, and which key says so: for a button that explains why it is not there.
    /// What is done is asked again by the core itself. From memory.
    ///
    /// - Throws: `closed`.
    public func explain(_ action: PolicyAction) throws(QrocError) -> PolicyDecision {
        try translated { PolicyDecision(try core.explain(action: action.core)) }
    }

    /// Changes of the policy, whoever made them: all keys that changed at once. An empty batch says that more changed
    /// than could be kept: read the whole policy. Each use is one of its own.
    ///
    /// - Throws: `closed`.
    public func policyChanges() throws(QrocError) -> Updates<[PolicyChange]> {
        let changes: QrocCore.PolicyChanges = try translated { try core.policyChanges() }
        return Updates(reader: Reader(Turns {}) { try await changes.next()?.map(PolicyChange.init) })
    }

    /// Takes what the device's management says now; it holds when this returns. To be called when the platform says that
    /// its managed configuration has changed; what it says at the start is given to ``initialize(_:)``. A change.
    ///
    /// - Returns: What has changed.
    /// - Throws: `closed`, `storage`: then what held goes on to hold.
    @discardableResult
    public func takeManaged(_ config: ManagedConfig) async throws(QrocError) -> [PolicyChange] {
        try await translated { [core] in
            try await core.takeManaged(config: config.core).map(PolicyChange.init)
        }
    }
}

extension PolicyValue {
    init(_ core: QrocCore.PolicyValue) {
        switch core {
        case .flag(let flag): self = .flag(flag)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .items(let items): self = .items(items)
        }
    }

    var core: QrocCore.PolicyValue {
        switch self {
        case .flag(let flag): .flag(flag: flag)
        case .number(let number): .number(number: number)
        case .text(let text): .text(text: text)
        case .items(let items): .items(items: items)
        }
    }
}

extension ManagedConfig {
    var core: QrocCore.ManagedConfig {
        .init(
            administrator: administrator,
            values: values?.map { key, value in QrocCore.ManagedValue(key: key, value: value.core) }
        )
    }
}

extension PolicyState {
    init(_ core: QrocCore.PolicyState) {
        switch core {
        case .builtIn: self = .builtIn
        case .applied: self = .applied
        case .ignored: self = .ignored
        case .faulty: self = .faulty
        }
    }
}

extension PolicyLine {
    init(_ core: QrocCore.PolicyLine) {
        key = core.key
        value = core.value.map(PolicyValue.init)
        source = core.source
        locked = core.locked
        state = PolicyState(core.state)
        reason = core.reason
    }
}

extension PolicyChange {
    init(_ core: QrocCore.PolicyChange) {
        key = core.key
        before = core.before.map(PolicyValue.init)
        value = core.value.map(PolicyValue.init)
        source = core.source
    }
}

extension PolicyDecision {
    init(_ core: QrocCore.PolicyDecision) {
        allowed = core.allowed
        key = core.key
        source = core.source
        value = core.value.map(PolicyValue.init)
        needed = core.needed
    }
}

extension PolicyAction {
    var core: QrocCore.PolicyAction {
        switch self {
        case .sendFile(let mime, let bytes): .sendFile(mime: mime, bytes: bytes)
        case .sendVoice(let seconds): .sendVoice(seconds: seconds)
        case .save: .save
        case .openExternal: .openExternal
        case .export: .export
        case .print: .print
        case .screenshot: .screenshot
        case .copy(let inside): .copy(inside: inside)
        case .forward(let foreign): .forward(foreign: foreign)
        case .sendPosition: .sendPosition
        case .sharePosition(let minutes): .sharePosition(minutes: minutes)
        case .createRoom: .createRoom
        case .createBroadcast: .createBroadcast
        case .call(let video, let group): .call(video: video, group: group)
        case .sendReceipt: .sendReceipt
        case .sendTyping: .sendTyping
        case .exportLog: .exportLog
        }
    }
}

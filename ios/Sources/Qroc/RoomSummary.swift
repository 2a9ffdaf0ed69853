public import Foundation
internal import QrocCore

/// What a room is for.
public enum RoomKind: Hashable, Sendable {
    /// People talk.
    case group
    /// Two people talk.
    case direct
    /// Few write, many read.
    case broadcast
    /// An incident.
    case incident
    /// Positions of another room; never in a list.
    case track
}

/// A user's standing in a room.
public enum Membership: Hashable, Sendable {
    /// Gone, or never there.
    case leave
    /// Invited.
    case invite
    /// A member.
    case join
    /// Asked to join.
    case knock
    /// Not allowed back.
    case ban
}

/// A room as the list shows it.
public struct RoomSummary: Identifiable, Hashable, Sendable {
    /// Matrix id.
    public let roomId: String
    /// As shown.
    public let name: String
    /// What it is for.
    public let kind: RoomKind
    /// This account's standing.
    public let membership: Membership
    /// Whether what is sent there is encrypted.
    public let encrypted: Bool
    /// Messages that ask for attention behind the read marker.
    public let unread: Int
    /// Whether there may be more of them.
    public let unreadAtLeast: Bool
    /// Those of them that ask loudly.
    public let highlights: Int
    /// Joined members.
    public let members: Int
    /// Time of the newest message.
    public let lastTime: Date?
    /// User id of its sender.
    public let lastSender: String?
    /// Its text.
    public let lastBody: String?
    /// Topic, or nothing.
    public let topic: String
    /// Canonical alias, or nothing.
    public let alias: String
    /// Whether it is wanted at hand.
    public let favourite: Bool
    /// Whether it is of low priority.
    public let lowPriority: Bool
    /// What of it asks for attention.
    public let loudness: Loudness
    /// A text for it that is not sent.
    public let draft: String?

    /// The Matrix id.
    public var id: String { roomId }
}

/// A member of a room.
public struct RoomMember: Identifiable, Hashable, Sendable {
    /// Matrix id.
    public let userId: String
    /// Joined or invited.
    public let membership: Membership
    /// Power level; 100 is an administrator.
    public let power: Int64
    /// Display name.
    public let displayName: String?
    /// What is believed of their identity.
    public let trust: UserTrust
    /// The next page begins behind it.
    public let cursor: String

    /// The Matrix id.
    public var id: String { userId }
}

extension RoomKind {
    init(_ core: QrocCore.RoomKind) {
        switch core {
        case .group: self = .group
        case .direct: self = .direct
        case .broadcast: self = .broadcast
        case .incident: self = .incident
        case .track: self = .track
        }
    }

    var core: QrocCore.RoomKind {
        switch self {
        case .group: .group
        case .direct: .direct
        case .broadcast: .broadcast
        case .incident: .incident
        case .track: .track
        }
    }
}

extension Membership {
    init(_ core: QrocCore.Membership) {
        switch core {
        case .leave: self = .leave
        case .invite: self = .invite
        case .join: self = .join
        case .knock: self = .knock
        case .ban: self = .ban
        }
    }
}

extension RoomSummary {
    init(_ core: QrocCore.RoomSummary) {
        roomId = core.roomId
        name = core.name
        kind = RoomKind(core.kind)
        membership = Membership(core.membership)
        encrypted = core.encrypted
        unread = Int(core.unread)
        unreadAtLeast = core.unreadAtLeast
        highlights = Int(core.highlights)
        members = Int(core.members)
        lastTime = core.lastTime
        lastSender = core.lastSender
        lastBody = core.lastBody
        topic = core.topic
        alias = core.alias
        favourite = core.favourite
        lowPriority = core.lowPriority
        loudness = Loudness(core.loudness)
        draft = core.draft
    }
}

extension RoomMember {
    init(_ core: QrocCore.RoomMember) {
        userId = core.userId
        membership = Membership(core.membership)
        power = core.power
        displayName = core.displayName
        trust = UserTrust(core.trust)
        cursor = core.cursor
    }
}

internal import QrocCore

/// What happened to a room. The ``TimelineItem`` says by whom and when.
public enum RoomChange: Hashable, Sendable {
    /// It was made.
    case created
    /// It is encrypted from now on.
    case encrypted
    /// It has another name; `nil` where it has none any more.
    case named(String?)
    /// It has another topic; `nil` where it has none any more.
    case topic(String?)
    /// It has another picture, or none any more.
    case picture
    /// It was closed, and another one takes its place; the reason is what is said of it.
    case closed(reason: String?)
    /// Somebody came, went, or is to come: what became of whom, what they are called in the room where the event says
    /// so, and why. The user id is the sender's where they did it themselves.
    case member(MemberChange, userId: String, userName: String?, reason: String?)
}

/// What became of somebody in a room.
public enum MemberChange: Hashable, Sendable {
    /// They ask to be let in.
    case asked
    /// They are invited.
    case invited
    /// They came in.
    case joined
    /// They left, or said no to an invitation.
    case left
    /// Somebody sent them away, or took their invitation back.
    case removed
    /// They were sent away and may not come back.
    case banned
}

extension RoomChange {
    init(_ core: QrocCore.RoomChange) {
        switch core {
        case .created: self = .created
        case .encrypted: self = .encrypted
        case .named(let name): self = .named(name)
        case .topic(let topic): self = .topic(topic)
        case .picture: self = .picture
        case .closed(let reason): self = .closed(reason: reason)
        case .member(let change, let userId, let userName, let reason):
            self = .member(MemberChange(change), userId: userId, userName: userName, reason: reason)
        }
    }
}

extension MemberChange {
    init(_ core: QrocCore.MemberChange) {
        switch core {
        case .asked: self = .asked
        case .invited: self = .invited
        case .joined: self = .joined
        case .left: self = .left
        case .removed: self = .removed
        case .banned: self = .banned
        }
    }
}

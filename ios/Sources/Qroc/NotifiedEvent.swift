public import Foundation

/// How loud a message is, by the account's push rules.
public enum Attention: Hashable, Sendable {
    /// It is not to be shown.
    case nothing
    /// It is to be shown.
    case unread
    /// It names this user, or asks loudly.
    case highlight
}

/// One event for a notification. How much of it may be shown says policy (`push.preview`).
public struct NotifiedEvent: Hashable, Sendable {
    /// Matrix id of the room.
    public var roomId: String
    /// As shown; empty where the room is not known yet.
    public var roomName: String
    /// Matrix id of the event.
    public var eventId: String
    /// User id of who sent it.
    public var sender: String
    /// What they are called in the room.
    public var senderName: String?
    /// When the server took it.
    public var time: Date
    /// Text, or the name of what is attached; `nil` where it cannot be read or has none.
    public var body: String?
    /// How loud it is.
    public var attention: Attention
    /// Why it cannot be read; `nil` where it can.
    public var unreadable: Unreadable?

    /// Describes an event.
    public init(
        roomId: String, roomName: String, eventId: String, sender: String, senderName: String? = nil, time: Date,
        body: String? = nil, attention: Attention = .unread, unreadable: Unreadable? = nil
    ) {
        self.roomId = roomId
        self.roomName = roomName
        self.eventId = eventId
        self.sender = sender
        self.senderName = senderName
        self.time = time
        self.body = body
        self.attention = attention
        self.unreadable = unreadable
    }
}

public import Foundation
public import Qroc

/// What the list of rooms shows.
public struct RoomsState: Hashable, Sendable {
    /// Newest first; nothing while they are read.
    public var rooms: [RoomRow]?
    /// Which of them.
    public var filter: RoomFilter = .all
    /// The room that is open beside the list.
    public var selectedId: String?
    /// How the application stands with its server.
    public var connection = ConnectionState()
    /// Why the list could not be read.
    public var error: String?
    /// An invitation that is being answered.
    public var answering: String?

    /// Describes a list that is being read.
    public init() {}

    /// Those that the filter lets through.
    public var shown: [RoomRow] { shown(filter) }

    /// How many a filter lets through.
    public func count(_ filter: RoomFilter) -> Int { shown(filter).count }

    private func shown(_ filter: RoomFilter) -> [RoomRow] {
        (rooms ?? []).filter { room in
            switch filter {
            case .all: true
            case .unread: room.unread > 0 || room.failed > 0
            case .invitations: room.invitation
            }
        }
    }
}

/// Which rooms are shown.
public enum RoomFilter: CaseIterable, Hashable, Sendable {
    /// Every room.
    case all
    /// Those with something to read, or with something that was not sent.
    case unread
    /// Those that wait for an answer.
    case invitations
}

/// One room, as a row.
public struct RoomRow: Identifiable, Hashable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String
    /// What it is for.
    public var kind: RoomKind = .group
    /// Whether it waits for an answer.
    public var invitation = false
    /// Whether what is sent there is encrypted.
    public var encrypted = true
    /// Messages behind the read marker.
    public var unread = 0
    /// Whether there may be more unread than is known.
    public var atLeast = false
    /// Who said something last.
    public var lastSender: String?
    /// What.
    public var lastText: String?
    /// When.
    public var lastTime: Date?
    /// What was typed and not sent.
    public var draft: String?
    /// What waits to be sent.
    public var sending = 0
    /// What was refused.
    public var failed = 0

    /// Describes a room of which only the name is known.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// What an officer does there.
public enum RoomsEvent: Hashable, Sendable {
    /// Goes into a room.
    case open(String)
    /// Chooses which are shown.
    case filter(RoomFilter)
    /// Accepts an invitation.
    case accept(String)
    /// Declines it.
    case decline(String)
    /// Makes a room.
    case new
    /// Looks for something.
    case search
    /// Looks at what waits.
    case queue
    /// Goes to the settings.
    case settings
    /// Reads again.
    case retry
    /// The end of the list is near.
    case more
}

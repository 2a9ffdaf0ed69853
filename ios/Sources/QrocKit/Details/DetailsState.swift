/// What the screen about one room shows.
public struct DetailsState: Hashable, Sendable {
    /// Matrix id.
    public var roomId: String
    /// As shown.
    public var name: String
    /// What it is about.
    public var topic = ""
    /// Whether what is sent there is encrypted.
    public var encrypted = true
    /// Nothing while they are read.
    public var members: [MemberRow]?
    /// The name that is being typed.
    public var person = ""
    /// Whether it is none.
    public var personProblem = false
    /// Whether something is being done.
    public var working = false
    /// What could not be done.
    public var error: String?
    /// What was done.
    public var done: String?
    /// Whether leaving is asked about.
    public var leaving = false
    /// Whose removal is asked about.
    public var removing: MemberRow?
    /// Whose changed keys are about to be taken as they are.
    public var taking: MemberRow?

    /// Describes a room that is being read.
    public init(roomId: String, name: String) {
        self.roomId = roomId
        self.name = name
    }
}

/// Somebody in a room.
public struct MemberRow: Hashable, Identifiable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String
    /// Whether it is this officer.
    public var own = false
    /// Whether they have not come yet.
    public var invited = false
    /// Whether they lead the room.
    public var leads = false
    /// Whether this officer may remove them.
    public var removable = false
    /// What is believed of them; nothing of oneself.
    public var trust: Trust?

    /// Describes somebody.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// What an officer does there.
public enum DetailsEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Reads again.
    case reload
    /// Types a name.
    case person(String)
    /// Invites.
    case invite
    /// Wants to leave: asked once more.
    case askLeave
    /// Leaves.
    case leave
    /// Wants to remove somebody: asked once more.
    case askRemove(MemberRow)
    /// Removes them.
    case remove(MemberRow)
    /// Nothing of it.
    case stay
    /// Compares signs with somebody.
    case compare(MemberRow)
    /// Wants to take somebody's keys as they are: asked once more.
    case askTake(MemberRow)
    /// Takes them.
    case take(MemberRow)
}

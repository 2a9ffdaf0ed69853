/// What the timeline of a room shows. What the bar below shows is ``ComposerState``.
public struct TimelineState: Hashable, Sendable {
    /// Matrix id.
    public var roomId: String
    /// As shown.
    public var roomName: String
    /// Joined members; 0 while not known.
    public var members = 0
    /// Whether what is sent there is encrypted.
    public var encrypted = true
    /// Oldest first; nothing while they are read.
    public var entries: [Entry]?
    /// Whether older ones are being fetched.
    public var loadingOlder = false
    /// Why older ones could not be fetched.
    public var olderError: String?
    /// The message to show first: one that was searched for.
    public var target: String?
    /// Whether the oldest entry is the room's first.
    public var atStart = false
    /// Who is writing.
    public var typing: [String] = []
    /// How the application stands with its server.
    public var connection = ConnectionState()
    /// What could not be done.
    public var error: String?
    /// A thread, while only that is shown.
    public var thread: String?
    /// The message whose details and actions are open.
    public var opened: Message?
    /// The message whose removal is asked about.
    public var removing: Message?
    /// The picture that fills the screen.
    public var viewing: Message?
    /// Something that was done, in one line, such as where a file was saved.
    public var done: String?
    /// What can be done with one press; nothing where this device has no receiver of positions.
    public var quick: Quick?
    /// What is believed of the other one; nothing where there are more.
    public var trust: Trust?
    /// Somebody here whose keys are others than before.
    public var changed: Person?
    /// Whether their keys are about to be taken as they are.
    public var taking = false

    /// Describes a timeline that is being read.
    public init(roomId: String, roomName: String) {
        self.roomId = roomId
        self.roomName = roomName
    }
}

/// Somebody, and what they are called.
public struct Person: Hashable, Identifiable, Sendable {
    /// Matrix id.
    public var id: String
    /// As shown.
    public var name: String

    /// Describes somebody.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// What an officer does there.
public enum TimelineEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Looks who is there.
    case details
    /// Looks at what waits.
    case queue
    /// Looks where everybody is, or where this place is.
    case map(Place?)
    /// Wants older messages.
    case older
    /// Reads again.
    case reload
    /// The message that was searched for is on the screen.
    case targetShown
    /// Leaves the thread.
    case closeThread
    /// Has read what was done.
    case dismissDone
    /// Has read what could not be done.
    case dismissError
    /// Closes a message's details.
    case closeSheet
    /// Closes the picture.
    case closeViewer
    /// Does not remove it.
    case keepMessage
    /// The newest message is on the screen.
    case seenNewest
    /// A picture came onto the screen.
    case appeared(String)
    /// Looks at a message's details.
    case open(Message)
    /// Looks at a picture.
    case view(Message)
    /// Looks at a thread alone.
    case openThread(String)
    /// Reacts.
    case react(Message, String)
    /// Begins an answer.
    case reply(Message)
    /// Begins a change.
    case edit(Message)
    /// Copies a text.
    case copy(String)
    /// Wants to remove it: asked once more.
    case askRemove(Message)
    /// Removes it.
    case remove(Message)
    /// Saves its file.
    case save(Message)
    /// Tries again to send it.
    case retry(Message)
    /// Does not send it.
    case cancel(Message)
    /// Sends where this officer is.
    case quickPosition
    /// Asks for help.
    case quickHelp
    /// Says that help is not needed any more.
    case safe
    /// Compares signs with who has other keys.
    case compare
    /// Wants to take the other keys as they are: asked once more.
    case askTake
    /// Takes them.
    case take
    /// Does not.
    case keepUnknown
    /// Does something in the bar below.
    case compose(ComposerEvent)
}

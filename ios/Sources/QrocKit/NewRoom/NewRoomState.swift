/// What the screen for a new room shows.
public struct NewRoomState: Hashable, Sendable {
    /// As typed.
    public var name = ""
    /// Whether it is between two people.
    public var direct = false
    /// The name that is being typed.
    public var person = ""
    /// Who is invited: user ids.
    public var people: [String] = []
    /// Whether what was typed is no name.
    public var personProblem = false
    /// Whether it is being made.
    public var working = false
    /// Why it was not.
    public var error: String?

    /// Describes a room of which nothing is known.
    public init() {}

    /// Whether there is enough to make it.
    public var complete: Bool { direct ? people.count == 1 : !name.isBlank }
}

/// What an officer does there.
public enum NewRoomEvent: Hashable, Sendable {
    /// Types its name.
    case name(String)
    /// Chooses between one person and several.
    case direct(Bool)
    /// Types who is to come.
    case person(String)
    /// Puts them on the list.
    case addPerson
    /// Takes somebody off it.
    case removePerson(String)
    /// Makes it.
    case create
    /// Goes back.
    case back
}

/// What the screen about the recovery key shows.
public struct RecoveryState: Hashable, Sendable {
    /// Nothing while it is read.
    public var standing: Standing?
    /// What is being done.
    public var step: RecoveryStep = .overview
    /// What is typed to restore.
    public var typed = ""
    /// What is wrong with it.
    public var typedProblem: String?
    /// Whether it is asked if the key that there is may become worthless.
    public var asksReplace = false
    /// Whether something is being done.
    public var working = false
    /// What could not be done.
    public var error: String?
    /// What was done.
    public var done: RecoveryDone?

    /// Describes a screen that is being read.
    public init() {}
}

/// How recovery key and backup stand.
public struct Standing: Hashable, Sendable {
    /// The recovery key.
    public var key: KeyStanding
    /// The backup.
    public var backup: BackupStanding
    /// Keys on this device.
    public var keys = 0
    /// Those that are not in the backup yet.
    public var waiting = 0
    /// Whether this device is verified.
    public var verified = true
    /// Whether the organisation wants a backup.
    public var required = false

    /// Describes how they stand.
    public init(key: KeyStanding, backup: BackupStanding) {
        self.key = key
        self.backup = backup
    }

    /// Whether there is something for this device to get back.
    public var restorable: Bool { backup == .locked || (!verified && key == .on) }
}

/// Whether there is a recovery key.
public enum KeyStanding: Hashable, Sendable {
    /// There is none.
    case none
    /// One was made that nobody has written down.
    case unshown
    /// There is one.
    case on
}

/// How the backup stands.
public enum BackupStanding: Hashable, Sendable {
    /// There is none.
    case off
    /// This device cannot open it yet.
    case locked
    /// Keys come back.
    case restoring
    /// Keys wait to be put there.
    case pending
    /// Everything is in it.
    case on
}

/// What was done.
public enum RecoveryDone: Hashable, Sendable {
    /// A key was made.
    case made
    /// This device is verified, and gets back what was.
    case restored
    /// It gets back what was, and is not verified.
    case restoredUnverified
}

/// What is being done about the recovery key.
public enum RecoveryStep: Hashable, Sendable {
    /// Nothing.
    case overview
    /// The new key, in groups of four, to be written down.
    case show([String])
    /// Its last group is typed from the paper.
    case check(typed: String, wrong: Bool)
}

/// What an officer does there.
public enum RecoveryEvent: Hashable, Sendable {
    /// Goes back.
    case back
    /// Wants a key: asked once more where there is one.
    case create
    /// Wants another one, although the old one is worthless then.
    case replace
    /// Keeps the old one.
    case keepOld
    /// Has written it down.
    case written
    /// Wants to see it again.
    case showAgain
    /// Types the last group.
    case lastGroup(String)
    /// Has typed it.
    case confirm
    /// Types what was written down.
    case typed(String)
    /// Restores with it.
    case restore
    /// Compares with another device instead.
    case compare
}

/// A verification that is under way, over whatever screen is there.
public struct VerifyState: Hashable, Sendable {
    /// What a person or an own device is called.
    public var name: String
    /// Whether it is somebody else, and no own device.
    public var isPerson: Bool
    /// How far it is.
    public var step: VerifyStep = .waiting
    /// Whether something is being done.
    public var working = false
    /// Why it cannot go on.
    public var error: String?

    /// Describes one that was begun here.
    public init(name: String, isPerson: Bool) {
        self.name = name
        self.isPerson = isPerson
    }

    /// Whether nothing is left to be done but to read how it ended.
    public var isOver: Bool {
        switch step {
        case .done, .ended: true
        case .waiting, .asked, .starting, .compare, .code, .scanned, .confirmed: false
        }
    }
}

/// How far a verification is.
public enum VerifyStep: Hashable, Sendable {
    /// The other side has not answered.
    case waiting
    /// The other side asks.
    case asked
    /// The signs are being prepared.
    case starting
    /// Both sides look: seven signs, or three numbers where the other program has no signs.
    case compare(signs: [Sign], numbers: [Int])
    /// One side scans the code of the other; nothing is shown where the other side cannot scan.
    case code(shown: Modules?)
    /// The other side says that it has scanned our code.
    case scanned
    /// The other side has not confirmed.
    case confirmed
    /// Both have.
    case done
    /// Nothing was verified.
    case ended(VerifyEnding)
}

/// A code as it is drawn: rows of modules from the top, of which the dark ones are true.
public struct Modules: Hashable, Sendable {
    /// As many rows as there are modules in each.
    public var rows: [[Bool]]

    /// Describes a code.
    public init(rows: [[Bool]]) {
        self.rows = rows
    }
}

/// One of the seven signs, with its word.
public struct Sign: Hashable, Sendable {
    /// The sign.
    public var symbol: String
    /// What it is called.
    public var word: String

    /// Describes a sign.
    public init(symbol: String, word: String) {
        self.symbol = symbol
        self.word = word
    }
}

/// Why a verification came to nothing.
public enum VerifyEnding: CaseIterable, Hashable, Sendable {
    /// It was ended here.
    case here
    /// It was ended there.
    case there
    /// Nobody went on in time.
    case timedOut
    /// The signs differ.
    case mismatch
    /// The keys are not those that were compared.
    case keyMismatch
    /// Another own device took it up.
    case elsewhere
    /// The programs do not understand each other.
    case protocolFault
}

/// What an officer does there.
public enum VerifyEvent: Hashable, Sendable {
    /// Takes up what the other side asks for.
    case begin
    /// Sees the same signs.
    case same
    /// Sees others.
    case differ
    /// A picture of the other's code is to be chosen.
    case scan
    /// Neither code can be scanned.
    case bySigns
    /// Not now, not any more, or has read how it ended.
    case close
}

/// What is believed of somebody.
public enum Trust: Hashable, Sendable {
    /// The keys were compared.
    case verified
    /// They were not.
    case unverified
    /// They are others than before.
    case changed
}

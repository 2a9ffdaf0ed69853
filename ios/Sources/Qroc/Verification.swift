internal import QrocCore

/// What is believed of a person.
public enum UserTrust: Hashable, Sendable {
    /// It is the account in use.
    case own
    /// The keys were compared, by this device or by one that it trusts.
    case verified
    /// The keys are taken as the server gives them.
    case unverified
    /// The keys are others than before, and nobody has looked at that: say so before more is said.
    case changed
}

/// One of the seven signs that two people compare.
public struct VerificationEmoji: Hashable, Sendable {
    /// The sign.
    public let symbol: String
    /// Names its word in the app's languages: `emoji_` and its English name in the Matrix specification, as in
    /// `emoji_light_bulb`.
    public let wordKey: String
}

/// Why a verification ended without a result.
public enum VerificationReason: Hashable, Sendable {
    /// Somebody ended it.
    case cancelled
    /// Nobody went on in time.
    case timedOut
    /// The signs differ: somebody may be in between.
    case mismatch
    /// The keys are not those that were compared.
    case keyMismatch
    /// Another device of the same account took it up.
    case takenElsewhere
    /// The two programs do not understand each other.
    case `protocol`
}

/// How far a verification is.
public enum VerificationStage: Hashable, Sendable {
    /// We asked; the other has not answered.
    case waiting
    /// The other asks: ``Verification/accept()`` or ``Verification/cancel()``.
    case asked
    /// Both want it; the programs agree on a secret.
    case starting
    /// To be compared by the two people, seven signs (none where the other program has none) or three numbers:
    /// ``Verification/confirm()`` or ``Verification/mismatch()``.
    case compare(emoji: [VerificationEmoji], numbers: [Int])
    /// To be verified by a code: the other scans ours (none where the other cannot scan), or we
    /// ``Verification/scan(_:)`` theirs, whichever is easier; ``Verification/bySigns()`` where neither can be. Only where
    /// it was to be done ``Verification/byCode()``.
    case code(shown: VerificationCode?)
    /// The other says that it has scanned our code: ``Verification/confirm()`` if the other's screen says so too, else
    /// ``Verification/mismatch()``.
    case scanned
    /// We confirmed, or scanned; the other has not confirmed yet.
    case confirmed
    /// Both confirmed. The last one.
    case done
    /// It ended without a result, by this side or the other. The last one.
    case cancelled(byUs: Bool, reason: VerificationReason)
}

/// A verification under way. It goes on without being looked at, for as long as somebody has it and the client syncs.
/// Letting it go cancels it, unless this side has confirmed by then: that holds.
public final class Verification: Sendable {
    let core: QrocCore.Verification
    private let turns: Turns

    /// User id of the other side.
    public let userId: String
    /// Whether this side asked for it.
    public let isOurs: Bool

    init(_ core: QrocCore.Verification) {
        self.core = core
        turns = Turns { core.restart() }
        userId = core.userId()
        isOurs = core.isOurs()
    }

    /// Id of the other device, once one takes part. From memory.
    public var deviceId: String? { core.deviceId() }

    /// How far it is, from now on; one that nobody took in time is left out. Ends after the last one, and when the client
    /// is closed. Faults of the network are tried again.
    public var stages: Updates<VerificationStage> {
        Updates(reader: Reader(turns) { [core] in try await core.next().map(VerificationStage.init) })
    }

    /// Takes up what the other asked for. A change.
    ///
    /// - Throws: `network`: to be repeated; `closed`, `storage`.
    public func accept() async throws(QrocError) {
        try await translated { [core] in try await core.accept() }
    }

    /// Says that both see the same signs, or that the other's screen says that it has scanned our code. A change.
    ///
    /// - Throws: As ``accept()``.
    public func confirm() async throws(QrocError) {
        try await translated { [core] in try await core.confirm() }
    }

    /// Says that the signs differ, or that the other's screen does not say so: somebody may be in between. Ends it on both
    /// sides. A change.
    ///
    /// - Throws: As ``accept()``.
    public func mismatch() async throws(QrocError) {
        try await translated { [core] in try await core.mismatch() }
    }

    /// Does not want to go on, or not to begin. Ends it on both sides. A change.
    ///
    /// - Throws: As ``accept()``.
    public func cancel() async throws(QrocError) {
        try await translated { [core] in try await core.cancel() }
    }

    /// Ends the loops over its stages. From memory.
    public func close() {
        core.end()
    }
}

// Who is believed to be who.
extension Client {
    /// Verifications that others ask for, from now on, while the client syncs: ``Verification/accept()`` or
    /// ``Verification/cancel()`` each. One loop at a time has them; what came while there was none comes first.
    public var verificationRequests: Updates<Verification> {
        let requests: QrocCore.VerificationRequests = core.verificationRequests()
        return Updates(reader: Reader(Turns {}) { try await requests.next().map(Verification.init) })
    }

    /// Begins a verification: of `@name:server`, of one of their devices as `@name:server/DEVICE`, of an own device by
    /// its id, or of the own account by all its other devices. Takes up the one that they have asked for, where they
    /// have. The client has to sync meanwhile. A change; one that nobody waited for is cancelled.
    ///
    /// - Throws: `badInput` for this device, `notFound` where there is nobody, or no way to them: name one device then.
    ///   `network`, `rateLimited`, `locked`, `closed`, `storage`.
    public func verify(_ who: String) async throws(QrocError) -> Verification {
        try await translated { [core] in Verification(try await core.verify(who: who)) }
    }

    /// Says what is believed of a person. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func trust(of userId: String) async throws(QrocError) -> UserTrust {
        try await translated { [core] in UserTrust(try await core.trust(userId: userId)) }
    }

    /// Takes a person's changed identity as it is now, without comparing anything: they count as not verified then. A
    /// change.
    ///
    /// - Throws: `badInput` where nothing changed, `locked`, `closed`, `storage`.
    @discardableResult
    public func acceptChange(of userId: String) async throws(QrocError) -> UserTrust {
        try await translated { [core] in UserTrust(try await core.acceptChange(userId: userId)) }
    }

    /// Lists the devices of another user that have keys, asked for now. A read.
    ///
    /// - Throws: `badInput` for what is no user id, `network`, `locked`, `signIn`, `closed`.
    public func devices(of userId: String) async throws(QrocError) -> [Device] {
        try await translated { [core] in try await core.devicesOf(userId: userId).map(Device.init) }
    }

    /// Says whether this device is verified and has all that the account's devices share: its private keys, and the
    /// backup's with what that held. A read.
    ///
    /// - Throws: `closed`, `storage`.
    public func hasSecrets() async throws(QrocError) -> Bool {
        try await translated { [core] in try await core.hasSecrets() }
    }
}

extension UserTrust {
    init(_ core: QrocCore.UserTrust) {
        switch core {
        case .own: self = .own
        case .verified: self = .verified
        case .unverified: self = .unverified
        case .changed: self = .changed
        }
    }
}

extension VerificationStage {
    init(_ core: QrocCore.VerificationStage) {
        switch core {
        case .waiting: self = .waiting
        case .asked: self = .asked
        case .starting: self = .starting
        case .compare(let emoji, let numbers):
            self = .compare(
                emoji: emoji.map { VerificationEmoji(symbol: $0.symbol, wordKey: $0.wordKey) },
                numbers: numbers.map(Int.init)
            )
        case .code(let shown): self = .code(shown: shown.map(VerificationCode.init))
        case .scanned: self = .scanned
        case .confirmed: self = .confirmed
        case .done: self = .done
        case .cancelled(let byUs, let reason):
            self = .cancelled(byUs: byUs, reason: VerificationReason(reason))
        }
    }
}

extension VerificationReason {
    init(_ core: QrocCore.VerificationReason) {
        switch core {
        case .cancelled: self = .cancelled
        case .timedOut: self = .timedOut
        case .mismatch: self = .mismatch
        case .keyMismatch: self = .keyMismatch
        case .takenElsewhere: self = .takenElsewhere
        case .protocol: self = .protocol
        }
    }
}

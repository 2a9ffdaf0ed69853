public import Foundation
import Qroc
import QrocStrings

/// How the application stands with its server.
public struct ConnectionState: Hashable, Sendable {
    /// What the line above the screens says.
    public enum Kind: Hashable, Sendable {
        /// It answers.
        case online
        /// It was asked.
        case connecting
        /// It cannot be reached.
        case offline
        /// It does not take this sign-in at the moment.
        case signedOut
    }

    /// What the line says.
    public var kind: Kind = .online
    /// Since when it is offline.
    public var since: Date?
    /// What waits to be sent.
    public var waiting = 0
    /// What was refused and wants a decision.
    public var failed = 0

    /// Describes how it stands.
    public init(kind: Kind = .online, since: Date? = nil, waiting: Int = 0, failed: Int = 0) {
        self.kind = kind
        self.since = since
        self.waiting = waiting
        self.failed = failed
    }
}

/// What all screens of one signed-in account share.
@MainActor final class Session {
    let client: Client
    let surroundings: any Surroundings
    let looks: Looks
    /// Lives as long as the account is open: what is being sent goes on when its screen is left.
    let scope: Scope
    let own: String

    /// What was typed and not sent, by room; forgotten when the application ends.
    let drafts = Live<[String: String]>([:])
    /// Names of rooms, as far as the list was read.
    let roomNames = Live<[String: String]>([:])
    /// What people are called, as far as rooms were read.
    let people = Live<[String: String]>([:])
    /// Grows with whom and what is believed, where that was done here.
    let trust = Live(0)
    /// What policy forbids now, and why.
    let forbidden = Live<[Gate: String]>([:])
    /// What waits to be sent, oldest first; nothing while it is read.
    let queue = Live<[QueueItem]?>(nil)
    /// Whether the server answers.
    let link = Live<Connection>(.idle)
    /// The same, and what waits, for the line above the screens.
    let connection = Live(ConnectionState(kind: .connecting))
    /// Whether the officer is looking: what comes meanwhile counts as seen.
    let attended: Live<Bool>

    /// The own position, shared; nothing where this device cannot know it.
    let sharing: PositionSharing?

    private let sendQueue: SendQueue

    var strings: Strings { looks.strings }
    var time: any Timekeeper { surroundings.time }

    init(_ client: Client, _ surroundings: any Surroundings, _ looks: Looks, attended: Live<Bool>) throws(QrocError) {
        self.client = client
        self.surroundings = surroundings
        self.looks = looks
        self.attended = attended
        own = client.signedIn.userId
        let scope = Scope()
        self.scope = scope
        sharing = surroundings.receiver.map { PositionSharing(client, $0, surroundings.time, scope) }
        sendQueue = try client.sendQueue()
    }

    /// Begins to follow the queue, the connection and the policy.
    func start() {
        scope.launch { [self] in
            await quietly { () async throws(QrocError) in
                for try await items in sendQueue.items { queue.value = items }
            }
        }
        scope.launch { [self] in
            await quietly { () async throws(QrocError) in
                for try await now in client.connection { link.value = now }
            }
        }
        scope.launch { [self] in
            await quietly { () async throws(QrocError) in
                for try await _ in try client.policyChanges() { askPolicy() }
            }
        }
        scope.follow(looks.texts) { [self] _ in askPolicy() }
        scope.follow(link) { [self] _ in show() }
        scope.follow(queue) { [self] _ in show() }
    }

    private func askPolicy() {
        if let answer = try? whatIsForbidden(client, strings) { forbidden.value = answer }
    }

    private func show() {
        let before = connection.value
        let kind: ConnectionState.Kind =
            switch link.value {
            case .online: .online
            case .idle, .connecting: .connecting
            case .offline, .closed, .failed: .offline
            case .held, .signedOut: .signedOut
            }
        // A new attempt while offline is not good news yet.
        let wasOffline = before.kind == .offline
        let steady = kind == .connecting && wasOffline ? .offline : kind
        let items = queue.value ?? []
        let failed = items.count { $0.state == .failed }
        connection.value = ConnectionState(
            kind: steady,
            since: steady == .offline && !wasOffline ? time.now() : before.since,
            waiting: items.count - failed,
            failed: failed
        )
    }

    /// Somebody was verified, or taken as they are. What this account says of it comes back from the server a moment later.
    func trustChanged() {
        scope.launch { [self] in
            trust.value += 1
            for moment in [1, 3] {
                guard (try? await time.sleep(for: .seconds(moment))) != nil else { return }
                trust.value += 1
            }
        }
    }

    /// What a person is called.
    func name(of userId: String) -> String { people.value[userId] ?? localName(userId) }

    /// Tries again what was queued under this transaction.
    func retry(txnId: String) async throws(QrocError) {
        if let item = queue.value?.first(where: { $0.txnId == txnId }) { try await retry(item.id) }
    }

    /// Takes back what was queued under this transaction.
    func cancel(txnId: String) async throws(QrocError) {
        if let item = queue.value?.first(where: { $0.txnId == txnId }) { try await cancel(item.id) }
    }

    /// Tries again.
    func retry(_ id: QueueItem.ID) async throws(QrocError) { try await sendQueue.retry(id) }

    /// Takes back.
    func cancel(_ id: QueueItem.ID) async throws(QrocError) { try await sendQueue.cancel(id) }

    /// Runs `work`; what went wrong is handed to `failed` in the officer's words.
    @discardableResult
    func attempt(
        _ scope: Scope,
        failed: @escaping (String) -> Void,
        _ work: @escaping @MainActor () async throws(QrocError) -> Void
    ) -> Task<Void, Never> {
        scope.launch { [self] in
            do throws(QrocError) {
                try await work()
            } catch {
                if error.kind != .cancelled { failed(strings.of(error)) }
            }
        }
    }

    /// Frees what this holds; the client is the caller's.
    func close() {
        sendQueue.close()
        scope.close()
    }
}

/// Ends without a word where the client was closed or contents are held back: the application shows that by itself.
@MainActor func quietly(_ work: @MainActor () async throws(QrocError) -> Void) async {
    do {
        try await work()
    } catch {
        // Told by the connection.
    }
}

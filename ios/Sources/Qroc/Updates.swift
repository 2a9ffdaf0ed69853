internal import Foundation

/// What changes while a screen is there, pulled as fast as the screen takes it: what happens meanwhile comes in one
/// batch, so that nothing queues up.
///
/// Each loop begins anew, so that a screen that comes back is up to date with its first element. One loop at a time:
/// where a second one begins, the first one ends. A loop ends, without an error, when its task is cancelled, which
/// frees what the core keeps for it at once, and when the list or the client is closed.
public struct Updates<Element: Sendable>: AsyncSequence, Sendable {
    let reader: Reader<Element>

    /// Begins anew.
    public func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader, turn: reader.begin())
    }

    /// Takes what changes, one element after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: Reader<Element>
        let turn: Int
        var isOver = false

        /// Waits for the next element; `nil` when it is over.
        ///
        /// - Throws: ``QrocError/Kind-swift.enum/locked`` or ``QrocError/Kind-swift.enum/signIn`` while contents are
        ///   hidden, ``QrocError/Kind-swift.enum/storage``. It is over then; another loop tries again.
        public mutating func next() async throws(QrocError) -> Element? {
            try await step()
        }

        /// Waits for the next element.
        ///
        /// - Parameter actor: Where the caller runs; the waiting is done elsewhere.
        /// - Returns: The element; `nil` when it is over.
        /// - Throws: As ``next()``.
        @available(iOS 18.0, macOS 15.0, *)
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(QrocError) -> Element? {
            try await step(isolation: actor)
        }

        private mutating func step(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(QrocError) -> Element? {
            guard !isOver else { return nil }
            do {
                if let element = try await reader.pull(turn) { return element }
            } catch {
                isOver = true
                if error.kind == .cancelled { return nil }
                throw error
            }
            isOver = true
            return nil
        }
    }
}

/// Pulls for one loop at a time.
final class Reader<Element: Sendable>: Sendable {
    private let turns: Turns
    private let next: @Sendable () async throws -> Element?

    init(_ turns: Turns, next: @escaping @Sendable () async throws -> Element?) {
        self.turns = turns
        self.next = next
    }

    /// Takes over from whoever pulls now.
    func begin() -> Int { turns.begin() }

    func pull(_ turn: Int) async throws(QrocError) -> Element? {
        guard await turns.enter(turn) else { return nil }
        defer { turns.leave() }
        let element = try await translated(next)
        if turns.isCurrent(turn) { return element }
        // It was meant for the loop that took over, which begins with everything.
        turns.restart()
        return nil
    }
}

/// Says whose turn it is, where several readers share what the core keeps for one. One pulls at a time: a pull that came
/// a little late would else wait for what the next reader has been given. `restart` wakes the one that waits.
final class Turns: Sendable {
    let restart: @Sendable () -> Void
    private let state = Locked(State())

    private struct State {
        var last = 0
        var isPulling = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(restart: @escaping @Sendable () -> Void) {
        self.restart = restart
    }

    func begin() -> Int {
        let turn = state.with { state in
            state.last += 1
            return state.last
        }
        restart()
        return turn
    }

    func isCurrent(_ turn: Int) -> Bool {
        state.with { $0.last == turn }
    }

    /// Waits until nobody pulls. False: somebody else has taken over.
    func enter(_ turn: Int) async -> Bool {
        while true {
            let answer: Bool? = state.with { state in
                if state.last != turn { return false }
                if state.isPulling { return nil }
                state.isPulling = true
                return true
            }
            if let answer { return answer }
            await withCheckedContinuation { continuation in
                let isFree = state.with { state in
                    if state.isPulling { state.waiting.append(continuation) }
                    return !state.isPulling
                }
                if isFree { continuation.resume() }
            }
        }
    }

    func leave() {
        let waiting = state.with { state in
            state.isPulling = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for reader in waiting { reader.resume() }
    }
}

/// The two ways to follow a list.
struct ListReaders<Item: Sendable>: Sendable {
    let changes: Updates<[ListDiff<Item>]>
    let lists: Updates<[Item]>

    init(restart: @escaping @Sendable () -> Void, next: @escaping @Sendable () async throws -> [ListDiff<Item>]?) {
        let turns = Turns(restart: restart)
        changes = Updates(reader: Reader(turns, next: next))
        // Each reader's first batch is a reset, so what is left of an earlier one does no harm.
        let list = Locked<[Item]>([])
        let whole: @Sendable () async throws -> [Item]? = {
            guard let steps = try await next() else { return nil }
            return list.with { list in
                list.apply(steps)
                return list
            }
        }
        lists = Updates(reader: Reader(turns, next: whole))
    }
}

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func with<T>(_ work: (inout Value) -> T) -> T {
        lock.lock()
        defer { lock.unlock() }
        return work(&value)
    }
}

/// A value of the main actor that others follow: who follows hears of each change at once, in the order of asking.
@MainActor final class Live<Value: Equatable> {
    private var followers: [(number: Int, body: (Value) -> Void)] = []
    private var last = 0

    var value: Value {
        didSet {
            guard value != oldValue else { return }
            for follower in followers { follower.body(value) }
        }
    }

    init(_ value: Value) {
        self.value = value
    }

    fileprivate func add(_ body: @escaping (Value) -> Void) -> Int {
        last += 1
        followers.append((last, body))
        body(value)
        return last
    }

    fileprivate func remove(_ number: Int) {
        followers.removeAll { $0.number == number }
    }
}

/// What a screen has begun, and ends with it: tasks, and values that are followed.
@MainActor final class Scope {
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var endings: [() -> Void] = []
    private var last = 0
    private(set) var isClosed = false

    /// Begins something that ends with the screen.
    @discardableResult
    func launch(_ work: @escaping @MainActor () async -> Void) -> Task<Void, Never> {
        last += 1
        let number = last
        let task = Task { [weak self] in
            if !Task.isCancelled { await work() }
            self?.tasks[number] = nil
        }
        if isClosed { task.cancel() } else { tasks[number] = task }
        return task
    }

    /// Calls now, and at each change until the screen ends.
    func follow<Value>(_ live: Live<Value>, _ body: @escaping (Value) -> Void) {
        guard !isClosed else { return }
        let number = live.add(body)
        endings.append { live.remove(number) }
    }

    /// A part that can end earlier, and ends with this at the latest.
    func child() -> Scope {
        let scope = Scope()
        endings.append { scope.close() }
        return scope
    }

    /// Ends all of it.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for task in tasks.values { task.cancel() }
        for ending in endings { ending() }
        tasks = [:]
        endings = []
    }
}

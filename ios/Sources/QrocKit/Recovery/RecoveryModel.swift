import Foundation
public import Observation
import Qroc

/// Makes a recovery key and shows it once, or restores with one.
@MainActor @Observable public final class RecoveryModel {
    /// What is shown.
    public private(set) var state = RecoveryState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let compare: () -> Void
    @ObservationIgnored private let leave: () -> Void
    /// The key that was just made, until it is written down.
    @ObservationIgnored private var made: RecoveryKey?

    init(_ session: Session, _ scope: Scope, compare: @escaping () -> Void, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        self.compare = compare
        leave = back
    }

    /// Begins to read.
    func start() {
        scope.launch { [self] in
            do throws(QrocError) {
                for try await now in session.client.recoveryStates { state.standing = Standing(now) }
            } catch {
                if error.kind != .closed { state.error = session.strings.of(error) }
            }
        }
    }

    /// Does what the officer asks.
    public func on(_ event: RecoveryEvent) {
        switch event {
        case .back: leave()
        case .compare: compare()
        // A key that exists already is given up by it: that is asked about.
        case .create: if state.standing?.key == .on { state.asksReplace = true } else { make() }
        case .replace: make()
        case .keepOld: state.asksReplace = false
        case .written: state.step = .check(typed: "", wrong: false)
        case .showAgain: reveal()
        case .lastGroup(let text): state.step = .check(typed: text, wrong: false)
        case .confirm: confirm()
        case .typed(let text): (state.typed, state.typedProblem) = (text, nil)
        case .restore: restore()
        }
    }

    private func make() {
        guard let standing = state.standing else { return }
        work { [self] () async throws(QrocError) in
            let key = try await session.client.createRecoveryKey(replace: standing.key != .none)
            // Left meanwhile: it counts as one that nobody has.
            guard !scope.isClosed else { return }
            made = key
            reveal()
        }
    }

    private func reveal() {
        guard let groups = groups() else { return }
        state.step = .show(groups)
    }

    private func groups() -> [String]? {
        guard var key = made?.reveal() else { return nil }
        defer { key.resetBytes(in: key.indices) }
        return String(decoding: key, as: UTF8.self).split(separator: " ").map(String.init)
    }

    private func confirm() {
        guard case .check(let typed, _) = state.step, let key = made, let last = groups()?.last else { return }
        // Letters of a key are not all of one case: what was typed must be just that.
        guard typed.trimmed == last else {
            state.step = .check(typed: typed, wrong: true)
            return
        }
        work { [self] () async throws(QrocError) in
            try await key.shown()
            made = nil
            state.step = .overview
            state.done = .made
        }
    }

    private func restore() {
        let typed = state.typed.trimmed
        guard !typed.isEmpty else { return }
        work(wrong: { [weak self] in self?.state.typedProblem = $0 }) { [self] () async throws(QrocError) in
            var bytes = Data(typed.utf8)
            defer { bytes.resetBytes(in: bytes.indices) }
            let restored = try await session.client.restore(bytes)
            state.typed = ""
            state.done = restored.verified ? .restored : .restoredUnverified
            session.trustChanged()
        }
    }

    private func work(
        wrong: ((String) -> Void)? = nil, _ work: @escaping @MainActor () async throws(QrocError) -> Void
    ) {
        guard !state.working else { return }
        state.working = true
        state.asksReplace = false
        state.error = nil
        state.typedProblem = nil
        state.done = nil
        // In the account's scope: what was begun is finished also when the screen is left meanwhile.
        session.scope.launch { [self] in
            do throws(QrocError) {
                try await work()
            } catch {
                let text = session.strings.of(error)
                if error.kind == .badInput, let wrong {
                    wrong(text)
                } else if error.kind != .cancelled {
                    state.error = text
                }
            }
            state.working = false
        }
    }

    /// A step back within the screen; says whether there was one.
    func closeTop() -> Bool {
        if state.asksReplace {
            state.asksReplace = false
            return true
        }
        guard case .check = state.step else { return false }
        reveal()
        return true
    }

    /// The screen is left: a key that was not written down counts as one that nobody has, and nothing of it stays.
    func close() {
        made = nil
        state.step = .overview
        state.typed = ""
    }
}

extension Standing {
    init(_ status: RecoveryStatus) {
        switch status.key {
        case .none: key = .none
        case .unshown: key = .unshown
        case .on: key = .on
        }
        switch status.backup {
        case .off: backup = .off
        case .locked: backup = .locked
        case .restoring: backup = .restoring
        case .pending: backup = .pending
        case .on: backup = .on
        }
        keys = status.keys
        waiting = status.waiting
        verified = status.verified
        required = status.required
    }
}

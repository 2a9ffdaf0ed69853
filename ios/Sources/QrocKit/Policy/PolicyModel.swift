public import Observation
import Qroc

/// Tells what the organisation has set, as it changes.
@MainActor @Observable public final class PolicyModel {
    /// What is shown.
    public private(set) var state = PolicyState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let leave: () -> Void

    init(_ session: Session, _ scope: Scope, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        leave = back
    }

    /// Begins to read.
    func start() {
        scope.launch { [self] in
            await quietly { () async throws(QrocError) in
                // Listening begins first: what changes while it is read is read again.
                let changes = try session.client.policyChanges()
                try await read()
                for try await _ in changes { try await read() }
            }
        }
        scope.follow(session.looks.texts) { [weak self] _ in
            guard let self, state.groups != nil else { return }
            scope.launch { [self] in await quietly { () async throws(QrocError) in try await read() } }
        }
    }

    private func read() async throws(QrocError) {
        state.groups = PolicyWords(session.strings).groups(try await session.client.policy())
    }

    /// Does what the officer asks.
    public func on(_ event: PolicyEvent) {
        switch event {
        case .back: leave()
        }
    }
}

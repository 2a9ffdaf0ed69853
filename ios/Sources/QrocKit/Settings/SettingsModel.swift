public import Observation
import Qroc

/// Shows the account, changes the looks, and says goodbye.
@MainActor @Observable public final class SettingsModel {
    /// What is shown.
    public private(set) var state = SettingsState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let go: (Route) -> Void
    @ObservationIgnored private let back: () -> Void
    /// Ends the account here; nothing of it is left when this returns.
    @ObservationIgnored private let leave: (Farewell) async throws(QrocError) -> Void

    init(
        _ session: Session,
        _ scope: Scope,
        go: @escaping (Route) -> Void,
        back: @escaping () -> Void,
        leave: @escaping (Farewell) async throws(QrocError) -> Void
    ) {
        self.session = session
        self.scope = scope
        self.go = go
        self.back = back
        self.leave = leave
        state.userId = session.own
        state.deviceId = session.client.signedIn.deviceId
        state.server = session.client.signedIn.homeserver
        state.version = session.surroundings.version
    }

    /// Begins to read.
    func start() {
        scope.follow(session.looks.live) { [weak self] now in
            self?.state.appearance = now.appearance
            self?.state.language = now.language
        }
        scope.follow(session.queue) { [weak self] in self?.state.waiting = $0?.count ?? 0 }
        scope.launch { [self] in
            do throws(QrocError) {
                repeat { try await read() } while (try? await session.time.sleep(for: .seconds(5))) != nil
            } catch {
                if error.kind != .closed, error.kind != .cancelled { state.error = session.strings.of(error) }
            }
        }
    }

    private func read() async throws(QrocError) {
        let status = try await session.client.status()
        state.verified = status.verified
        state.lastSync = status.lastSync
        state.databaseBytes = status.dbBytes
    }

    /// Does what the officer asks.
    public func on(_ event: SettingsEvent) {
        switch event {
        case .back: back()
        case .devices: go(.devices)
        case .recovery: go(.recovery)
        case .policy: go(.policy)
        case .queue: go(.queue)
        case .look(let appearance): session.looks.appearance(appearance)
        case .language(let language): session.looks.language(language)
        case .ask(let farewell): state.asking = farewell
        case .confirm(let farewell): confirm(farewell)
        case .stay: state.asking = nil
        }
    }

    private func confirm(_ farewell: Farewell) {
        guard !state.working else { return }
        state.asking = nil
        state.working = true
        state.error = nil
        // Signing out ends the account's own work: this goes on.
        Task { [self] in
            do throws(QrocError) {
                try await leave(farewell)
            } catch {
                state.working = false
                state.error = session.strings.of(error)
            }
        }
    }
}

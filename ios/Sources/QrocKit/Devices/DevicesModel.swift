import Foundation
public import Observation
import Qroc

/// Lists the account's devices and signs others out.
@MainActor @Observable public final class DevicesModel {
    /// What is shown.
    public private(set) var state = DevicesState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let verify: VerifyModel
    @ObservationIgnored private let go: (Route) -> Void
    @ObservationIgnored private let leave: () -> Void

    init(
        _ session: Session,
        _ scope: Scope,
        verify: VerifyModel,
        go: @escaping (Route) -> Void,
        back: @escaping () -> Void
    ) {
        self.session = session
        self.scope = scope
        self.verify = verify
        self.go = go
        leave = back
    }

    /// Begins to read.
    func start() {
        // The first one is read at once.
        scope.follow(session.trust) { [weak self] _ in self?.read() }
    }

    private func read() {
        state.error = nil
        session.attempt(scope, failed: { [weak self] in self?.state.error = $0 }) { [self] () async throws(QrocError) in
            let rows = try await session.client.devices().map { device in
                DeviceRow(
                    id: device.deviceId,
                    name: device.name ?? device.deviceId,
                    trust: device.trust,
                    lastSeen: device.lastSeen
                )
            }
            state.verified = try await session.client.status().verified
            // This one first, then those that were used last.
            state.devices = rows.sorted { one, other in
                if (one.trust == .this) != (other.trust == .this) { return one.trust == .this }
                return one.lastSeen ?? .distantPast > other.lastSeen ?? .distantPast
            }
        }
    }

    /// Does what the officer asks.
    public func on(_ event: DevicesEvent) {
        switch event {
        case .back: leave()
        case .reload: read()
        case .askSignOut(let device): ask(device)
        case .password(let text): (state.password, state.wrongPassword) = (text, false)
        case .signOut: signOut()
        case .keep: if !state.working { ask(nil) }
        case .compare(let device): verify.begin(device.id, name: device.name, isPerson: false)
        case .compareAny: verify.begin(session.own, name: session.strings.ownDevices, isPerson: false)
        case .recovery: go(.recovery)
        }
    }

    private func ask(_ device: DeviceRow?) {
        state.leaving = device
        state.password = ""
        state.wrongPassword = false
    }

    private func signOut() {
        let now = state
        guard let device = now.leaving, !now.working, !now.password.isEmpty else { return }
        state.working = true
        session.scope.launch { [self] in
            do throws(QrocError) {
                try await session.client.signOutDevice(device.id, password: now.password)
                state.working = false
                ask(nil)
                read()
            } catch {
                state.working = false
                if error.kind == .signIn {
                    state.wrongPassword = true
                } else {
                    ask(nil)
                    state.error = session.strings.of(error)
                }
            }
        }
    }
}

import Foundation
public import Observation
import Qroc
import QrocStrings

/// Opens the profile, or erases it.
@MainActor @Observable public final class UnlockModel {
    /// What is shown.
    public private(set) var state = UnlockState()

    private let profile: URL
    private let vaults: any Vaults
    private let looks: Looks
    private let scope: Scope
    private let opened: (Client) -> Void
    private let wiped: (SignInProblem?) -> Void

    init(
        _ profile: URL,
        _ vaults: any Vaults,
        _ looks: Looks,
        _ scope: Scope,
        opened: @escaping (Client) -> Void,
        wiped: @escaping (SignInProblem?) -> Void
    ) {
        self.profile = profile
        self.vaults = vaults
        self.looks = looks
        self.scope = scope
        self.opened = opened
        self.wiped = wiped
        state.needsPassphrase = vaults.needsPassphrase
    }

    /// Looks how the lock stands; where nothing has to be typed, opens at once.
    func start() {
        scope.launch { [self] in
            do throws(QrocError) {
                try await look()
            } catch {
                state.problem = problem(error)
                return
            }
            if state.complete { submit() }
        }
    }

    private func look() async throws(QrocError) {
        let lock = try await Client.lockStatus(profile: profile)
        state.sealed = lock.state == .sealed
        state.attemptsLeft = lock.attemptsLeft
        state.retryAt = lock.retryAt
    }

    /// Does what the officer asks.
    public func on(_ event: UnlockEvent) {
        switch event {
        case .passphrase(let text): (state.passphrase, state.problem) = (text, nil)
        case .pin(let text): (state.pin, state.problem) = (text, nil)
        case .submit: submit()
        case .askWipe: state.askWipe = true
        case .keepAll: state.askWipe = false
        case .wipe: wipe()
        }
    }

    private func submit() {
        let now = state
        guard now.complete, !now.working else { return }
        work { [self] () async throws(QrocError) in
            var passphrase = Data(now.passphrase.utf8)
            defer { passphrase.resetBytes(in: passphrase.indices) }
            if now.sealed, try await !unseal(passphrase, now.pin) { return }
            opened(try await Client.open(profile: profile, vault: vaults.vault(passphrase: passphrase)))
        }
    }

    /// The attempt is counted before it is made; after the last one there is nothing left to open.
    private func unseal(_ passphrase: Data, _ text: String) async throws(QrocError) -> Bool {
        var pin = Data(text.utf8)
        defer { pin.resetBytes(in: pin.indices) }
        var failure: QrocError?
        do throws(QrocError) {
            try await Client.unlock(profile: profile, vault: vaults.vault(passphrase: passphrase), pin: pin)
        } catch {
            failure = error
        }
        state.pin = ""
        guard try await Client.exists(profile: profile) else {
            wiped(.other(looks.strings.unlockErased))
            return false
        }
        try await look()
        if let failure { throw failure }
        return true
    }

    private func wipe() {
        work { [self] () async throws(QrocError) in
            try await Client.wipe(profile: profile)
            wiped(nil)
        }
    }

    private func work(_ work: @escaping @MainActor () async throws(QrocError) -> Void) {
        state.working = true
        state.askWipe = false
        state.problem = nil
        scope.launch { [self] in
            do throws(QrocError) {
                try await work()
            } catch {
                state.working = false
                state.problem = problem(error)
            }
        }
    }

    private func problem(_ error: QrocError) -> UnlockProblem {
        switch error.code {
        case "wrong_pin": .wrongPin
        case "wrong_passphrase": .wrong
        case "profile_in_use": .inUse
        default: .other(looks.strings.of(error))
        }
    }
}

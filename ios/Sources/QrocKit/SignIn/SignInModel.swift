import Foundation
public import Observation
import Qroc
import QrocStrings

/// Signs in and seals the new profile.
@MainActor @Observable public final class SignInModel {
    /// What is shown.
    public private(set) var state = SignInState()

    private let profile: URL
    private let surroundings: any Surroundings
    private let looks: Looks
    private let scope: Scope
    private let signedIn: (Client) -> Void

    init(
        _ profile: URL,
        _ surroundings: any Surroundings,
        _ looks: Looks,
        _ scope: Scope,
        problem: SignInProblem?,
        signedIn: @escaping (Client) -> Void
    ) {
        self.profile = profile
        self.surroundings = surroundings
        self.looks = looks
        self.scope = scope
        self.signedIn = signedIn
        state.needsPassphrase = surroundings.vaults.needsPassphrase
        state.problem = problem
    }

    /// Does what the officer asks.
    public func on(_ event: SignInEvent) {
        switch event {
        case .server(let text): (state.server, state.problem) = (text, nil)
        case .user(let text): (state.user, state.problem) = (text, nil)
        case .password(let text): (state.password, state.problem) = (text, nil)
        case .passphrase(let text): state.passphrase = text
        case .passphraseAgain(let text): state.passphraseAgain = text
        case .submit: submit()
        }
    }

    private func submit() {
        let now = state
        guard now.complete, !now.working else { return }
        state.working = true
        state.problem = nil
        scope.launch { [self] in
            var passphrase = Data(now.passphrase.utf8)
            defer { passphrase.resetBytes(in: passphrase.indices) }
            do throws(QrocError) {
                let client = try await Client.login(
                    profile: profile,
                    vault: surroundings.vaults.vault(passphrase: passphrase),
                    server: now.server.trimmed,
                    user: now.user.trimmed,
                    password: now.password,
                    deviceName: surroundings.deviceName
                )
                signedIn(client)
            } catch {
                state.working = false
                state.problem = problem(error)
            }
        }
    }

    private func problem(_ error: QrocError) -> SignInProblem {
        switch error.code {
        case "server_unreachable", "server_timeout": .unreachable
        case "server_unusable", "bad_address", "not_found": .noServer
        case "wrong_password": .refused
        case "profile_in_use": .inUse
        default: .other(looks.strings.of(error))
        }
    }
}

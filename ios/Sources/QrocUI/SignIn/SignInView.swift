import QrocKit
import SwiftUI

/// Signs in and seals the new profile.
struct SignInView: View {
    let state: SignInState
    let brand: String
    let on: @MainActor (SignInEvent) -> Void
    @Environment(\.strings) private var strings

    var body: some View {
        Form {
            Section {
                TextField(strings.server, text: typed(state.server) { on(.server($0)) })
                    .codeField(.address)
                    .submitLabel(.next)
                    .accessibilityIdentifier("signin.server")
                TextField(strings.userName, text: typed(state.user) { on(.user($0)) })
                    .codeField(.user)
                    .submitLabel(.next)
                    .accessibilityIdentifier("signin.user")
                SecretField(
                    title: strings.password, text: typed(state.password) { on(.password($0)) },
                    identifier: "signin.password", kind: .password)
            } footer: {
                Text(strings.serverExample)
            }
            if state.needsPassphrase { passphrase }
            Section {
                if let problem { ErrorNote(text: problem) }
                MainButton(
                    title: strings.signIn, identifier: "signin.submit",
                    working: state.working ? strings.signingIn : nil,
                    enabled: state.complete
                ) { on(.submit) }
            }
        }
        .disabled(state.working)
        .onSubmit { on(.submit) }
        .navigationTitle(strings.signInTitle(brand))
        .accessibilityIdentifier("signin")
    }

    private var passphrase: some View {
        Section {
            SecretField(
                title: strings.newPassphrase, text: typed(state.passphrase) { on(.passphrase($0)) },
                identifier: "signin.passphrase", kind: .newPassword)
            SecretField(
                title: strings.passphraseAgain, text: typed(state.passphraseAgain) { on(.passphraseAgain($0)) },
                identifier: "signin.again", kind: .newPassword)
        } footer: {
            Text(hint)
        }
    }

    private var hint: String {
        if !state.passphrase.isEmpty, state.passphrase.count < SignInState.shortestPassphrase {
            return strings.passphraseShort(SignInState.shortestPassphrase)
        }
        if !state.passphraseAgain.isEmpty, state.passphraseAgain != state.passphrase {
            return strings.passphraseDiffers
        }
        return strings.passphraseWhy
    }

    private var problem: String? {
        switch state.problem {
        case nil: nil
        case .unreachable: strings.signInUnreachable
        case .noServer: strings.signInNoServer
        case .refused: strings.signInRefused
        case .inUse: strings.profileInUse
        case .other(let text): strings.signInOther(text)
        }
    }
}

import QrocKit
import SwiftUI

/// Opens the profile, or erases it.
struct UnlockView: View {
    let state: UnlockState
    let brand: String
    let on: @MainActor (UnlockEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        Form {
            Section {
                if state.needsPassphrase {
                    SecretField(
                        title: strings.passphrase, text: typed(state.passphrase) { on(.passphrase($0)) },
                        identifier: "unlock.passphrase", kind: .password)
                }
                if state.sealed {
                    SecretField(
                        title: strings.pin, text: typed(state.pin) { on(.pin($0)) }, identifier: "unlock.pin",
                        kind: .pin)
                }
            } footer: {
                VStack(alignment: .leading, spacing: 4) {
                    if state.sealed, let left = state.attemptsLeft {
                        Text(strings.attemptsLeft(left)).foregroundStyle(palette.waiting.color)
                    }
                    if let retryAt = state.retryAt { Text(strings.unlockRetryAt(times.clock(retryAt))) }
                }
            }
            Section {
                if let problem { ErrorNote(text: problem) }
                MainButton(
                    title: strings.unlock, identifier: "unlock.submit", working: state.working ? strings.loading : nil,
                    enabled: state.complete
                ) { on(.submit) }
            }
            Section {
                Button(strings.unlockForgotten, role: .destructive) { on(.askWipe) }
                    .disabled(state.working)
                    .accessibilityIdentifier("unlock.forgotten")
            }
        }
        .onSubmit { on(.submit) }
        .navigationTitle(strings.unlockTitle(brand))
        .alert(strings.wipeTitle, isPresented: open(state.askWipe) { on(.keepAll) }) {
            Button(strings.wipeConfirm, role: .destructive) { on(.wipe) }.accessibilityIdentifier("unlock.wipe")
            Button(strings.cancel, role: .cancel) { on(.keepAll) }
        } message: {
            Text(strings.wipeForgottenText)
        }
        .accessibilityIdentifier("unlock")
    }

    private var problem: String? {
        switch state.problem {
        case nil: nil
        case .wrong: strings.unlockWrong
        case .wrongPin: strings.unlockWrongPin
        case .inUse: strings.profileInUse
        case .other(let text): strings.unlockOther(text)
        }
    }
}

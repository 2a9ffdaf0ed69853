import QrocKit
import SwiftUI

/// What if all my devices are lost?
struct RecoveryView: View {
    let state: RecoveryState
    let on: @MainActor (RecoveryEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        Form {
            if let error = state.error { Section { ErrorNote(text: error) } }
            switch state.step {
            case .show(let groups): NewKey(groups: groups, on: on)
            case .check(let typed, let wrong): check(typed, wrong)
            case .overview:
                if let standing = state.standing {
                    overview(standing)
                } else if state.error == nil {
                    Skeleton(rows: 2)
                }
            }
        }
        .titled(strings.recovery)
        .alert(strings.recoveryReplaceTitle, isPresented: open(state.asksReplace) { on(.keepOld) }) {
            Button(strings.recoveryReplace, role: .destructive) { on(.replace) }
                .accessibilityIdentifier("recovery.replace.confirm")
            Button(strings.cancel, role: .cancel) { on(.keepOld) }
        } message: {
            Text(strings.recoveryReplaceText)
        }
        .accessibilityIdentifier("recovery")
    }

    @ViewBuilder private func overview(_ standing: Standing) -> some View {
        if let done = state.done { Section { result(done) } }
        if standing.restorable {
            restore(standing)
        } else {
            Section {
                Text(strings.recoveryWhat)
                key(standing.key)
                BackupFacts(standing: standing)
            }
            Section {
                if standing.key == .on {
                    SideButton(
                        title: strings.recoveryReplace, identifier: "recovery.replace", enabled: !state.working
                    ) { on(.create) }
                } else {
                    MainButton(
                        title: strings.recoveryCreate, identifier: "recovery.create",
                        working: state.working ? strings.loading : nil
                    ) { on(.create) }
                }
            }
        }
    }

    private func result(_ done: RecoveryDone) -> some View {
        switch done {
        case .made: Fact(text: strings.recoveryMade, symbol: "checkmark", color: palette.verified.color)
        case .restored:
            Fact(text: strings.recoveryRestored, symbol: "checkmark.shield", color: palette.verified.color)
        case .restoredUnverified:
            Fact(
                text: strings.recoveryRestoredUnverified, symbol: "exclamationmark.shield",
                color: palette.waiting.color)
        }
    }

    private func key(_ key: KeyStanding) -> some View {
        switch key {
        case .none:
            Fact(text: strings.recoveryNone, symbol: "exclamationmark.triangle", color: palette.waiting.color)
        case .unshown:
            Fact(text: strings.recoveryUnshown, symbol: "exclamationmark.triangle", color: palette.waiting.color)
        case .on: Fact(text: strings.recoveryOn, symbol: "checkmark.shield", color: palette.verified.color)
        }
    }

    @ViewBuilder private func restore(_ standing: Standing) -> some View {
        Section {
            Text(standing.verified ? strings.backupLocked : strings.deviceUnverifiedLong)
            SecretField(
                title: strings.recoveryTyped, text: typed(state.typed) { on(.typed($0)) },
                identifier: "recovery.typed", kind: .recoveryKey
            )
            .disabled(state.working)
            .onSubmit { on(.restore) }
            if let problem = state.typedProblem { ErrorNote(text: problem) }
        } footer: {
            Text(strings.recoveryRestoreText)
        }
        Section {
            MainButton(
                title: strings.recoveryRestore, identifier: "recovery.restore",
                working: state.working ? strings.loading : nil, enabled: !state.typed.allSatisfy(\.isWhitespace)
            ) { on(.restore) }
            if !standing.verified {
                SideButton(title: strings.compareOwn, identifier: "recovery.compare", enabled: !state.working) {
                    on(.compare)
                }
            }
        }
    }

    @ViewBuilder private func check(_ text: String, _ wrong: Bool) -> some View {
        Section {
            TextField(strings.recoveryLastGroup, text: typed(text) { on(.lastGroup($0)) })
                .codeField(.recoveryKey)
                .disabled(state.working)
                .submitLabel(.done)
                .onSubmit { on(.confirm) }
                .privacySensitive()
                .accessibilityIdentifier("recovery.group")
            if wrong { ErrorNote(text: strings.recoveryLastGroupWrong) }
        } footer: {
            Text(strings.recoveryLastGroupHint)
        }
        Section {
            MainButton(
                title: strings.recoveryConfirm, identifier: "recovery.confirm",
                working: state.working ? strings.loading : nil, enabled: !text.allSatisfy(\.isWhitespace)
            ) { on(.confirm) }
            SideButton(title: strings.recoveryShowAgain, identifier: "recovery.again", enabled: !state.working) {
                on(.showAgain)
            }
        }
    }
}

/// The new key, shown once.
private struct NewKey: View {
    let groups: [String]
    let on: @MainActor (RecoveryEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    /// So many groups stand beside each other also in large type.
    private static let row = 3

    var body: some View {
        Section {
            Text(strings.recoveryWriteDown)
            VStack(alignment: .leading, spacing: 8) {
                ForEach(rows, id: \.self) { row in
                    HStack(spacing: 20) {
                        ForEach(row, id: \.self) { place in
                            Text(groups[place]).font(.title3.monospaced())
                        }
                    }
                }
            }
            .padding(12)
            .privacySensitive()
            .accessibilityElement(children: .combine)
            .accessibilityIdentifier("recovery.key")
        }
        Section {
            MainButton(title: strings.recoveryWritten, identifier: "recovery.written") { on(.written) }
        }
    }

    private var rows: [[Int]] {
        stride(from: 0, to: groups.count, by: Self.row).map { Array($0..<min($0 + Self.row, groups.count)) }
    }
}

/// How the backup stands.
private struct BackupFacts: View {
    let standing: Standing
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        switch standing.backup {
        case .off:
            Fact(text: strings.backupOff, symbol: "icloud.slash", color: palette.waiting.color)
            if standing.required {
                Fact(text: strings.recoveryRequired, symbol: "info.circle", color: palette.secondary.color)
            }
        case .locked: Fact(text: strings.backupLocked, symbol: "lock", color: palette.waiting.color)
        case .restoring:
            Fact(text: strings.backupRestoring(standing.keys), symbol: "clock", color: palette.waiting.color)
            ProgressView()
        case .pending:
            Fact(text: strings.backupPending(standing.waiting), symbol: "clock", color: palette.waiting.color)
        case .on: Fact(text: strings.backupOn(standing.keys), symbol: "checkmark", color: palette.verified.color)
        }
    }
}

/// How something stands: a sign and plain words.
private struct Fact: View {
    let text: String
    let symbol: String
    let color: Color

    var body: some View { Label(text, systemImage: symbol).foregroundStyle(color) }
}

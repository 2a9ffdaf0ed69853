import QrocKit
import QrocStrings
import SwiftUI

/// What is believed of somebody, in a word.
struct TrustChip: View {
    let trust: Trust
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        switch trust {
        case .verified: Chip(text: strings.verified, symbol: "checkmark.shield", color: palette.verified.color)
        case .unverified:
            Chip(text: strings.unverified, symbol: "exclamationmark.shield", color: palette.waiting.color)
        case .changed:
            Chip(text: strings.keysChanged, symbol: "exclamationmark.triangle", color: palette.danger.color)
        }
    }
}

/// Says above the messages that somebody's keys are others than before, before more is said.
struct ChangedNote: View {
    let name: String
    let compare: @MainActor () -> Void
    let take: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        HStack(alignment: .top, spacing: 12) {
            Image(systemName: "exclamationmark.triangle").foregroundStyle(palette.danger.color)
            VStack(alignment: .leading, spacing: 4) {
                Text(strings.keysChangedOf(name)).font(.subheadline)
                HStack(spacing: 16) {
                    Button(strings.compare, action: compare).accessibilityIdentifier("changed.compare")
                    Button(strings.takeChange, action: take).accessibilityIdentifier("changed.take")
                }
                .buttonStyle(.borderless)
                .frame(minHeight: 44)
            }
            Spacer()
        }
        .padding(12)
        .background(palette.raised.color)
        .accessibilityElement(children: .contain)
        .accessibilityIdentifier("changed")
    }
}

extension View {
    /// Asks before unknown keys are taken.
    func takeQuestion(
        _ name: String?, _ strings: Strings, take: @escaping @MainActor () -> Void,
        keep: @escaping @MainActor () -> Void
    ) -> some View {
        alert(strings.takeChangeTitle(name ?? ""), isPresented: open(name != nil, close: keep)) {
            Button(strings.takeChange, role: .destructive, action: take).accessibilityIdentifier("change.take")
            Button(strings.cancel, role: .cancel, action: keep)
        } message: {
            Text(strings.takeChangeText)
        }
    }
}

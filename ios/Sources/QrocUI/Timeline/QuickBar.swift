import QrocKit
import SwiftUI

/// What an officer does with one press, with one hand, in gloves: position, help.
struct QuickBar: View {
    let quick: Quick
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        VStack(spacing: 8) {
            if let helpAt = quick.helpAt { helpAsked(helpAt) }
            HStack(spacing: 8) {
                if quick.locating {
                    ProgressView().frame(maxWidth: .infinity, minHeight: 48).accessibilityLabel(strings.loading)
                } else {
                    GatedButton(
                        gate: .sendPosition, title: strings.quickPosition, symbol: "location",
                        identifier: "quick.position"
                    ) { on(.quickPosition) }
                    .buttonStyle(.bordered)
                    .frame(maxWidth: .infinity, minHeight: 48)
                }
                Button(strings.quickHelp, systemImage: "exclamationmark.triangle", role: .destructive) {
                    on(.quickHelp)
                }
                .buttonStyle(.bordered)
                .frame(maxWidth: .infinity, minHeight: 48)
                .accessibilityIdentifier("quick.help")
            }
        }
        .padding(.horizontal, 8)
        .background(palette.surface.color)
        .accessibilityElement(children: .contain)
        .accessibilityIdentifier("quick")
    }

    /// Since when, and the way to say that it is over.
    private func helpAsked(_ time: Date) -> some View {
        HStack(spacing: 12) {
            Image(systemName: "exclamationmark.triangle").foregroundStyle(palette.danger.color)
            Text(strings.helpAsked(times.clock(time))).font(.body).accessibilityAddTraits(.updatesFrequently)
            Spacer()
            Button(strings.iAmSafe) { on(.safe) }
                .buttonStyle(.bordered)
                .frame(minHeight: 48)
                .accessibilityIdentifier("quick.safe")
        }
        .padding(8)
        .background(palette.raised.color)
    }
}

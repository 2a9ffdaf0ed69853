import QrocKit
import SwiftUI

/// Are they who they say they are?
struct VerifySheet: View {
    let state: VerifyState
    let on: @MainActor (VerifyEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 16) {
                Text(strings.verifyTitle(state.name)).font(.title2).accessibilityAddTraits(.isHeader)
                if let error = state.error { ErrorNote(text: error) }
                step
                if state.isOver || state.error != nil {
                    SideButton(title: strings.close, identifier: "verify.close") { on(.close) }
                }
            }
            .padding(24)
        }
        .background(palette.background.color)
        .presentationDetents([.medium, .large])
        .accessibilityIdentifier("verify")
    }

    @ViewBuilder private var step: some View {
        switch state.step {
        case .waiting:
            if state.error == nil {
                turning(state.isPerson ? strings.verifyWaitingPerson(state.name) : strings.verifyWaitingDevice)
            }
        case .asked:
            said(state.isPerson ? strings.verifyAskedPerson(state.name) : strings.verifyAskedDevice)
            choice(strings.verifyBegin, "verify.begin", .begin, or: strings.verifyDecline, "verify.decline", .close)
        case .starting: turning(strings.verifyStarting)
        case .compare(let signs, let numbers):
            if signs.isEmpty {
                said(strings.verifyCompareNumbers)
                Text(numbers.map(String.init).joined(separator: "   "))
                    .font(.largeTitle.monospacedDigit())
                    .frame(maxWidth: .infinity)
                    .accessibilityIdentifier("verify.numbers")
            } else {
                said(state.isPerson ? strings.verifyComparePerson : strings.verifyCompareDevice)
                Signs(signs: signs)
            }
            choice(strings.verifySame, "verify.same", .same, or: strings.verifyDiffer, "verify.differ", .differ)
        case .code(let shown):
            said(
                shown == nil
                    ? strings.verifyCodeTheirs
                    : state.isPerson ? strings.verifyCodePerson(state.name) : strings.verifyCodeDevice)
            if let shown { CodeDrawing(code: shown) }
            choice(
                strings.verifyScanPicture, "verify.scan", .scan, or: strings.verifyBySigns, "verify.bySigns", .bySigns)
        case .scanned:
            said(strings.verifyScanned)
            choice(
                strings.verifyScannedYes, "verify.same", .same, or: strings.verifyScannedNo, "verify.differ", .differ)
        case .confirmed: turning(strings.verifyConfirmed)
        case .done: result("checkmark.shield", strings.verifyDone(state.name), palette.verified.color)
        case .ended(let why): result("exclamationmark.shield", words(why), color(why))
        }
    }

    private func said(_ text: String) -> some View {
        Text(text).font(.body).accessibilityAddTraits(.updatesFrequently)
    }

    private func turning(_ text: String) -> some View {
        HStack(spacing: 16) {
            ProgressView()
            said(text)
        }
    }

    private func result(_ symbol: String, _ text: String, _ color: Color) -> some View {
        HStack(spacing: 16) {
            Image(systemName: symbol).font(.largeTitle).foregroundStyle(color)
            said(text)
        }
    }

    private func choice(
        _ main: String, _ identifier: String, _ event: VerifyEvent,
        or side: String, _ sideIdentifier: String, _ sideEvent: VerifyEvent
    ) -> some View {
        VStack(spacing: 8) {
            MainButton(title: main, identifier: identifier, working: state.working ? strings.loading : nil) {
                on(event)
            }
            SideButton(
                title: side, identifier: sideIdentifier, enabled: !state.working, isDangerous: sideEvent == .differ
            ) { on(sideEvent) }
        }
    }

    private func words(_ why: VerifyEnding) -> String {
        switch why {
        case .here: strings.verifyCancelled
        case .there: strings.verifyCancelledThere
        case .timedOut: strings.verifyTimedOut
        case .mismatch: strings.verifyMismatch
        case .keyMismatch: strings.verifyKeyMismatch
        case .elsewhere: strings.verifyElsewhere
        case .protocolFault: strings.verifyProtocol
        }
    }

    private func color(_ why: VerifyEnding) -> Color {
        switch why {
        case .mismatch, .keyMismatch: palette.danger.color
        case .here, .there, .timedOut, .elsewhere, .protocolFault: palette.waiting.color
        }
    }
}

/// As large as they go: they are compared at arm's length, or said aloud.
private struct Signs: View {
    let signs: [Sign]
    @Environment(\.palette) private var palette

    /// So many stand beside each other on the narrowest phone.
    private static let row = 4

    var body: some View {
        VStack(spacing: 8) {
            ForEach(rows, id: \.self) { row in
                HStack(spacing: 8) {
                    ForEach(row, id: \.self) { place in sign(signs[place]) }
                }
            }
        }
        .frame(maxWidth: .infinity)
        .accessibilityElement(children: .contain)
        .accessibilityIdentifier("verify.signs")
    }

    /// Places of signs: the same sign can be there twice.
    private var rows: [[Int]] {
        stride(from: 0, to: signs.count, by: Self.row).map { Array($0..<min($0 + Self.row, signs.count)) }
    }

    private func sign(_ sign: Sign) -> some View {
        VStack(spacing: 4) {
            Text(sign.symbol).font(.largeTitle).accessibilityHidden(true)
            Text(sign.word).font(.footnote).multilineTextAlignment(.center)
        }
        .padding(8)
        .frame(minWidth: 72)
        .background(palette.raised.color, in: RoundedRectangle(cornerRadius: 16))
        .accessibilityElement(children: .combine)
    }
}

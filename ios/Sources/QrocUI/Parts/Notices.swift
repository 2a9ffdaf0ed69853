import QrocKit
import QrocStrings
import SwiftUI

/// One thin line: offline, since when, what waits. Nothing while all is well.
struct ConnectionLine: View {
    let connection: ConnectionState
    let onQueue: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        if let text {
            let color = (connection.failed > 0 ? palette.danger : palette.waiting).color
            Button(action: onQueue) {
                HStack(spacing: 8) {
                    Image(systemName: connection.failed > 0 ? "exclamationmark.circle" : symbol)
                    Text(text).font(.footnote)
                    Spacer()
                    if rest != nil { Image(systemName: "chevron.forward") }
                }
                .foregroundStyle(color)
                .padding(.horizontal, 16)
                .frame(minHeight: rest == nil ? 32 : 44)
                .background(palette.raised.color)
            }
            .buttonStyle(.plain)
            .disabled(rest == nil)
            .accessibilityIdentifier("connection")
            .accessibilityHint(rest == nil ? "" : strings.queueTitle)
        }
    }

    private var symbol: String {
        switch connection.kind {
        case .online, .connecting: "clock"
        case .offline: "wifi.slash"
        case .signedOut: "lock"
        }
    }

    private var state: String? {
        switch connection.kind {
        case .online: nil
        case .connecting: strings.connecting
        case .offline: connection.since.map { strings.offlineSince(times.short($0)) } ?? strings.offline
        case .signedOut: strings.signedOutByServer
        }
    }

    private var rest: String? {
        if connection.failed > 0 { return strings.notSentCount(connection.failed) }
        return connection.waiting > 0 ? strings.waitingCount(connection.waiting) : nil
    }

    private var text: String? {
        let parts = [state, rest].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}

/// What stands where nothing is: why, and what can be done.
struct EmptyNote: View {
    let symbol: String
    let title: String
    let text: String
    @Environment(\.palette) private var palette

    var body: some View {
        VStack(spacing: 12) {
            Image(systemName: symbol).font(.largeTitle).foregroundStyle(palette.secondary.color)
            Text(title).font(.headline).foregroundStyle(palette.body.color)
            Text(text).font(.subheadline).foregroundStyle(palette.secondary.color)
        }
        .multilineTextAlignment(.center)
        .padding(32)
        .frame(maxWidth: .infinity)
        .accessibilityElement(children: .combine)
        .accessibilityIdentifier("empty")
    }
}

/// What could not be done, and the way to try again where there is one.
struct ErrorNote: View {
    let text: String
    var again: (@MainActor () -> Void)?
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        HStack(spacing: 12) {
            Image(systemName: "exclamationmark.triangle")
            Text(text).font(.subheadline)
            Spacer()
            if let again {
                Button(strings.tryAgain, action: again)
                    .buttonStyle(.bordered)
                    .accessibilityIdentifier("retry")
            }
        }
        .foregroundStyle(palette.danger.color)
        .padding(12)
        .background(palette.raised.color, in: RoundedRectangle(cornerRadius: 12))
        .accessibilityIdentifier("error")
    }
}

/// What was done, in one line that goes when it is touched.
struct DoneNote: View {
    let text: String
    let close: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        HStack(spacing: 12) {
            Image(systemName: "checkmark.circle").foregroundStyle(palette.verified.color)
            Text(text).font(.subheadline).foregroundStyle(palette.body.color)
            Spacer()
            Button(action: close) { Image(systemName: "xmark") }
                .frame(minWidth: 44, minHeight: 44)
                .accessibilityLabel(strings.close)
                .accessibilityIdentifier("done.close")
        }
        .padding(.horizontal, 12)
        .background(palette.raised.color, in: RoundedRectangle(cornerRadius: 12))
        .accessibilityIdentifier("done")
    }
}

/// Rows in their final places while they are read.
struct Skeleton: View {
    let rows: Int
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        VStack(spacing: 16) {
            ForEach(0..<rows, id: \.self) { _ in
                HStack(spacing: 12) {
                    Circle().fill(palette.raised.color).frame(width: 44, height: 44)
                    VStack(alignment: .leading, spacing: 8) {
                        RoundedRectangle(cornerRadius: 4).fill(palette.raised.color).frame(width: 160, height: 14)
                        RoundedRectangle(cornerRadius: 4).fill(palette.raised.color).frame(width: 220, height: 12)
                    }
                    Spacer()
                }
            }
        }
        .padding(16)
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(strings.loading)
        .accessibilityIdentifier("loading")
    }
}

import Qroc
import QrocKit
import SwiftUI

/// What can be done with a message: the same in its menu and in its sheet.
struct MessageActions: View {
    let message: Message
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.strings) private var strings

    var body: some View {
        if message.state == .failed || message.state == .queued {
            Button(strings.tryNow, systemImage: "arrow.clockwise") { on(.retry(message)) }
                .accessibilityIdentifier("action.retry")
            Button(strings.cancelSending, systemImage: "xmark.circle", role: .destructive) { on(.cancel(message)) }
                .accessibilityIdentifier("action.cancel")
        }
        if message.eventId != nil, message.body != .removed {
            Button(strings.reply, systemImage: "arrowshape.turn.up.left") { on(.reply(message)) }
                .accessibilityIdentifier("action.reply")
            if message.thread == nil, let root = message.eventId {
                Button(strings.answerInThread, systemImage: "bubble.left.and.text.bubble.right") {
                    on(.openThread(root))
                }
                .accessibilityIdentifier("action.thread")
            }
        }
        switch message.body {
        case .text(let text):
            GatedButton(gate: .copy, title: strings.copy, symbol: "doc.on.doc", identifier: "action.copy") {
                on(.copy(text))
            }
            if message.own, message.eventId != nil {
                Button(strings.edit, systemImage: "pencil") { on(.edit(message)) }
                    .accessibilityIdentifier("action.edit")
            }
        case .picture, .file:
            if message.eventId != nil {
                GatedButton(
                    gate: .save, title: strings.save, symbol: "square.and.arrow.down", identifier: "action.save"
                ) {
                    on(.save(message))
                }
            }
        case .position(let shared):
            Button(strings.mapOpen, systemImage: "map") { on(.map(shared.place)) }
                .accessibilityIdentifier("action.map")
        case .unreadable, .removed, .unknown: EmptyView()
        }
        if message.own, message.eventId != nil, message.body != .removed {
            Button(strings.remove, systemImage: "trash", role: .destructive) { on(.askRemove(message)) }
                .accessibilityIdentifier("action.remove")
        }
    }
}

/// A message's details and what can be done with it.
struct MessageSheet: View {
    let message: Message
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    private static let symbols = ["👍", "✅", "👀", "❗️", "🙏"]

    var body: some View {
        List {
            if message.eventId != nil, message.body != .removed { Section { symbols } }
            Section { MessageActions(message: message, on: on) }
            Section {
                Label("\(times.day(message.time)), \(times.clock(message.time))", systemImage: "clock")
                Label(state, systemImage: "paperplane")
                if !message.seenBy.isEmpty {
                    Label(strings.seenBy(message.seenBy.joined(separator: ", ")), systemImage: "eye")
                }
                Label(
                    message.encrypted ? strings.wasEncrypted : strings.wasNotEncrypted,
                    systemImage: message.encrypted ? "lock" : "lock.open"
                )
                .foregroundStyle(message.encrypted ? palette.verified.color : palette.danger.color)
            }
            .font(.subheadline)
        }
        .presentationDetents([.medium, .large])
        .accessibilityIdentifier("message.sheet")
    }

    private var symbols: some View {
        HStack(spacing: 8) {
            ForEach(Self.symbols, id: \.self) { symbol in
                Button(symbol) { on(.react(message, symbol)) }
                    .font(.title2)
                    .buttonStyle(.borderless)
                    .frame(minWidth: 48, minHeight: 48)
                    .disabled(message.reactions.contains { $0.symbol == symbol && $0.mine })
                    .accessibilityLabel(strings.reactWith(symbol))
                    .accessibilityIdentifier("react.\(symbol)")
            }
        }
    }

    private var state: String {
        switch message.state {
        case .sent: message.own && message.seenBy.isEmpty ? strings.stateSentLong : strings.stateSent
        case .queued: strings.stateQueuedLong
        case .sending: strings.stateSendingLong
        case .failed: message.failure.map { "\(strings.stateFailed): \($0)" } ?? strings.stateFailed
        }
    }
}

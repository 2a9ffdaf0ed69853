import Qroc
import QrocKit
import SwiftUI

/// A message, as a bubble: a touch opens what can be done with it, a swipe answers.
struct MessageItem: View {
    let message: Message
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        HStack(alignment: .bottom, spacing: 8) {
            if message.own { Spacer(minLength: 48) }
            VStack(alignment: message.own ? .trailing : .leading, spacing: 2) {
                if message.first, !message.own {
                    Text(message.senderName).font(.footnote).foregroundStyle(palette.secondary.color)
                        .padding(.horizontal, 8)
                }
                bubble
                reactions
            }
            if !message.own { Spacer(minLength: 48) }
        }
        .padding(.top, message.first ? 6 : 0)
        .accessibilityElement(children: .combine)
        .accessibilityIdentifier("message.\(message.id)")
    }

    private var bubble: some View {
        VStack(alignment: .leading, spacing: 4) {
            if message.thread != nil {
                Chip(text: strings.inThread, symbol: "bubble.left.and.text.bubble.right", color: palette.accent.color)
            }
            if let quote = message.reply { QuoteView(quote: quote) }
            BodyView(message: message, on: on)
            foot
        }
        .padding(.horizontal, 12)
        .padding(.vertical, 8)
        .background(
            message.own ? palette.own.color : palette.other.color, in: RoundedRectangle(cornerRadius: 16)
        )
        .onTapGesture { on(.open(message)) }
        .contextMenu { MessageActions(message: message, on: on) }
        .accessibilityAction(named: strings.reply) { on(.reply(message)) }
    }

    private var foot: some View {
        HStack(spacing: 6) {
            if message.edited { Text(strings.edited) }
            Text(times.clock(message.time))
            state
            if message.answers > 0 {
                Button(strings.answerCount(message.answers)) { thread() }
                    .buttonStyle(.borderless)
                    .accessibilityIdentifier("message.thread")
            }
        }
        .font(.caption)
        .foregroundStyle(palette.secondary.color)
    }

    private func thread() {
        if let root = message.eventId { on(.openThread(root)) }
    }

    @ViewBuilder private var state: some View {
        switch message.state {
        case .sent:
            if message.own {
                Image(systemName: message.seenBy.isEmpty ? "checkmark" : "eye")
                    .accessibilityLabel(
                        message.seenBy.isEmpty ? strings.stateSent : strings.seenCount(message.seenBy.count))
            }
        case .queued, .sending:
            Chip(text: strings.stateWaiting, symbol: "clock", color: palette.waiting.color)
        case .failed:
            Chip(text: strings.stateFailed, symbol: "exclamationmark.circle", color: palette.danger.color)
            Button(strings.tryAgain) { on(.retry(message)) }
                .buttonStyle(.borderless)
                .accessibilityIdentifier("message.retry")
        }
    }

    @ViewBuilder private var reactions: some View {
        if !message.reactions.isEmpty {
            HStack(spacing: 4) {
                ForEach(message.reactions, id: \.symbol) { reaction in
                    Button("\(reaction.symbol) \(reaction.who.count)") {
                        if !reaction.mine { on(.react(message, reaction.symbol)) }
                    }
                    .font(.footnote)
                    .buttonStyle(.bordered)
                    .tint(reaction.mine ? palette.accent.color : palette.secondary.color)
                    .disabled(reaction.mine)
                    .accessibilityLabel(
                        strings.reactionBy(reaction.symbol, reaction.who.joined(separator: ", ")))
                }
            }
        }
    }
}

/// What is being answered.
struct QuoteView: View {
    let quote: Quote
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        HStack(spacing: 8) {
            Rectangle().fill(palette.accent.color).frame(width: 3, height: 32)
            VStack(alignment: .leading, spacing: 2) {
                if let sender = quote.sender { Text(sender).font(.caption).bold() }
                Text(quote.text ?? strings.quoteNotHere).font(.footnote).lineLimit(2)
            }
            .foregroundStyle(palette.secondary.color)
        }
    }
}

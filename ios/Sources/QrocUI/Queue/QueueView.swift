import Qroc
import QrocKit
import SwiftUI

/// What waits to be sent.
struct QueueView: View {
    let state: QueueState
    let on: @MainActor (QueueEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        List {
            if let error = state.error { ErrorNote(text: error) }
            if let items = state.items {
                if items.isEmpty {
                    EmptyNote(symbol: "checkmark.circle", title: strings.queueEmptyTitle, text: strings.queueEmptyText)
                }
                ForEach(items) { item in row(item) }
            } else {
                Skeleton(rows: 3)
            }
        }
        .listStyle(.plain)
        .titled(strings.queueTitle)
        .alert(
            strings.queueCancelTitle(state.cancelling?.roomName ?? ""),
            isPresented: open(state.cancelling != nil) { on(.keep) }
        ) {
            Button(strings.cancelSending, role: .destructive) { if let row = state.cancelling { on(.cancel(row)) } }
                .accessibilityIdentifier("queue.cancel.confirm")
            Button(strings.cancel, role: .cancel) { on(.keep) }
        } message: {
            Text(strings.queueCancelText)
        }
        .accessibilityIdentifier("queue")
    }

    private func row(_ item: QueueRow) -> some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(title(item)).font(.body)
            standing(item)
            if let why = item.why { Text(why).font(.footnote).foregroundStyle(palette.secondary.color) }
            if let facts = facts(item) { Text(facts).font(.footnote).foregroundStyle(palette.secondary.color) }
            if item.state != .sending {
                HStack(spacing: 16) {
                    Button(strings.tryNow) { on(.retry(item)) }.accessibilityIdentifier("queue.retry")
                    Button(strings.cancelSending, role: .destructive) { on(.askCancel(item)) }
                        .accessibilityIdentifier("queue.cancel")
                }
                .buttonStyle(.borderless)
                .frame(minHeight: 44)
            }
        }
        .swipeActions(edge: .trailing, allowsFullSwipe: false) {
            Button(strings.cancelSending, systemImage: "xmark.circle", role: .destructive) { on(.askCancel(item)) }
        }
        .swipeActions(edge: .leading) {
            Button(strings.tryNow, systemImage: "arrow.clockwise") { on(.retry(item)) }.tint(palette.accent.color)
        }
        .accessibilityElement(children: .contain)
        .accessibilityIdentifier("queued.\(item.id)")
    }

    private func title(_ item: QueueRow) -> String {
        switch item.kind {
        case .message: strings.queueMessage(item.roomName)
        case .redaction: strings.queueRemoval(item.roomName)
        case .read: strings.queueRead(item.roomName)
        case .membership: strings.queueMembership(item.roomName)
        case .setting: strings.queueSetting(item.roomName)
        }
    }

    private func standing(_ item: QueueRow) -> some View {
        switch item.state {
        case .failed:
            Chip(text: strings.stateFailed, symbol: "exclamationmark.circle", color: palette.danger.color)
        case .sending:
            Chip(text: strings.stateSendingLong, symbol: "paperplane", color: palette.accent.color)
        case .queued, .sent: Chip(text: strings.stateWaiting, symbol: "clock", color: palette.waiting.color)
        }
    }

    private func facts(_ item: QueueRow) -> String? {
        let tries = item.attempts > 0 ? strings.tries(item.attempts) : nil
        let next = item.next.map { strings.nextTry(times.clock($0)) }
        let all = [tries, next].compactMap { $0 }
        return all.isEmpty ? nil : all.joined(separator: ", ")
    }
}

import QrocKit
import SwiftUI

/// One line of a timeline.
struct EntryView: View {
    let entry: Entry
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        switch entry {
        case .day(let day): separator(times.day(day), palette.secondary.color)
        case .unread: separator(strings.unreadFromHere, palette.accent.color)
        case .gap: separator(strings.gap, palette.waiting.color)
        case .notice(let notice):
            Text("\(strings.words(notice)) · \(times.clock(notice.time))")
                .font(.footnote)
                .foregroundStyle(palette.secondary.color)
                .multilineTextAlignment(.center)
                .lineLimit(4)
                .padding(.horizontal, 24)
                .padding(.vertical, 4)
        case .message(let message): MessageItem(message: message, on: on)
        }
    }

    private func separator(_ text: String, _ color: Color) -> some View {
        Text(text)
            .font(.footnote)
            .foregroundStyle(color)
            .padding(.horizontal, 12)
            .padding(.vertical, 4)
            .background(palette.raised.color, in: Capsule())
            .padding(.vertical, 8)
            .accessibilityAddTraits(.isHeader)
    }
}

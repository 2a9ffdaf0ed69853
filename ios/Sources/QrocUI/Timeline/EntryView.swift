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
            Text("\(words(notice)) · \(times.clock(notice.time))")
                .font(.footnote)
                .foregroundStyle(palette.secondary.color)
                .multilineTextAlignment(.center)
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

    private func words(_ notice: Notice) -> String {
        switch notice.kind {
        case .created: strings.noticeCreated(notice.who)
        case .members: strings.noticeMembers(notice.who)
        case .name: strings.noticeName(notice.who)
        case .topic: strings.noticeTopic(notice.who)
        case .encrypted: strings.noticeEncrypted(notice.who)
        case .changed: strings.noticeChanged(notice.who)
        }
    }
}

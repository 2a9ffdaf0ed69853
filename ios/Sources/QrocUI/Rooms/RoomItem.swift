import QrocKit
import SwiftUI

/// A room, as a row.
struct RoomItem: View {
    let room: RoomRow
    let selected: Bool
    let answering: String?
    let on: @MainActor (RoomsEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        if room.invitation {
            VStack(alignment: .leading, spacing: 8) {
                row
                answers
            }
            .padding(.vertical, 4)
            .accessibilityIdentifier("room.\(room.id)")
        } else {
            Button {
                on(.open(room.id))
            } label: {
                row
            }
            .buttonStyle(.plain)
            .listRowBackground(selected ? palette.selected.color : palette.surface.color)
            .accessibilityElement(children: .combine)
            .accessibilityAddTraits(selected ? .isSelected : .isButton)
            .accessibilityIdentifier("room.\(room.id)")
        }
    }

    private var row: some View {
        HStack(spacing: 12) {
            Avatar(name: room.name, symbol: symbol)
            VStack(alignment: .leading, spacing: 4) {
                HStack(spacing: 8) {
                    Text(room.name).font(.headline).foregroundStyle(palette.body.color).lineLimit(1)
                    Spacer()
                    if let time = room.lastTime {
                        Text(times.short(time)).font(.footnote).foregroundStyle(palette.secondary.color)
                    }
                }
                HStack(spacing: 8) {
                    line.font(.subheadline).foregroundStyle(palette.secondary.color).lineLimit(1)
                    Spacer()
                    marks
                }
            }
        }
        .frame(minHeight: 60)
    }

    private var symbol: String? {
        switch room.kind {
        case .direct: nil
        case .group, .track: "person.3"
        case .broadcast: "megaphone"
        case .incident: "light.beacon.max"
        }
    }

    private var line: Text {
        if room.invitation {
            return Text(room.lastSender.map { strings.invitedBy($0) } ?? strings.invited)
        }
        if let draft = room.draft {
            return Text(strings.draft).foregroundStyle(palette.accent.color) + Text(" " + draft)
        }
        guard let text = room.lastText else { return Text(strings.nothingYet) }
        return Text(room.lastSender.map { "\($0): \(text)" } ?? text)
    }

    @ViewBuilder private var marks: some View {
        if room.failed > 0 {
            Chip(text: strings.stateFailed, symbol: "exclamationmark.circle", color: palette.danger.color)
        } else if room.sending > 0 {
            Chip(text: strings.stateWaiting, symbol: "clock", color: palette.waiting.color)
        }
        if !room.encrypted {
            Image(systemName: "lock.open").foregroundStyle(palette.danger.color)
                .accessibilityLabel(strings.notEncrypted)
        }
        if room.unread > 0 {
            Text(room.atLeast ? "\(room.unread)+" : "\(room.unread)")
                .font(.footnote)
                .foregroundStyle(palette.onAccent.color)
                .padding(.horizontal, 8)
                .padding(.vertical, 2)
                .background(palette.accent.color, in: Capsule())
                .accessibilityLabel(
                    room.atLeast ? strings.unreadAtLeast(room.unread) : strings.unreadCount(room.unread))
        }
    }

    private var answers: some View {
        HStack(spacing: 12) {
            Spacer()
            Button(strings.decline) { on(.decline(room.id)) }
                .buttonStyle(.bordered)
                .accessibilityIdentifier("room.decline")
            Button(strings.join) { on(.accept(room.id)) }
                .buttonStyle(.borderedProminent)
                .tint(palette.accent.color)
                .accessibilityIdentifier("room.join")
        }
        .disabled(answering != nil)
    }
}

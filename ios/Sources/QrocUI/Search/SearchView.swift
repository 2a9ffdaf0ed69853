import QrocKit
import SwiftUI

/// Finds rooms and messages on this device.
struct SearchScreen: View {
    let state: SearchState
    let on: @MainActor (SearchEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        List {
            if let error = state.error { ErrorNote(text: error) }
            if !state.rooms.isEmpty {
                Section(strings.rooms) { ForEach(state.rooms) { room in row(room) } }
            }
            if !state.messages.isEmpty {
                Section(strings.messages) { ForEach(state.messages) { hit in row(hit) } }
            }
            if state.query.isEmpty {
                EmptyNote(
                    symbol: "magnifyingglass", title: strings.searchStartTitle, text: strings.searchStartText)
            } else if state.settled, state.rooms.isEmpty, state.messages.isEmpty, state.error == nil {
                EmptyNote(symbol: "magnifyingglass", title: strings.searchNothingTitle, text: strings.searchNothingText)
            }
        }
        .listStyle(.plain)
        .searchable(text: typed(state.query) { on(.query($0)) }, prompt: strings.searchLabel)
        .onSubmit { on(.first) }
        .titled(strings.search)
        .accessibilityIdentifier("search.screen")
    }

    private func row(_ room: RoomHit) -> some View {
        Button {
            on(.openRoom(room.id))
        } label: {
            Label(room.name, systemImage: "bubble.left").font(.body)
        }
        .frame(minHeight: 44)
        .accessibilityIdentifier("hit.\(room.id)")
    }

    private func row(_ hit: MessageHit) -> some View {
        Button {
            on(.openMessage(hit))
        } label: {
            VStack(alignment: .leading, spacing: 4) {
                HStack {
                    Text(hit.roomName).font(.footnote)
                    Spacer()
                    Text(times.short(hit.time)).font(.footnote)
                }
                .foregroundStyle(palette.secondary.color)
                words(hit.snippet).font(.body)
            }
        }
        .buttonStyle(.plain)
        .accessibilityElement(children: .combine)
        .accessibilityIdentifier("hit.\(hit.id)")
    }

    private func words(_ snippet: Snippet) -> Text {
        snippet.parts.reduce(Text("")) { text, part in
            text + (part.match ? Text(part.text).bold().foregroundStyle(palette.accent.color) : Text(part.text))
        }
    }
}

import QrocKit
import SwiftUI

/// Where does a call for help or the position go?
struct QuickView: View {
    let state: QuickState
    let on: @MainActor (QuickEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        List {
            Section(strings.broughtTitle) {
                if let rooms = state.rooms {
                    ForEach(rooms) { room in row(room) }
                    if rooms.isEmpty { Text(strings.roomsEmptyTitle).foregroundStyle(palette.secondary.color) }
                } else {
                    Skeleton(rows: 4)
                }
            }
        }
        .titled(state.ask == .help ? strings.quickHelp : strings.quickPosition)
        .accessibilityIdentifier("quickly")
    }

    private func row(_ room: QuickRoom) -> some View {
        Button(room.name, systemImage: room.incident ? "light.beacon.max" : "person.3") { on(.choose(room.id)) }
            .frame(minHeight: 48)
            .accessibilityIdentifier("quickly.\(room.id)")
    }
}

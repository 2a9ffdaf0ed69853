import QrocKit
import SwiftUI

/// The list of rooms: what needs me?
struct RoomsView: View {
    let state: RoomsState
    let brand: String
    let on: @MainActor (RoomsEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        VStack(spacing: 0) {
            ConnectionLine(connection: state.connection) { on(.queue) }
            Picker(strings.rooms, selection: Binding(get: { state.filter }, set: { on(.filter($0)) })) {
                Text(strings.filterAll).tag(RoomFilter.all)
                Text(strings.filterUnread).tag(RoomFilter.unread)
                Text(title(strings.filterInvitations, state.count(.invitations))).tag(RoomFilter.invitations)
            }
            .pickerStyle(.segmented)
            .padding(.horizontal, 16)
            .padding(.vertical, 8)
            .accessibilityIdentifier("rooms.filter")
            if let error = state.error {
                ErrorNote(text: error) { on(.retry) }.padding(.horizontal, 16)
            }
            list
        }
        .background(palette.background.color)
        .navigationTitle(brand)
        .toolbar {
            ToolbarItem(placement: leading) {
                Button(strings.settings, systemImage: "gearshape") { on(.settings) }
                    .accessibilityIdentifier("rooms.settings")
            }
            ToolbarItem(placement: trailing) {
                Button(strings.search, systemImage: "magnifyingglass") { on(.search) }
                    .accessibilityIdentifier("rooms.search")
            }
            ToolbarItem(placement: .primaryAction) {
                GatedButton(
                    gate: .createRoom, title: strings.newRoom, symbol: "square.and.pencil", identifier: "rooms.new"
                ) { on(.new) }
            }
        }
        .accessibilityIdentifier("rooms")
    }

    @ViewBuilder private var list: some View {
        if state.rooms == nil {
            if state.error == nil { Skeleton(rows: 6) }
            Spacer()
        } else if state.shown.isEmpty {
            Spacer()
            EmptyNote(symbol: "bubble.left.and.bubble.right", title: emptyTitle, text: emptyText)
            Spacer()
        } else {
            List {
                ForEach(state.shown) { room in
                    RoomItem(room: room, selected: room.id == state.selectedId, answering: state.answering, on: on)
                        .onAppear { if room.id == state.shown.last?.id { on(.more) } }
                }
            }
            .listStyle(.plain)
        }
    }

    private func title(_ text: String, _ count: Int) -> String { count > 0 ? "\(text) \(count)" : text }

    private var emptyTitle: String {
        switch state.filter {
        case .all: strings.roomsEmptyTitle
        case .unread: strings.unreadEmptyTitle
        case .invitations: strings.invitationsEmptyTitle
        }
    }

    private var emptyText: String { state.filter == .all ? strings.roomsEmptyText : strings.filterEmptyText }

    #if os(macOS)
        private var leading: ToolbarItemPlacement { .navigation }
        private var trailing: ToolbarItemPlacement { .primaryAction }
    #else
        private var leading: ToolbarItemPlacement { .topBarLeading }
        private var trailing: ToolbarItemPlacement { .topBarTrailing }
    #endif
}

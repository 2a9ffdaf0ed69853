public import QrocKit
public import SwiftUI

/// The sheet in which another app's things are sent.
public struct ShareSheet: View {
    private let model: ShareModel
    @Environment(\.colorScheme) private var scheme

    /// Draws the sheet of a model.
    public init(_ model: ShareModel) {
        self.model = model
    }

    /// What is in it.
    public var body: some View {
        NavigationStack(path: .constant([Step]())) { ShareView(state: model.state) { model.on($0) } }
            .environment(\.palette, Palette.of(.system, isDark: scheme == .dark))
            .environment(\.strings, model.strings)
    }
}

/// Where does it go?
struct ShareView: View {
    let state: ShareState
    let on: @MainActor (ShareEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        List {
            if let what = state.what { Section { Label(what, systemImage: "square.and.arrow.up") } }
            if let refused = state.refused {
                Section {
                    ErrorNote(text: refused)
                    SideButton(title: strings.close, identifier: "share.close") { on(.cancel) }
                }
            } else {
                Section(strings.broughtTitle) { rooms }
            }
        }
        .titled(strings.send)
        .toolbar {
            ToolbarItem(placement: .cancellationAction) {
                Button(strings.cancel) { on(.cancel) }
                    .disabled(state.working)
                    .accessibilityIdentifier("share.cancel")
            }
        }
        .safeAreaInset(edge: .bottom, spacing: 0) {
            if state.refused == nil { bar }
        }
        .accessibilityIdentifier("share")
    }

    @ViewBuilder private var rooms: some View {
        if let rooms = state.rooms {
            ForEach(rooms) { room in row(room) }
            if rooms.isEmpty { Text(strings.roomsEmptyTitle).foregroundStyle(palette.secondary.color) }
        } else {
            Skeleton(rows: 4)
        }
    }

    private func row(_ room: ShareRoom) -> some View {
        Button {
            on(.choose(room.id))
        } label: {
            HStack(spacing: 12) {
                Avatar(name: room.name, symbol: nil)
                Text(room.name).font(.body)
                if !room.encrypted {
                    Image(systemName: "lock.open").foregroundStyle(palette.danger.color)
                        .accessibilityLabel(strings.notEncrypted)
                }
                Spacer()
                if room.id == state.chosen { Image(systemName: "checkmark").foregroundStyle(palette.accent.color) }
            }
        }
        .buttonStyle(.plain)
        .frame(minHeight: 48)
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(room.id == state.chosen ? .isSelected : .isButton)
        .accessibilityIdentifier("share.room.\(room.id)")
    }

    private var bar: some View {
        VStack(spacing: 8) {
            if let error = state.error { ErrorNote(text: error) }
            MainButton(
                title: strings.send, identifier: "share.send",
                working: state.working ? strings.stateSendingLong : nil, enabled: state.canSend
            ) { on(.send) }
        }
        .padding(16)
        .background(palette.surface.color)
    }
}

import QrocKit
import SwiftUI

/// A room's messages: what happened?
struct TimelineScreen: View {
    let state: TimelineState
    let composer: ComposerState
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        VStack(spacing: 0) {
            ConnectionLine(connection: state.connection) { on(.queue) }
            if let error = state.error {
                ErrorNote(text: error) { on(state.entries == nil ? .reload : .dismissError) }.padding(8)
            }
            if let changed = state.changed {
                ChangedNote(name: changed.name, compare: { on(.compare) }, take: { on(.askTake) })
            }
            if let done = state.done { DoneNote(text: done) { on(.dismissDone) }.padding(8) }
            messages
            if !state.typing.isEmpty {
                Text(typing).font(.footnote).foregroundStyle(palette.secondary.color).padding(.horizontal, 16)
                    .accessibilityAddTraits(.updatesFrequently)
            }
        }
        .background(palette.background.color)
        .safeAreaInset(edge: .bottom, spacing: 0) {
            VStack(spacing: 0) {
                if let quick = state.quick, !composer.left { QuickBar(quick: quick, on: on) }
                ComposerBar(state: composer, on: { on(.compose($0)) })
            }
        }
        .titled(state.thread == nil ? state.roomName : strings.thread)
        .toolbar {
            ToolbarItem(placement: .principal) { heading }
            ToolbarItem(placement: .primaryAction) {
                Button(strings.mapOpen, systemImage: "map") { on(.map(nil)) }
                    .accessibilityIdentifier("timeline.map")
            }
        }
        .sheet(isPresented: open(state.opened != nil) { on(.closeSheet) }) {
            if let message = state.opened { MessageSheet(message: message, on: on) }
        }
        .fullScreenPicture(state.viewing) { on(.closeViewer) }
        .alert(strings.removeTitle, isPresented: open(state.removing != nil) { on(.keepMessage) }) {
            Button(strings.removeConfirm, role: .destructive) {
                if let message = state.removing { on(.remove(message)) }
            }
            .accessibilityIdentifier("timeline.remove")
            Button(strings.cancel, role: .cancel) { on(.keepMessage) }
        } message: {
            Text(strings.removeText)
        }
        .takeQuestion(state.taking ? state.changed?.name : nil, strings) {
            on(.take)
        } keep: {
            on(.keepUnknown)
        }
        .attachmentSheets(composer) { on(.compose($0)) }
        .accessibilityIdentifier("timeline")
    }

    private var heading: some View {
        Button {
            on(state.thread == nil ? .details : .closeThread)
        } label: {
            VStack(spacing: 0) {
                Text(state.thread == nil ? state.roomName : strings.thread).font(.headline).lineLimit(1)
                HStack(spacing: 4) {
                    if !state.encrypted {
                        Image(systemName: "lock.open").foregroundStyle(palette.danger.color)
                            .accessibilityLabel(strings.notEncrypted)
                    }
                    if state.members > 0 { Text(strings.memberCount(state.members)).font(.footnote) }
                }
                .foregroundStyle(palette.secondary.color)
                if let trust = state.trust, state.thread == nil { TrustChip(trust: trust) }
            }
        }
        .buttonStyle(.plain)
        .accessibilityHint(state.thread == nil ? strings.roomDetails : strings.close)
        .accessibilityIdentifier("timeline.details")
    }

    @ViewBuilder private var messages: some View {
        if let entries = state.entries {
            if entries.isEmpty {
                Spacer()
                EmptyNote(symbol: "bubble.left", title: strings.timelineEmptyTitle, text: strings.timelineEmptyText)
                Spacer()
            } else {
                scroll(entries)
            }
        } else {
            if state.error == nil { Skeleton(rows: 5) }
            Spacer()
        }
    }

    private func scroll(_ entries: [Entry]) -> some View {
        ScrollViewReader { proxy in
            ScrollView {
                LazyVStack(spacing: 4) {
                    Oldest(state: state, on: on)
                    ForEach(entries) { entry in
                        EntryView(entry: entry, on: on)
                            .id(entry.id)
                            .onAppear { appeared(entry, last: entries.last) }
                    }
                }
                .padding(.horizontal, 12)
                .padding(.vertical, 8)
            }
            .defaultScrollAnchor(.bottom)
            .onChange(of: state.target) { _, target in
                guard let target else { return }
                proxy.scrollTo(target, anchor: .center)
                on(.targetShown)
            }
            .onChange(of: entries.last?.id) { _, last in
                if let last { proxy.scrollTo(last, anchor: .bottom) }
            }
        }
    }

    private func appeared(_ entry: Entry, last: Entry?) {
        if entry.id == last?.id { on(.seenNewest) }
        if case .message(let message) = entry, case .picture(let file) = message.body, file.picture == nil {
            on(.appeared(message.id))
        }
    }

    private var typing: String {
        state.typing.count == 1 ? strings.typingOne(state.typing[0]) : strings.typingMany(state.typing.count)
    }
}

/// What stands above the oldest message.
private struct Oldest: View {
    let state: TimelineState
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        if state.thread != nil {
            EmptyView()
        } else if let error = state.olderError {
            ErrorNote(text: error) { on(.older) }
        } else if state.atStart {
            Text(strings.roomStart).font(.footnote).foregroundStyle(palette.secondary.color).padding(8)
        } else if state.loadingOlder {
            ProgressView().frame(minHeight: 44).accessibilityLabel(strings.loading)
        } else {
            Color.clear.frame(height: 1).onAppear { on(.older) }.accessibilityHidden(true)
        }
    }
}

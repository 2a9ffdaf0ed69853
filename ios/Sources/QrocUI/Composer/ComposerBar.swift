import QrocKit
import SwiftUI

/// The bar below a timeline.
struct ComposerBar: View {
    let state: ComposerState
    let on: @MainActor (ComposerEvent) -> Void
    @FocusState private var isTyping: Bool
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        VStack(spacing: 0) {
            Divider()
            if state.left {
                Label(strings.closedLeft, systemImage: "lock")
                    .foregroundStyle(palette.secondary.color)
                    .padding(16)
                    .accessibilityIdentifier("composer.left")
            } else {
                subject
                bar
            }
        }
        .background(palette.surface.color)
    }

    @ViewBuilder private var subject: some View {
        switch state.mode {
        case .new: EmptyView()
        case .reply(let sender, let text): subject(strings.replyTo(sender), text, strings.cancelReply)
        case .edit(let text): subject(strings.editing, text, strings.cancelEdit)
        }
    }

    private func subject(_ title: String, _ text: String, _ cancel: String) -> some View {
        HStack(spacing: 12) {
            VStack(alignment: .leading, spacing: 2) {
                Text(title).font(.footnote).foregroundStyle(palette.accent.color)
                Text(text).font(.footnote).foregroundStyle(palette.secondary.color).lineLimit(1)
            }
            Spacer()
            Button {
                on(.cancelMode)
            } label: {
                Image(systemName: "xmark")
            }
            .frame(minWidth: 44, minHeight: 44)
            .accessibilityLabel(cancel)
            .accessibilityIdentifier("composer.cancel")
        }
        .padding(.horizontal, 16)
        .accessibilityIdentifier("composer.subject")
    }

    private var bar: some View {
        HStack(alignment: .bottom, spacing: 8) {
            Menu {
                GatedButton(gate: .sendPhoto, title: strings.attachPhoto, symbol: "photo", identifier: "attach.photo") {
                    on(.pickPhoto)
                }
                GatedButton(gate: .sendFile, title: strings.attachFile, symbol: "doc", identifier: "attach.file") {
                    on(.pickFile)
                }
                GatedButton(
                    gate: .sendPosition, title: strings.attachPosition, symbol: "mappin", identifier: "attach.position"
                ) { on(.position) }
            } label: {
                Image(systemName: "plus.circle.fill").font(.title2)
            }
            .frame(minWidth: 48, minHeight: 48)
            .accessibilityLabel(strings.attach)
            .accessibilityIdentifier("composer.attach")
            TextField(strings.messageHint, text: typed(state.text) { on(.text($0)) }, axis: .vertical)
                .lineLimit(1...6)
                .focused($isTyping)
                .padding(12)
                .background(palette.raised.color, in: RoundedRectangle(cornerRadius: 20))
                .accessibilityIdentifier("composer.text")
            Button {
                on(.send)
            } label: {
                Image(systemName: isEditing ? "checkmark.circle.fill" : "arrow.up.circle.fill").font(.largeTitle)
            }
            .tint(palette.accent.color)
            .frame(minWidth: 48, minHeight: 48)
            .disabled(!state.canSend)
            .accessibilityLabel(isEditing ? strings.saveEdit : strings.send)
            .accessibilityIdentifier("composer.send")
        }
        .padding(8)
    }

    private var isEditing: Bool { if case .edit = state.mode { true } else { false } }
}

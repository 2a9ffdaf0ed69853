import QrocKit
import SwiftUI

extension View {
    /// A file or a place that is about to be sent.
    func attachmentSheets(_ state: ComposerState, _ on: @escaping @MainActor (ComposerEvent) -> Void) -> some View {
        sheet(isPresented: open(state.attachment != nil) { on(.dropAttachment) }) {
            if let attachment = state.attachment { AttachmentSheet(attachment: attachment, on: on) }
        }
        .sheet(isPresented: open(state.position != nil) { on(.closePosition) }) {
            if let position = state.position { PositionSheet(draft: position, on: on) }
        }
    }
}

/// What is sent of a file, before it is sent.
struct AttachmentSheet: View {
    let attachment: AttachmentDraft
    let on: @MainActor (ComposerEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        Form {
            Section {
                if let picture = attachment.picture {
                    PictureView(picture: picture, width: picture.width, height: picture.height)
                        .accessibilityLabel(strings.photoPreview)
                }
                Label(attachment.name, systemImage: attachment.photo ? "photo" : "doc")
                Text(attachment.photo ? size(attachment.sourceBytes, strings) : unchanged)
                    .font(.subheadline)
                    .foregroundStyle(palette.secondary.color)
                if attachment.cleaned {
                    Chip(text: strings.cleaned, symbol: "checkmark.shield", color: palette.verified.color)
                }
            }
            Section {
                TextField(strings.caption, text: typed(attachment.caption) { on(.caption($0)) }, axis: .vertical)
                    .accessibilityIdentifier("attachment.caption")
                if let problem = attachment.problem { ErrorNote(text: problem) }
                MainButton(
                    title: strings.send, identifier: "attachment.send",
                    working: attachment.working ? strings.stateSendingLong : nil
                ) { on(.sendAttachment) }
                Button(strings.cancel, role: .cancel) { on(.dropAttachment) }
                    .disabled(attachment.working)
                    .accessibilityIdentifier("attachment.cancel")
            }
        }
        .titled(attachment.photo ? strings.sendPhotoTitle : strings.sendFileTitle)
        .presentationDetents([.medium, .large])
        .accessibilityIdentifier("attachment")
    }

    private var unchanged: String { strings.sizeUnchanged(size(attachment.sourceBytes, strings)) }
}

/// A place that is typed.
struct PositionSheet: View {
    let draft: PositionDraft
    let on: @MainActor (ComposerEvent) -> Void
    @Environment(\.strings) private var strings

    var body: some View {
        Form {
            Section {
                TextField(strings.coordinates, text: typed(draft.text) { on(.positionText($0)) })
                    .codeField(.coordinates)
                    .accessibilityIdentifier("position.text")
                if let place = draft.place { SmallMap(place: place, accuracy: nil) }
            } footer: {
                Text(draft.text.isEmpty || draft.place != nil ? strings.coordinatesHint : strings.coordinatesWrong)
            }
            Section {
                MainButton(title: strings.send, identifier: "position.send", enabled: draft.place != nil) {
                    on(.sendPosition)
                }
                Button(strings.cancel, role: .cancel) { on(.closePosition) }
                    .accessibilityIdentifier("position.cancel")
            }
        }
        .titled(strings.sendPositionTitle)
        .presentationDetents([.medium, .large])
        .accessibilityIdentifier("position")
    }
}

import Qroc
import QrocKit
import SwiftUI

/// What a message holds.
struct BodyView: View {
    let message: Message
    let on: @MainActor (TimelineEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    private var ink: Color { (message.own ? palette.onOwn : palette.onOther).color }

    var body: some View {
        switch message.body {
        case .text(let text): Text(text).font(.body).foregroundStyle(ink)
        case .picture(let file): picture(file)
        case .file(let file): attached(file)
        case .position(let shared): position(shared)
        case .unreadable(let reason): note(words(reason), "lock.slash", palette.waiting.color)
        case .removed: note(strings.removed, "trash", palette.secondary.color)
        case .unknown(let type): note(strings.unknownMessage(type), "questionmark.circle", palette.secondary.color)
        }
    }

    private func note(_ text: String, _ symbol: String, _ color: Color) -> some View {
        HStack(spacing: 8) {
            Image(systemName: symbol)
            Text(text).font(.subheadline).italic()
        }
        .foregroundStyle(color)
    }

    private func picture(_ file: PictureFile) -> some View {
        VStack(alignment: .leading, spacing: 6) {
            Button {
                on(.view(message))
            } label: {
                PictureView(picture: file.picture, width: file.width, height: file.height)
            }
            .buttonStyle(.plain)
            .disabled(file.picture == nil)
            .accessibilityLabel(strings.photoFrom(message.senderName))
            .accessibilityHint(strings.viewPhoto)
            .accessibilityIdentifier("message.picture")
            transfer(file.transfer, bytes: file.bytes)
            if let caption = file.caption { Text(caption).font(.body).foregroundStyle(ink) }
        }
    }

    private func attached(_ file: SentFileRow) -> some View {
        VStack(alignment: .leading, spacing: 6) {
            GatedButton(
                gate: .save, title: strings.saveFile(file.name), symbol: "doc", identifier: "message.file"
            ) { on(.save(message)) }
            .buttonStyle(.borderless)
            transfer(file.transfer, bytes: file.bytes)
            if let caption = file.caption { Text(caption).font(.body).foregroundStyle(ink) }
        }
    }

    @ViewBuilder private func transfer(_ state: FileTransfer, bytes: UInt64?) -> some View {
        switch state {
        case .none:
            if let bytes {
                Text(size(bytes, strings)).font(.caption).foregroundStyle(palette.secondary.color)
            }
        case .running(let part):
            if let part { ProgressView(value: part) } else { ProgressView() }
        case .failed(let why): note(why, "exclamationmark.circle", palette.danger.color)
        }
    }

    private func position(_ shared: SharedPlace) -> some View {
        let place = degrees(shared.place.latitude, shared.place.longitude)
        return VStack(alignment: .leading, spacing: 6) {
            Button {
                on(.map(shared.place))
            } label: {
                SmallMap(place: shared.place, accuracy: shared.accuracy)
            }
            .buttonStyle(.plain)
            .accessibilityLabel(strings.mapOf(place))
            .accessibilityIdentifier("message.map")
            Text(place).font(.subheadline).foregroundStyle(ink)
            Text(facts(shared)).font(.caption).foregroundStyle(palette.secondary.color)
        }
    }

    private func facts(_ shared: SharedPlace) -> String {
        let accuracy = shared.accuracy.map { strings.accuracy(Int($0.rounded())) }
        return [accuracy, times.ago(shared.measured)].compactMap { $0 }.joined(separator: " · ")
    }

    private func words(_ reason: Unreadable) -> String {
        switch reason {
        case .missingKey: strings.unreadableNoKey
        case .withheld: strings.unreadableWithheld
        case .damaged: strings.unreadableDamaged
        case .unsupported: strings.unreadableUnsupported
        }
    }
}

import QrocKit
import SwiftUI

/// The own position is shared: over every screen, for as long as it goes on.
struct SharingLine: View {
    let running: [Sharing]
    let stop: @MainActor () -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        if !running.isEmpty {
            HStack(spacing: 8) {
                Image(systemName: "location.fill").foregroundStyle(palette.verified.color)
                Text(text).font(.footnote).lineLimit(2).accessibilityAddTraits(.updatesFrequently)
                Spacer()
                Button(strings.stopSharing, action: stop)
                    .buttonStyle(.bordered)
                    .disabled(running.allSatisfy(\.stopping))
                    .accessibilityIdentifier("sharing.stop")
            }
            .padding(.horizontal, 16)
            .frame(minHeight: 44)
            .background(palette.raised.color)
            .accessibilityElement(children: .contain)
            .accessibilityIdentifier("sharing")
        }
    }

    private var text: String {
        if running.allSatisfy(\.stopping) { return strings.sharingStops }
        return running.count == 1 ? strings.sharingWith(running[0].roomName) : strings.sharingWithRooms(running.count)
    }
}

/// The own sharing with a room: begun here, with its end in sight while it goes on.
struct SharingBar: View {
    let sharing: OwnSharing
    let on: @MainActor (MapEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            if let problem = sharing.problem { ErrorNote(text: problem) }
            if sharing.on {
                HStack(spacing: 12) {
                    Image(systemName: "location.fill").foregroundStyle(palette.verified.color)
                    Text(text).font(.headline).accessibilityAddTraits(.updatesFrequently)
                    Spacer()
                    Button(strings.stopSharing) { on(.stopShare) }
                        .buttonStyle(.bordered)
                        .disabled(sharing.stopping)
                        .accessibilityIdentifier("map.stop")
                }
                .frame(minHeight: 48)
            } else {
                GatedButton(
                    gate: .sharePosition, title: strings.shareMine, symbol: "location", identifier: "map.share"
                ) { on(.askShare) }
                .buttonStyle(.borderedProminent)
                .controlSize(.large)
            }
        }
        .padding(12)
        .background(palette.surface.color)
    }

    private var text: String {
        if sharing.stopping { return strings.sharingStops }
        return sharing.until.map { strings.youShareUntil(times.clock($0)) } ?? strings.youShare
    }
}

/// For how long?
struct SharingSheet: View {
    let sharing: OwnSharing
    let on: @MainActor (MapEvent) -> Void
    @Environment(\.strings) private var strings

    var body: some View {
        List {
            Section {
                ForEach(sharing.choices, id: \.self) { minutes in
                    Button(title(minutes), systemImage: "clock") { on(.share(minutes)) }
                        .frame(minHeight: 44)
                        .accessibilityIdentifier("share.\(minutes)")
                }
                Button(strings.cancel, role: .cancel) { on(.keepPosition) }
                    .frame(minHeight: 44)
                    .accessibilityIdentifier("share.cancel")
            } header: {
                Text(strings.shareHowLong)
            } footer: {
                Text(strings.shareWhat)
            }
        }
        .presentationDetents([.medium, .large])
        .accessibilityIdentifier("share")
    }

    private func title(_ minutes: Int) -> String {
        minutes < 60 ? strings.forMinutes(minutes) : strings.forHours(minutes / 60)
    }
}

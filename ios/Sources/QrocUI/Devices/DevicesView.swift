import Qroc
import QrocKit
import SwiftUI

/// The devices of the account.
struct DevicesView: View {
    let state: DevicesState
    let on: @MainActor (DevicesEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        List {
            if let error = state.error { ErrorNote(text: error) { on(.reload) } }
            if let devices = state.devices {
                ForEach(devices) { device in row(device) }
            } else if state.error == nil {
                Skeleton(rows: 3)
            }
        }
        .titled(strings.devices)
        .refreshable { on(.reload) }
        .sheet(isPresented: open(state.leaving != nil) { on(.keep) }) {
            if let device = state.leaving { confirm(device) }
        }
        .accessibilityIdentifier("devices")
    }

    private func row(_ device: DeviceRow) -> some View {
        VStack(alignment: .leading, spacing: 6) {
            Text(device.name).font(.body)
            trust(device.trust)
            if let seen = device.lastSeen {
                Text(strings.lastSeen(times.ago(seen))).font(.footnote).foregroundStyle(palette.secondary.color)
            }
            if device.trust != .this {
                Button(strings.signOutDevice(device.name), systemImage: "iphone.slash", role: .destructive) {
                    on(.askSignOut(device))
                }
                .buttonStyle(.borderless)
                .frame(minHeight: 44)
                .accessibilityIdentifier("device.signout")
            }
        }
        .accessibilityElement(children: .contain)
        .accessibilityIdentifier("device.\(device.id)")
    }

    private func trust(_ trust: DeviceTrust) -> some View {
        switch trust {
        case .this: Chip(text: strings.thisDevice, symbol: "iphone", color: palette.accent.color)
        case .verified: Chip(text: strings.verified, symbol: "checkmark.shield", color: palette.verified.color)
        case .unverified, .changed:
            Chip(text: strings.unverified, symbol: "exclamationmark.shield", color: palette.waiting.color)
        }
    }

    private func confirm(_ device: DeviceRow) -> some View {
        Form {
            Section {
                Text(strings.deviceSignOutText)
                SecretField(
                    title: strings.password, text: typed(state.password) { on(.password($0)) },
                    identifier: "device.password", kind: .password)
                if state.wrongPassword { ErrorNote(text: strings.passwordWrong) }
            } header: {
                Text(strings.deviceSignOutTitle(device.name))
            } footer: {
                EmptyView()
            }
            Section {
                MainButton(
                    title: strings.signOut, identifier: "device.confirm",
                    working: state.working ? strings.loading : nil, enabled: !state.password.isEmpty
                ) { on(.signOut) }
                Button(strings.cancel, role: .cancel) { on(.keep) }
                    .disabled(state.working)
                    .accessibilityIdentifier("device.cancel")
            }
        }
        .presentationDetents([.medium, .large])
    }
}

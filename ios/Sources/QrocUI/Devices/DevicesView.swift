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
                if !state.verified { unverified(others: devices.count > 1) }
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

    /// What this device lacks, and the two ways to it.
    private func unverified(others: Bool) -> some View {
        Section {
            Label(strings.deviceUnverifiedLong, systemImage: "exclamationmark.shield")
                .foregroundStyle(palette.waiting.color)
            if others {
                MainButton(title: strings.compareOwn, identifier: "devices.compare") { on(.compareAny) }
            }
            SideButton(title: strings.useRecoveryKey, identifier: "devices.recovery") { on(.recovery) }
        }
    }

    private func row(_ device: DeviceRow) -> some View {
        VStack(alignment: .leading, spacing: 6) {
            Text(device.name).font(.body)
            trust(device.trust)
            // A device that is not verified itself cannot vouch for another one.
            if state.verified, device.trust == .unverified || device.trust == .changed {
                Button(strings.compare, systemImage: "checkmark.shield") { on(.compare(device)) }
                    .buttonStyle(.borderless)
                    .frame(minHeight: 44)
                    .accessibilityIdentifier("device.compare")
            }
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

    @ViewBuilder private func trust(_ trust: DeviceTrust) -> some View {
        switch trust {
        case .this:
            Chip(text: strings.thisDevice, symbol: "iphone", color: palette.accent.color)
            if state.verified { TrustChip(trust: .verified) }
        case .verified: TrustChip(trust: .verified)
        case .unverified, .changed: TrustChip(trust: .unverified)
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

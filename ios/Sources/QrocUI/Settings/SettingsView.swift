import QrocKit
import SwiftUI

/// The account, the looks, and goodbye.
struct SettingsView: View {
    let state: SettingsState
    let on: @MainActor (SettingsEvent) -> Void
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    private static let languages = [("de", "Deutsch"), ("el", "Ελληνικά"), ("en", "English"), ("fr", "Français")]

    var body: some View {
        List {
            if let error = state.error { ErrorNote(text: error) }
            account
            looks
            Section(strings.storage) {
                Text(strings.storageUsed(size(state.databaseBytes, strings)))
                Label(strings.storageSealed, systemImage: "lock").foregroundStyle(palette.verified.color)
            }
            Section(strings.about) {
                Text(strings.version(state.version))
                Text(strings.licence)
            }
            farewell
        }
        .titled(strings.settings)
        .alert(
            state.asking == .wipe ? strings.wipeTitle : strings.signOutTitle,
            isPresented: open(state.asking != nil) { on(.stay) }
        ) {
            Button(state.asking == .wipe ? strings.wipeConfirm : strings.signOut, role: .destructive) {
                if let farewell = state.asking { on(.confirm(farewell)) }
            }
            .accessibilityIdentifier("settings.confirm")
            Button(strings.cancel, role: .cancel) { on(.stay) }
        } message: {
            Text(question)
        }
        .accessibilityIdentifier("settings")
    }

    private var question: String {
        let text = state.asking == .wipe ? strings.wipeText : strings.signOutText
        return state.waiting > 0 ? "\(text)\n\(strings.waitingIsLost(state.waiting))" : text
    }

    private var account: some View {
        Section {
            Label(state.userId, systemImage: "person")
            Text(state.server).foregroundStyle(palette.secondary.color)
            Text(strings.deviceIs(state.deviceId)).foregroundStyle(palette.secondary.color)
            Label(
                state.verified ? strings.deviceVerified : strings.deviceUnverified,
                systemImage: state.verified ? "checkmark.shield" : "exclamationmark.shield"
            )
            .foregroundStyle(state.verified ? palette.verified.color : palette.waiting.color)
            Text(state.lastSync.map { strings.lastSync(times.ago($0)) } ?? strings.neverSynced)
                .font(.footnote)
                .foregroundStyle(palette.secondary.color)
            link(strings.devices, "laptopcomputer.and.iphone", "settings.devices", .devices)
            link(strings.recovery, "key", "settings.recovery", .recovery)
            link(
                state.waiting > 0 ? strings.waitingCount(state.waiting) : strings.queueTitle, "tray.and.arrow.up",
                "settings.queue", .queue)
            link(strings.policyTitle, "building.columns", "settings.policy", .policy)
        }
    }

    private func link(_ title: String, _ symbol: String, _ identifier: String, _ event: SettingsEvent) -> some View {
        Button {
            on(event)
        } label: {
            HStack {
                Label(title, systemImage: symbol)
                Spacer()
                Image(systemName: "chevron.forward").foregroundStyle(palette.secondary.color)
            }
        }
        .frame(minHeight: 44)
        .accessibilityIdentifier(identifier)
    }

    private var looks: some View {
        Section {
            Picker(
                strings.appearance, selection: Binding(get: { state.appearance }, set: { on(.look($0)) })
            ) {
                Text(strings.lookSystem).tag(Appearance.system)
                Text(strings.lookLight).tag(Appearance.light)
                Text(strings.lookDark).tag(Appearance.dark)
                Text(strings.lookNight).tag(Appearance.night)
            }
            .accessibilityIdentifier("settings.appearance")
            Picker(
                strings.languageTitle, selection: Binding(get: { state.language ?? "" }, set: choose)
            ) {
                Text(strings.systemLanguage).tag("")
                ForEach(Self.languages, id: \.0) { code, name in Text(name).tag(code) }
            }
            .accessibilityIdentifier("settings.language")
        }
    }

    private func choose(_ language: String) { on(.language(language.isEmpty ? nil : language)) }

    private var farewell: some View {
        Section {
            Button(strings.signOut, systemImage: "rectangle.portrait.and.arrow.right", role: .destructive) {
                on(.ask(.signOut))
            }
            .accessibilityIdentifier("settings.signout")
            Button(strings.wipe, systemImage: "flame", role: .destructive) { on(.ask(.wipe)) }
                .accessibilityIdentifier("settings.wipe")
        }
        .disabled(state.working)
    }
}

import Foundation
import QrocKit
import QrocPhone
import UIKit

/// What iOS does for the screens.
@MainActor final class PhoneSurroundings: Surroundings {
    let time: any Timekeeper = SystemTime()
    let vaults: any Vaults = DeviceVaults(EnclaveVault())
    let receiver: (any PositionReceiver)? = PhoneReceiver()
    private let chooser: Chooser

    /// Keys of the defaults.
    private static let settings = "looks"
    /// A text on the clipboard is gone after this.
    private static let clipboardLife: TimeInterval = 60

    init(chooser: Chooser) {
        self.chooser = chooser
    }

    var deviceName: String { UIDevice.current.model }
    var version: String {
        Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? ""
    }
    var language: String { Bundle.main.preferredLocalizations.first.map { String($0.prefix(2)) } ?? "en" }

    func chooseFile(photo: Bool) async -> URL? { await chooser.file(photo: photo) }
    func chooseTarget(_ name: String) async -> URL? { await chooser.folder()?.appendingPathComponent(name) }
    func release(_ file: URL) {
        // Only what was copied for this: what is elsewhere is the officer's.
        guard file.path.hasPrefix(Folders.scratch.path + "/") else { return }
        try? FileManager.default.removeItem(at: file.deletingLastPathComponent())
    }
    func decode(_ bytes: Data) async -> Picture? { await PictureReader.read(bytes) }

    func copy(_ text: String) {
        // On no other device, and not for long.
        UIPasteboard.general.setItems(
            [["public.utf8-plain-text": text]],
            options: [.localOnly: true, .expirationDate: Date(timeIntervalSinceNow: Self.clipboardLife)]
        )
    }

    func loadSettings() -> [String: String] {
        UserDefaults.standard.dictionary(forKey: Self.settings) as? [String: String] ?? [:]
    }

    func saveSettings(_ settings: [String: String]) {
        UserDefaults.standard.set(settings, forKey: Self.settings)
    }
}

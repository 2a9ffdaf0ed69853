import Foundation
import Qroc
import QrocKit
import SwiftUI
import UIKit

/// What the app is made of on this phone, and what happens when it comes and goes.
@MainActor @Observable final class Phone {
    static let brand = "QROC"

    let app: AppModel
    let chooser: Chooser
    private let network = NetworkWatch()
    private let managed = ManagedSource()
    private var hasStarted = false

    init() {
        let chooser = Chooser()
        self.chooser = chooser
        app = AppModel(
            profile: Folders.profile,
            surroundings: PhoneSurroundings(chooser: chooser)
        )
    }

    /// Once, before anything is shown.
    func start() async {
        guard !hasStarted else { return }
        hasStarted = true
        Folders.prepare()
        do {
            try Client.initialize(Platform(managed: [managed.now]))
            tellDevice(DeviceFacts(system: .ios, version: UIDevice.current.systemVersion))
        } catch {
            // A library that does not fit is a fault of the build: there is nothing to show.
            fatalError("\(error)")
        }
        await app.start()
        managed.follow { [app] config in
            await app.takeManaged(config)
            if let feedback = await app.feedback() { ManagedSource.answer(feedback) }
        }
        network.follow { [app] in await app.networkReturned() }
    }

    func went(to phase: ScenePhase) {
        switch phase {
        case .active: Task { await app.foreground() }
        case .background:
            BackgroundWork.finish("send") { [app] in _ = await app.background(limit: .seconds(25)) }
            BackgroundWork.askToBeWoken()
        case .inactive: app.attend(false)
        @unknown default: break
        }
    }

    /// Woken by the system, perhaps before anything was shown.
    func wake() async {
        await start()
        BackgroundWork.askToBeWoken()
        await app.wake()
    }
}

/// Where things are on this phone.
enum Folders {
    /// The profile: in no backup, readable for this app from the first unlock after a restart on. What is in it is
    /// encrypted besides.
    static var profile: URL { support.appendingPathComponent("profile") }

    private static var support: URL {
        let found = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)
        return found.first ?? FileManager.default.temporaryDirectory
    }

    /// What is opened for a moment: readable only while the phone is unlocked.
    static var scratch: URL { FileManager.default.temporaryDirectory.appendingPathComponent("scratch") }

    /// Makes them, and empties the scratch folder of a run that ended in the middle.
    static func prepare() {
        let files = FileManager.default
        try? files.removeItem(at: scratch)
        protect(scratch, .complete)
        protect(profile, .completeUntilFirstUserAuthentication)
        var kept = support
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? kept.setResourceValues(values)
    }

    private static func protect(_ folder: URL, _ protection: FileProtectionType) {
        let files = FileManager.default
        try? files.createDirectory(at: folder, withIntermediateDirectories: true)
        try? files.setAttributes([.protectionKey: protection], ofItemAtPath: folder.path)
    }
}

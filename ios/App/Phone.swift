import Foundation
import Qroc
import QrocKit
import QrocPhone
import SwiftUI
import UIKit

/// What the app is made of on this phone, and what happens when it comes and goes.
@MainActor @Observable final class Phone {
    static let brand = "QROC"

    let app: AppModel
    let chooser: Chooser
    private let notifications: Notifications
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
        notifications = Notifications(app)
        PushTokens.take = { [app] token in
            Task { await app.takePushToken(token, appId: PushTokens.appId) }
        }
    }

    /// Once, before anything is shown.
    func start() async {
        guard !hasStarted else { return }
        hasStarted = true
        Folders.prepare()
        do {
            try Client.initialize(Platform(managed: [managed.now], imageDecoder: PictureReader()))
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
        case .active:
            Task {
                await app.foreground()
                // Not before there is something to be told about.
                if app.client != nil { await notifications.prepare() }
                // Each time: the system may have another token.
                if await app.wantsPushToken() { UIApplication.shared.registerForRemoteNotifications() }
            }
        case .background:
            BackgroundWork.finish("send") { [app] in
                _ = await app.background(limit: .seconds(25))
                await app.letGo()
            }
            BackgroundWork.askToBeWoken()
        case .inactive: app.attend(false)
        @unknown default: break
        }
    }

    /// Woken by the system, perhaps before anything was shown.
    func wake() async {
        if !hasStarted { app.attend(false) }
        await start()
        BackgroundWork.askToBeWoken()
        await app.wake()
        await notifications.tell()
        await app.letGo()
    }
}

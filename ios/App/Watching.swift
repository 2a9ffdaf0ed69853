import BackgroundTasks
import Foundation
import Network
import Qroc
import QrocKit
import UIKit

/// Says when the network is back, or is another one.
final class NetworkWatch: Sendable {
    private let monitor = NWPathMonitor()

    /// Calls each time there is one; it is told of the first as well.
    func follow(_ changed: @escaping @Sendable () async -> Void) {
        monitor.pathUpdateHandler = { path in
            guard path.status == .satisfied else { return }
            Task { await changed() }
        }
        monitor.start(queue: DispatchQueue(label: "eu.qroc.network"))
    }
}

/// What the device's management says.
@MainActor final class ManagedSource {
    private var last: ManagedConfig?
    private var watching: (any NSObjectProtocol)?

    /// What it says now.
    var now: ManagedConfig {
        let config = ManagedConfig(propertyList: UserDefaults.standard.object(forKey: ManagedConfig.defaultsKey))
        last = config
        return config
    }

    /// Calls each time that it says something else.
    func follow(_ changed: @escaping @MainActor (ManagedConfig) async -> Void) {
        watching = NotificationCenter.default.addObserver(
            forName: UserDefaults.didChangeNotification, object: nil, queue: .main
        ) { [weak self] _ in
            Task { @MainActor in
                guard let self else { return }
                let before = self.last
                let now = self.now
                if now != before { await changed(now) }
            }
        }
    }

    /// Tells the management what became of what it says.
    static func answer(_ feedback: [String: String]) {
        UserDefaults.standard.set(feedback, forKey: ManagedConfig.feedbackKey)
    }
}

/// Time that the system gives while the app is not in front.
@MainActor enum BackgroundWork {
    nonisolated static let identifier = "eu.qroc.app.sync"

    /// Finishes something that was begun; the system's limit ends it.
    static func finish(_ name: String, _ work: @escaping @MainActor () async -> Void) {
        var id = UIBackgroundTaskIdentifier.invalid
        let task = Task {
            await work()
            UIApplication.shared.endBackgroundTask(id)
            id = .invalid
        }
        id = UIApplication.shared.beginBackgroundTask(withName: name) {
            task.cancel()
            UIApplication.shared.endBackgroundTask(id)
        }
    }

    /// Asks to be woken, at the earliest in a quarter of an hour.
    static func askToBeWoken() {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: 15 * 60)
        // Refused where the officer has switched it off: then it syncs when it is opened.
        try? BGTaskScheduler.shared.submit(request)
    }
}

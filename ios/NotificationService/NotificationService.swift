import Foundation
import Qroc
import QrocKit
import QrocPhone
import UserNotifications

/// Makes of a push message, which names ids alone, what the officer sees. A process of its own beside the app's: what it
/// decides is in `Announcer`.
final class NotificationService: UNNotificationServiceExtension {
    private var delivery: Delivery?

    override func didReceive(
        _ request: UNNotificationRequest, withContentHandler contentHandler: @escaping (UNNotificationContent) -> Void
    ) {
        let language = Bundle.main.preferredLocalizations.first.map { String($0.prefix(2)) } ?? "en"
        let hidden = Announcement(hidden: language)
        let delivery = Delivery(request.content, hidden, contentHandler)
        self.delivery = delivery
        // Whatever came from elsewhere is not shown: the words are ours.
        guard let push = Push(request.content.userInfo), (try? Client.initialize()) != nil else {
            return delivery.finish(hidden, nil)
        }
        delivery.work = Task {
            let announcer = Announcer(
                profile: Folders.profile, vaults: DeviceVaults(EnclaveVault()), language: language
            ) { Folders.isLocked }
            delivery.finish(await announcer.announce(push, patience: .seconds(12)), push)
        }
    }

    /// The system's time is over: what is known by then is shown.
    override func serviceExtensionTimeWillExpire() {
        delivery?.expire()
    }
}

/// Hands one content over, once.
private final class Delivery: @unchecked Sendable {
    var work: Task<Void, Never>?
    private let lock = NSLock()
    private let content: UNMutableNotificationContent
    private let hidden: Announcement
    private var handler: ((UNNotificationContent) -> Void)?

    init(
        _ content: UNNotificationContent, _ hidden: Announcement,
        _ handler: @escaping (UNNotificationContent) -> Void
    ) {
        self.content = content.mutableCopy() as? UNMutableNotificationContent ?? UNMutableNotificationContent()
        self.hidden = hidden
        self.handler = handler
    }

    func expire() {
        work?.cancel()
        finish(hidden, nil)
    }

    func finish(_ announcement: Announcement, _ push: Push?) {
        let handler = lock.withLock {
            defer { self.handler = nil }
            return self.handler
        }
        guard let handler else { return }
        content.show(announcement, push)
        handler(content)
    }
}

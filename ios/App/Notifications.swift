import Foundation
import QrocKit
import QrocPhone
import UserNotifications

/// Notifications on this phone: what came is told, and answered from there. What they say is decided in `QrocKit`.
@MainActor final class Notifications: NSObject {
    private let app: AppModel

    private enum Action {
        static let answer = "answer"
        static let read = "read"
    }

    init(_ app: AppModel) {
        self.app = app
        super.init()
        UNUserNotificationCenter.current().delegate = self
    }

    /// Asks the officer once, and says what can be done with a notification. Who finds the phone answers for nobody.
    func prepare() async {
        let strings = app.looks.strings
        let answer = UNTextInputNotificationAction(
            identifier: Action.answer, title: strings.noteAnswer, options: [.authenticationRequired],
            textInputButtonTitle: strings.send, textInputPlaceholder: strings.messageHint)
        let read = UNNotificationAction(
            identifier: Action.read, title: strings.noteRead, options: [.authenticationRequired])
        let category = UNNotificationCategory(
            identifier: Announcement.category, actions: [answer, read], intentIdentifiers: [],
            hiddenPreviewsBodyPlaceholder: strings.noteNew)
        UNUserNotificationCenter.current().setNotificationCategories([category])
        _ = try? await UNUserNotificationCenter.current().requestAuthorization(options: [.alert, .sound, .badge])
    }

    /// Tells what has come while nobody looked.
    func tell() async {
        let news = await app.news(isLocked: Folders.isLocked)
        UNUserNotificationCenter.current().removeDeliveredNotifications(withIdentifiers: news.read)
        for room in news.told { await show(room.announcement, room.push, as: room.push.roomId) }
    }

    private func show(_ announcement: Announcement, _ push: Push?, as identifier: String) async {
        let content = UNMutableNotificationContent()
        content.show(announcement, push)
        let request = UNNotificationRequest(identifier: identifier, content: content, trigger: nil)
        try? await UNUserNotificationCenter.current().add(request)
    }

    private func answer(_ text: String, _ push: Push) async {
        guard await !app.answer(text, in: push.roomId) else { return await app.letGo() }
        var failed = Announcement(hidden: app.looks.strings.language)
        failed.body = app.looks.strings.noteNotSent
        await show(failed, push, as: "not sent")
    }

    private func take(_ action: String, _ text: String?, _ push: Push) async {
        switch (action, text) {
        case (Action.answer, let text?): await answer(text, push)
        case (Action.read, _):
            await app.markRead(push.roomId)
            await app.letGo()
        default:
            if let link = Route.room(push.roomId, eventId: push.eventId).link { app.open(link: link) }
        }
    }
}

extension Notifications: UNUserNotificationCenterDelegate {
    nonisolated func userNotificationCenter(
        _ center: UNUserNotificationCenter, willPresent notification: UNNotification
    ) async -> UNNotificationPresentationOptions {
        let push = Push(notification.request.content.userInfo)
        // What is on the screen already is not told as well.
        let isShown = await MainActor.run { push.map { app.isReading($0.roomId) } == true }
        return isShown ? [] : [.banner, .list, .sound]
    }

    nonisolated func userNotificationCenter(
        _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse
    ) async {
        let action = response.actionIdentifier
        let text = (response as? UNTextInputNotificationResponse)?.userText
        guard let push = Push(response.notification.request.content.userInfo) else { return }
        await take(action, text, push)
    }
}

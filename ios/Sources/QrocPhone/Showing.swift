import Foundation
public import QrocKit
public import UserNotifications

extension UNMutableNotificationContent {
    /// Says what was decided, and nothing of what came from elsewhere.
    public func show(_ announcement: Announcement, _ push: Push?) {
        title = announcement.title
        subtitle = announcement.subtitle
        body = announcement.body
        sound = announcement.isSilent ? nil : .default
        interruptionLevel = announcement.isSilent ? .passive : .active
        categoryIdentifier = announcement.isAnswerable ? Announcement.category : ""
        threadIdentifier = announcement.isAnswerable ? push?.roomId ?? "" : ""
        userInfo = push?.userInfo ?? [:]
    }
}

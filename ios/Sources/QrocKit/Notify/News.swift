public import Foundation
import Qroc

/// What has come while nobody looked, for notifications of the device's own.
public struct News: Hashable, Sendable {
    /// One for each room in which there is something new.
    public var told: [RoomNews] = []
    /// Rooms that were told before and have been read meanwhile.
    public var read: [String] = []
}

/// The newest message of a room.
public struct RoomNews: Hashable, Sendable {
    /// Where it is.
    public var push: Push
    /// What the notification says.
    public var announcement: Announcement
}

// What is told of what came.
extension AppModel {
    /// What has come since the last time that this was asked. Nothing while the officer looks, and while nobody has
    /// unlocked.
    ///
    /// - Parameters:
    ///   - isLocked: Whether whoever finds the device could read what is shown.
    ///   - calendar: In the officer's time zone.
    /// - Returns: What to show, and what to take away.
    public func news(isLocked: Bool, calendar: Calendar = .current) async -> News {
        guard let client, !attends else { return News() }
        do throws(QrocError) {
            return try await news(client, isLocked, calendar)
        } catch {
            return News()
        }
    }

    private func news(_ client: Client, _ isLocked: Bool, _ calendar: Calendar) async throws(QrocError) -> News {
        let rules = AnnouncingRules(try await client.policy())
        let preview = isLocked ? .none : rules.preview
        var rooms: [RoomSummary] = []
        for try await now in try client.rooms() {
            rooms = now
            break
        }
        var news = News()
        for room in rooms where room.membership == .join {
            guard room.unread > 0 else {
                if told.removeValue(forKey: room.roomId) != nil { news.read.append(room.roomId) }
                continue
            }
            let own = client.signedIn.userId
            let page = try await client.room(room.roomId).page(limit: 10, offline: true)
            guard let item = page.last(where: { $0.sender != own && !$0.isNotice }), let eventId = item.eventId,
                told[room.roomId] != eventId
            else { continue }
            told[room.roomId] = eventId
            let event = NotifiedEvent(
                roomId: room.roomId, roomName: room.name, eventId: eventId, sender: item.sender,
                senderName: item.senderName, time: item.time, body: words(item),
                attention: room.highlights > 0 ? .highlight : .unread)
            var announcement = Announcement(event, preview, looks.strings)
            if rules.isQuiet(at: surroundings.time.now(), calendar) { announcement.isSilent = true }
            news.told.append(
                RoomNews(push: Push(roomId: room.roomId, eventId: eventId), announcement: announcement))
        }
        return news
    }

    private func words(_ item: TimelineItem) -> String? {
        switch item.content {
        case .text(let text, _): text
        case .media(_, let file, let caption): caption ?? file.name
        case .place: looks.strings.position
        case .change, .removed, .locked, .other: nil
        }
    }
}

extension TimelineItem {
    /// Whether something happened to the room, and nobody said anything.
    var isNotice: Bool {
        switch content {
        case .change, .other, .removed: true
        case .text, .media, .place, .locked: false
        }
    }
}

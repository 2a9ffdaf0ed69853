import Foundation
import Qroc
import QrocStrings

/// What is needed to turn the core's items into lines of a screen.
struct Reading: Sendable {
    let own: String
    let names: [String: String]
    let pictures: [String: Picture]
    let transfers: [String: FileTransfer]
    /// Why what was queued waits, by transaction.
    let reasons: [String: String]
    let strings: Strings

    /// Oldest first, as the items are; only what belongs to `thread`, if there is one.
    func entries(_ items: [TimelineItem], thread: String?) -> [Entry] {
        var byId: [String: TimelineItem] = [:]
        var answers: [String: Int] = [:]
        for item in items {
            if let eventId = item.eventId { byId[eventId] = item }
            if let root = item.thread { answers[root, default: 0] += 1 }
        }
        let shown = thread == nil ? items : items.filter { $0.eventId == thread || $0.thread == thread }
        var out: [Entry] = []
        out.reserveCapacity(shown.count)
        for item in shown {
            if item.gapBefore, thread == nil, !out.isEmpty { out.append(.gap("gap-\(item.cursor)")) }
            if let notice = notice(item) {
                out.append(.notice(notice))
            } else {
                out.append(.message(message(item, byId, answers)))
            }
        }
        return out
    }

    func name(_ userId: String) -> String { names[userId] ?? localName(userId) }

    /// What happened to the room, where the item is no message.
    private func notice(_ item: TimelineItem) -> Notice? {
        let who = item.senderName ?? name(item.sender)
        var notice = Notice(id: item.cursor, kind: .changed, who: who, time: item.time)
        switch item.content {
        case .change(let change): fill(&notice, change)
        case .other(let type, _):
            guard type.hasPrefix("m.room."), type != "m.room.message" else { return nil }
        case .text, .media, .place, .removed, .locked: return nil
        }
        return notice
    }

    private func fill(_ notice: inout Notice, _ change: RoomChange) {
        switch change {
        case .created: notice.kind = .created
        case .encrypted: notice.kind = .encrypted
        case .named(let name): (notice.kind, notice.detail) = (.named, name)
        case .topic(let topic): (notice.kind, notice.detail) = (.topic, topic)
        case .picture: notice.kind = .picture
        case .closed(let reason): (notice.kind, notice.detail) = (.closed, reason)
        case .member(let change, let userId, let userName, let reason):
            notice.kind =
                switch change {
                case .asked: .asked
                case .invited: .invited
                case .joined: .joined
                case .left: .left
                case .removed: .removed
                case .banned: .banned
                }
            notice.whom = names[userId] ?? userName ?? localName(userId)
            notice.detail = reason
        }
    }

    private func message(_ item: TimelineItem, _ byId: [String: TimelineItem], _ answers: [String: Int]) -> Message {
        var message = Message(
            id: item.cursor,
            sender: item.sender,
            senderName: item.senderName ?? name(item.sender),
            time: item.time,
            body: body(item)
        )
        message.eventId = item.eventId
        message.own = item.sender == own
        message.state = item.state
        if item.state == .failed { message.failure = item.txnId.flatMap { reasons[$0] }.map(strings.reason) }
        message.edited = item.edited
        message.reply = item.replyTo.map { quote(byId[$0]) }
        message.thread = item.thread
        message.answers = item.eventId.flatMap { answers[$0] } ?? 0
        message.reactions = item.reactions.sorted { $0.key < $1.key }.map { symbol, who in
            Reaction(symbol: symbol, who: who.map(name), mine: who.contains(own))
        }
        message.seenBy = item.readBy.filter { $0 != own && $0 != item.sender }.map(name)
        message.encrypted = item.encrypted || item.state != .sent
        return message
    }

    private func quote(_ item: TimelineItem?) -> Quote {
        guard let item else { return Quote(key: nil, sender: nil, text: nil) }
        return Quote(key: item.cursor, sender: item.senderName ?? name(item.sender), text: words(item))
    }

    /// What an item says in one line.
    func words(_ item: TimelineItem) -> String {
        switch item.content {
        case .text(let text, _): text
        case .media(_, let file, let caption): caption ?? file.name
        case .place: strings.position
        case .removed: strings.removed
        case .locked: strings.unreadableNoKey
        case .change: notice(item).map(strings.words) ?? ""
        case .other(let type, let body): body ?? type
        }
    }

    private func body(_ item: TimelineItem) -> MessageBody {
        switch item.content {
        case .text(let text, _): .text(text)
        case .media(let kind, let file, let caption): media(item, kind, file, caption)
        case .place(let location, _):
            .position(
                SharedPlace(
                    place: Place(latitude: location.latitude, longitude: location.longitude),
                    accuracy: location.accuracy,
                    measured: location.time ?? item.time
                ))
        case .removed: .removed
        case .locked(let reason): .unreadable(reason)
        case .change: .text(words(item))
        case .other(let type, let body): body.map { .text($0) } ?? .unknown(type: type)
        }
    }

    private func media(
        _ item: TimelineItem, _ kind: MediaKind, _ attachment: Qroc.Attachment, _ caption: String?
    ) -> MessageBody {
        let transfer = transfers[item.cursor] ?? .none
        guard kind == .image else {
            var file = SentFileRow(name: attachment.name)
            file.mime = attachment.mime
            file.bytes = attachment.bytes
            file.transfer = transfer
            file.caption = caption
            return .file(file)
        }
        var file = PictureFile(name: attachment.name)
        file.bytes = attachment.bytes
        file.width = attachment.width ?? 0
        file.height = attachment.height ?? 0
        file.transfer = transfer
        file.picture = pictures[item.cursor] ?? item.txnId.flatMap { pictures[$0] }
        file.caption = caption
        return .picture(file)
    }
}

import Foundation
import Qroc

// What is done to a message.
extension TimelineModel {
    func act(_ event: TimelineEvent) {
        switch event {
        case .save(let message): save(message)
        case .react(let message, let symbol):
            work { room throws(QrocError) in
                if let eventId = message.eventId { try await room.react(to: eventId, with: symbol) }
            }
        case .remove(let message):
            work { room throws(QrocError) in
                if let eventId = message.eventId { try await room.redact(eventId) }
            }
        case .retry(let message):
            work { [session, self] _ throws(QrocError) in
                if let txnId = txnId(message) { try await session.retry(txnId: txnId) }
            }
        case .cancel(let message):
            work { [session, self] _ throws(QrocError) in
                if let txnId = txnId(message) { try await session.cancel(txnId: txnId) }
            }
        default: break
        }
    }

    private func txnId(_ message: Message) -> String? {
        items?.first { $0.cursor == message.id }?.txnId
    }

    private func save(_ message: Message) {
        guard let room, let eventId = message.eventId else { return }
        let name: String
        switch message.body {
        case .picture(let file): name = file.name
        case .file(let file): name = file.name
        case .text, .position, .unreadable, .removed, .unknown: return
        }
        on(.closeSheet)
        scope.launch { [self] in
            guard let target = await session.surroundings.chooseTarget(safe(name)) else { return }
            transfers.save(room, message.id, eventId: eventId, to: target) { [weak self] in
                guard let self else { return }
                tell(session.strings.savedTo(target.lastPathComponent))
            }
        }
    }
}

/// A name that another device chose, made fit to be a file's name here.
func safe(_ name: String) -> String {
    let last = name.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? ""
    let plain = last.unicodeScalars.filter { scalar in
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: false
        default: scalar.properties.generalCategory != .control && !"<>:\"|?*".unicodeScalars.contains(scalar)
        }
    }
    let text = String(String.UnicodeScalarView(plain)).drop { $0 == "." }
    let short = String(String(text).trimmed.prefix(120))
    return short.isEmpty ? "file" : short
}

/// Opens a room once; what needs it waits.
@MainActor final class Entering {
    private let client: Client
    private let roomId: String
    private(set) var room: Room?

    init(_ client: Client, _ roomId: String) {
        self.client = client
        self.roomId = roomId
    }

    func enter() async throws(QrocError) -> Room {
        if let room { return room }
        let opened = try await client.room(roomId)
        room = room ?? opened
        return opened
    }
}

/// Does what takes longer the more messages there are, away from the screen: the newest at last, those between never.
@MainActor final class Arranger {
    struct Input: Sendable {
        let items: [TimelineItem]
        let reading: Reading
        let thread: String?
        let unreadFrom: String?
    }

    struct Output: Sendable {
        let reading: Reading
        let entries: [Entry]
        let messages: [String: Message]
        let byEvent: [String: TimelineItem]
    }

    var show: (Output) -> Void = { _ in }
    private var next: Input?
    private var isBusy = false

    func arrange(_ input: Input) {
        next = input
        guard !isBusy else { return }
        isBusy = true
        Task {
            while let input = next {
                next = nil
                show(await Self.arranged(input))
            }
            isBusy = false
        }
    }

    private nonisolated static func arranged(_ input: Input) async -> Output {
        let plain = input.reading.entries(input.items, thread: input.thread)
        let entries = QrocKit.arrange(plain, unreadFrom: input.thread == nil ? input.unreadFrom : nil, .current)
        var messages: [String: Message] = [:]
        for case .message(let message) in entries { messages[message.id] = message }
        var byEvent: [String: TimelineItem] = [:]
        for item in input.items { if let eventId = item.eventId { byEvent[eventId] = item } }
        return Output(reading: input.reading, entries: entries, messages: messages, byEvent: byEvent)
    }
}

import Foundation
import Observation
import Qroc

/// A room list and a timeline, as SwiftUI shows them.
@MainActor @Observable final class Screens {
    private(set) var rooms: [RoomSummary] = []
    private(set) var items: [TimelineItem] = []
    private(set) var problem: String?

    func enter(_ profile: URL, _ vault: Vault, server: String, user: String, password: String) async -> Client? {
        do {
            let client =
                try await Client.exists(profile: profile)
                ? Client.open(profile: profile, vault: vault)
                : Client.login(profile: profile, vault: vault, server: server, user: user, password: password)
            try await client.foreground()
            return client
        } catch {
            problem = error.textKey
            return nil
        }
    }

    func followRooms(of client: Client) async throws(QrocError) {
        for try await rooms in try client.rooms() { self.rooms = rooms }
    }

    func followTimeline(of room: Room) async throws(QrocError) {
        for try await items in try await room.timeline().items { self.items = items }
    }

    func line(_ item: TimelineItem) -> String {
        let text =
            switch item.content {
            case .text(let body, _): body
            case .media(_, let file, let caption): "[\(file.name)] \(caption ?? "")"
            case .place(let place, _): "[\(place.latitude), \(place.longitude)]"
            case .removed: "(removed)"
            case .locked(let reason): "(cannot be read: \(reason))"
            case .change, .other: "(something happened)"
            }
        return "\(item.senderName ?? item.sender): \(text)\(item.state == .sent ? "" : " …")"
    }
}

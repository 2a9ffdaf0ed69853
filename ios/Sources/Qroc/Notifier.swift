public import Foundation
internal import QrocCore

/// Shows single events of one account in a process of its own, as a notification service extension does: it reads beside
/// the process that has the profile, and leaves it what it fetched. Where nobody has the profile and a key is missing, it
/// syncs for a moment. Close it.
public final class Notifier: Sendable {
    private let core: QrocCore.Notifier

    private init(_ core: QrocCore.Notifier) {
        self.core = core
    }

    /// Opens a profile for reading, beside its owner or alone. No network is touched. A read.
    ///
    /// - Throws: `signIn` where nobody is signed in, `locked` by the vault or where the profile is sealed, `storage`.
    public static func open(profile: URL, vault: Vault) async throws(QrocError) -> Notifier {
        try await translated { Notifier(try await .open(profile: profile.path, vault: vault.core)) }
    }

    /// Fetches and decrypts one event, and leaves it for the owner. A read.
    ///
    /// - Parameters:
    ///   - eventId: Of the event.
    ///   - roomId: Of its room.
    ///   - patience: How long a key that is on its way is waited for; without it the event says why it has no text.
    /// - Returns: The event.
    /// - Throws: `notFound`, `locked` while contents are hidden, `network`, `signIn`, `closed`, `storage`.
    public func fetch(
        _ eventId: String,
        in roomId: String,
        patience: Duration = .seconds(10)
    ) async throws(QrocError) -> NotifiedEvent {
        try await translated { [core] in
            NotifiedEvent(
                try await core.fetch(roomId: roomId, eventId: eventId, patience: patience.interval))
        }
    }

    /// What holds for each key of the policy, and who says so. A read.
    ///
    /// - Throws: `closed`.
    public func policy() async throws(QrocError) -> [PolicyLine] {
        try await translated { [core] in try await core.policy().map(PolicyLine.init) }
    }

    /// Closes the database and frees the keys: later calls throw `closed`. Closing twice is closing once. A change.
    public func close() async {
        _ = try? await translated { [core] in try await core.shutDown() }
    }
}

extension NotifiedEvent {
    init(_ core: QrocCore.Notification) {
        roomId = core.roomId
        roomName = core.roomName
        eventId = core.eventId
        sender = core.sender
        senderName = core.senderName
        time = core.time
        body = core.body
        switch core.attention {
        case .nothing: attention = .nothing
        case .unread: attention = .unread
        case .highlight: attention = .highlight
        }
        unreadable = core.unreadable.map(Unreadable.init)
    }
}

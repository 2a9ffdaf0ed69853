import Foundation
import Qroc
import Testing

/// One after the other: what the management says is for the whole process.
@Suite(.serialized) struct Screens {}

/// What the lane has prepared.
enum Harbour {
    static let server = variable("QROC_TEST_SERVER")
    static let password = variable("QROC_TEST_PASSWORD")
    static let fixtures = URL(fileURLWithPath: variable("QROC_TEST_FIXTURES"))
    private static let used = Counted()

    /// An account that nobody has used: each of the two test runners has its own.
    static func user() -> String {
        let isTesting = CommandLine.arguments.contains("--testing-library")
        return "kit-\(isTesting ? used.next() : 59 - used.next())"
    }

    /// A path that nothing is at.
    static func folder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("qroc-kit-\(UUID().uuidString)")
    }

    private static func variable(_ name: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else {
            fatalError("\(name) is not set: run the tests with `make ios-test`")
        }
        return value
    }
}

final class Counted: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func next() -> Int {
        lock.withLock {
            defer { count += 1 }
            return count
        }
    }
}

/// A colleague elsewhere, on the same core without our screens.
struct Colleague {
    let client: Client

    var id: String { client.signedIn.userId }

    static func signIn(as user: String = Harbour.user()) async throws -> Colleague {
        let profile = Harbour.folder()
        let client = try await Client.login(
            profile: profile,
            vault: .keyFile(profile.appendingPathExtension("key")),
            server: Harbour.server,
            user: user,
            password: Harbour.password
        )
        return Colleague(client: client)
    }

    /// Accepts an invitation, and syncs from then on.
    func join(_ roomId: String) async throws -> Room {
        try await client.syncOnce(limit: .seconds(30))
        let room = try await client.joinRoom(roomId)
        try await client.foreground()
        return room
    }

    /// Waits until a room holds something.
    @discardableResult
    func sees(
        in room: Room, _ what: String, _ isIt: @escaping @Sendable (TimelineItem) -> Bool
    ) async throws -> [TimelineItem] {
        let timeline = try await room.timeline()
        defer { timeline.close() }
        let limit = Task {
            try await Task.sleep(for: .seconds(60))
            timeline.close()
        }
        defer { limit.cancel() }
        for try await items in timeline.items where items.contains(where: isIt) { return items }
        throw NotSeen(what)
    }

    @discardableResult
    func sees(in room: Room, _ text: String) async throws -> [TimelineItem] {
        try await sees(in: room, text) { if case .text(text, _) = $0.content { true } else { false } }
    }
}

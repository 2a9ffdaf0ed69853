import Foundation
import Qroc

/// An officer with a profile of their own on the homeserver that the lane has started.
struct Officer {
    let client: Client
    let profile: URL
    let vault: Vault

    var id: String { client.signedIn.userId }

    /// Signs an officer in whom nobody has used.
    static func signIn() async throws -> Officer {
        let profile = Harbour.folder()
        let vault = Vault.keyFile(profile.appendingPathExtension("key"))
        let client = try await Harbour.login(profile, vault)
        return Officer(client: client, profile: profile, vault: vault)
    }

    /// Signs two officers in who share a room; both are in the foreground.
    static func pair(_ name: String = "Harbour") async throws -> (ana: (Officer, Room), rui: (Officer, Room)) {
        let ana = try await signIn()
        let rui = try await signIn()
        let made = try await ana.client.createRoom(name, invite: [rui.id])
        try await rui.client.syncOnce(limit: .seconds(30))
        let joined = try await rui.client.joinRoom(made.id)
        try await ana.client.foreground()
        try await rui.client.foreground()
        return ((ana, made), (rui, joined))
    }

    /// Makes a room that nobody else is in.
    func room(_ name: String = "Harbour") async throws -> Room {
        try await client.createRoom(name)
    }
}

/// What the lane has prepared.
enum Harbour {
    static let server = variable("QROC_TEST_SERVER")
    static let password = variable("QROC_TEST_PASSWORD")
    static let faults = variable("QROC_FAULTS")
    static let peer = variable("QROC_TEST_PEER")
    private static let scratch: URL = {
        let name = "qroc-\(UUID().uuidString)"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }()
    private static let used = Counter()

    /// Signs in with an account that nobody has used.
    static func login(
        _ profile: URL,
        _ vault: Vault,
        server: String = server,
        password: String = password
    ) async throws(QrocError) -> Client {
        try await Client.login(
            profile: profile,
            vault: vault,
            server: server,
            user: user(),
            password: password
        )
    }

    /// An account that nobody has used: each of the two test runners has its own.
    static func user() -> String {
        let runner = CommandLine.arguments.contains("--testing-library") ? "testing" : "xctest"
        return "\(runner)-\(used.next())"
    }

    /// A path that nothing is at.
    static func folder() -> URL {
        let device = scratch.appendingPathComponent(UUID().uuidString)
        try? FileManager.default.createDirectory(at: device, withIntermediateDirectories: true)
        return device.appendingPathComponent("profile")
    }

    private static func variable(_ name: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else {
            fatalError("\(name) is not set: run the tests with `make ios-test`")
        }
        return value
    }
}

final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func next() -> Int {
        lock.withLock {
            defer { count += 1 }
            return count
        }
    }

    var value: Int { lock.withLock { count } }
}

struct TooLate: Error {}

/// Fails where the work takes longer than anything takes that works.
func soon<T: Sendable>(
    _ limit: Duration = .seconds(30),
    _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask(operation: work)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TooLate()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw TooLate() }
        return first
    }
}

/// Looks until it is so; for what has no news of its own.
func eventually(_ limit: Duration = .seconds(10), _ isSo: @Sendable () -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while !isSo() {
        guard ContinuousClock.now < end else { throw TooLate() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What the call throws.
func thrown<T: Sendable>(_ call: () async throws -> T) async -> QrocError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? QrocError
    }
}

extension TimelineItem {
    var text: String? {
        if case .text(let text, _) = content { text } else { nil }
    }
}

extension [TimelineItem] {
    var texts: [String] { compactMap(\.text) }
}

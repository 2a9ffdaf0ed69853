import Foundation
import Qroc

@testable import QrocKit

/// A device without a screen: what the platform would do, done by hand.
@MainActor final class Desk: Surroundings {
    let deviceName = "desk"
    let version = "0.1.0"
    let language = "en"
    let time: any Timekeeper
    let vaults: any Vaults
    let receiver: (any PositionReceiver)?
    let folder: URL
    var choice: URL?
    var target: URL?
    var copied: String?
    private(set) var released: [URL] = []
    private(set) var settings: [String: String] = [:]
    private(set) var decoded = 0

    init(
        time: any Timekeeper = SystemTime(), vaults: any Vaults = PassphraseVaults(),
        receiver: (any PositionReceiver)? = nil
    ) throws {
        self.time = time
        self.receiver = receiver
        self.vaults = vaults
        folder = Harbour.folder()
    }

    var profile: URL { folder.appendingPathComponent("profile") }

    func chooseFile(photo: Bool) async -> URL? { choice }
    func release(_ file: URL) { released.append(file) }
    func chooseTarget(_ name: String) async -> URL? { target }

    /// Pictures that lie readable anywhere in this folder, the profile included.
    var readable: [String] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? [])
            .filter { (try? Data(contentsOf: $0))?.starts(with: Self.jpeg) == true }.map(\.lastPathComponent)
    }

    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF]

    /// A picture is what begins as a JPEG does.
    func decode(_ bytes: Data) async -> Picture? {
        guard bytes.starts(with: Self.jpeg) else { return nil }
        decoded += 1
        return Picture(width: 128, height: 128, content: bytes.count)
    }

    func copy(_ text: String) { copied = text }
    func loadSettings() -> [String: String] { settings }
    func saveSettings(_ settings: [String: String]) { self.settings = settings }
}

/// The application on a desk, as its screens see it.
@MainActor struct Application {
    let desk: Desk
    let app: AppModel
    let user: String

    static let passphrase = "correct horse battery"

    /// Begins where nobody is signed in.
    static func begin(_ desk: Desk) async throws -> Application {
        let app = AppModel(profile: desk.profile, surroundings: desk)
        await app.start()
        return Application(desk: desk, app: app, user: Harbour.user())
    }

    /// Begins, and signs an officer in whom nobody has used.
    static func signedIn(_ desk: Desk, server: String = Harbour.server) async throws -> Application {
        let application = try await begin(desk)
        try await application.signIn(server: server)
        return application
    }

    var id: String { "@\(user):qroc.test" }

    func signIn(server: String = Harbour.server, password: String = Harbour.password) async throws {
        let model = try await seen("sign-in") { self.signInModel }
        model.on(.server(server))
        model.on(.user(user))
        model.on(.password(password))
        if model.state.needsPassphrase {
            model.on(.passphrase(Self.passphrase))
            model.on(.passphraseAgain(Self.passphrase))
        }
        model.on(.submit)
        try await see("an answer") { !model.state.working || self.main != nil }
    }

    var signInModel: SignInModel? { if case .signIn(let model) = app.stage { model } else { nil } }
    var unlock: UnlockModel? { if case .unlock(let model) = app.stage { model } else { nil } }
    var main: MainModel? { if case .main(let model) = app.stage { model } else { nil } }
    var timeline: TimelineModel? { if case .room(let model) = main?.top { model } else { nil } }
    var search: SearchModel? { if case .search(let model) = main?.top { model } else { nil } }
    var details: DetailsModel? { if case .details(let model) = main?.top { model } else { nil } }
    var newRoom: NewRoomModel? { if case .newRoom(let model) = main?.top { model } else { nil } }
    var settings: SettingsModel? { if case .settings(let model) = main?.top { model } else { nil } }
    var map: MapModel? { if case .map(let model) = main?.top { model } else { nil } }
    var queue: QueueModel? { if case .queue(let model) = main?.top { model } else { nil } }
    var devices: DevicesModel? { if case .devices(let model) = main?.top { model } else { nil } }
    var recovery: RecoveryModel? { if case .recovery(let model) = main?.top { model } else { nil } }
    var policy: PolicyModel? { if case .policy(let model) = main?.top { model } else { nil } }

    /// Makes a room by its screen, and goes there.
    @discardableResult
    func makeRoom(_ name: String, with people: [String] = []) async throws -> TimelineModel {
        main?.rooms.on(.new)
        let model = try await seen("a form") { self.newRoom }
        model.on(.name(name))
        for person in people {
            model.on(.person(person))
            model.on(.addPerson)
        }
        model.on(.create)
        let timeline = try await seen("the room") { self.timeline }
        try await see("its name") { timeline.state.roomName == name && timeline.state.entries != nil }
        return timeline
    }

    /// Says something in the room that is open.
    func say(_ text: String) throws {
        guard let timeline else { throw NotSeen("a room") }
        timeline.on(.compose(.text(text)))
        timeline.on(.compose(.send))
    }

    /// A message of the room that is open, once it is there.
    func message(_ text: String) async throws -> Message {
        try await seen(text) { self.timeline?.state.messages.last { $0.words == text } }
    }
}

extension TimelineState {
    var messages: [Message] {
        (entries ?? []).compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    var texts: [String] { messages.compactMap(\.words) }
}

extension Message {
    var words: String? {
        switch body {
        case .text(let text): text
        case .picture(let file): file.caption ?? file.name
        case .file(let file): file.caption ?? file.name
        case .position, .unreadable, .removed, .unknown: nil
        }
    }
}

struct NotSeen: Error, CustomStringConvertible {
    let description: String
    init(_ what: String) { description = "not seen: \(what)" }
}

/// Waits without taking the processor from the core and the server; only what never happens takes long.
@MainActor func see(_ what: String, _ condition: () -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < end else { throw NotSeen(what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Waits until there is something.
@MainActor func seen<T>(_ what: String, _ find: () -> T?) async throws -> T {
    try await see(what) { find() != nil }
    guard let found = find() else { throw NotSeen(what) }
    return found
}

import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct Ports {
        init() throws {
            try Client.initialize()
        }

        @Test func aPlatformsVaultKeepsTheKey() async throws {
            let vault = TestVault()
            let profile = Harbour.folder()
            let ana = try await Harbour.login(profile, .platform(vault))
            await ana.close()
            let again = try await Client.open(profile: profile, vault: .platform(vault))
            #expect(again.signedIn == ana.signedIn)
            try await again.logout()
            #expect(vault.keys == 0)
        }

        @Test func whatAVaultThrowsIsSaid() async throws {
            struct Surprise: Error {}
            let vault = TestVault()
            let profile = Harbour.folder()
            let ana = try await Harbour.login(profile, .platform(vault))
            await ana.close()
            let expected: [(any Error, QrocError.Kind, String)] = [
                (VaultFault.userPresenceNeeded, .locked, "user_presence_needed"),
                (VaultFault.lockedUntilFirstUnlock, .locked, "device_locked"),
                (VaultFault.gone, .signIn, "keys_gone"),
                (VaultFault.wrongSecret, .locked, "wrong_passphrase"),
                (VaultFault.unavailable, .locked, "vault_unavailable"),
                (Surprise(), .locked, "vault_unavailable"),
            ]
            for (fault, kind, code) in expected {
                vault.onUnwrap { throw fault }
                let error = await thrown {
                    try await Client.open(profile: profile, vault: .platform(vault))
                }
                #expect(error?.kind == kind, "\(fault)")
                #expect(error?.code == code, "\(fault)")
            }
            // Nothing is lost by it.
            vault.onUnwrap {}
            let open = try await Client.open(profile: profile, vault: .platform(vault))
            #expect(open.signedIn == ana.signedIn)
            await open.close()
        }

        @Test func aVaultThatHangsHoldsNobodyElseUp() async throws {
            let vault = TestVault()
            let profile = Harbour.folder()
            let ana = try await Harbour.login(profile, .platform(vault))
            await ana.close()
            let asked = Counter()
            vault.onUnwrap {
                _ = asked.next()
                // Until the core gives up, which it does when nobody waits any more.
                try await Task.sleep(for: .seconds(600))
            }
            let opening = Task {
                await thrown { try await Client.open(profile: profile, vault: .platform(vault)) }
            }
            try await eventually { asked.value == 1 }
            let other = try await soon { try await Officer.signIn() }
            try await soon { _ = try await other.room() }
            await other.client.close()
            opening.cancel()
            #expect(try await soon { await opening.value }?.kind == .cancelled)
            vault.onUnwrap {}
            let open = try await soon { try await Client.open(profile: profile, vault: .platform(vault)) }
            #expect(open.signedIn == ana.signedIn)
            await open.close()
        }

        @Test func aVaultMayCallTheCore() async throws {
            let vault = TestVault()
            let profile = Harbour.folder()
            let ana = try await Harbour.login(profile, .platform(vault))
            await ana.close()
            let other = try await Officer.signIn()
            let answers = Counter()
            vault.onUnwrap {
                guard try await Client.exists(profile: profile) else { return }
                let room = try await other.room("Made while a vault is asked")
                try await room.send("from within")
                // The very profile that waits for this answer.
                let error = await thrown {
                    try await Client.open(profile: profile, vault: .passphrase(Data("x".utf8)))
                }
                if error != nil { _ = answers.next() }
            }
            let open = try await soon { try await Client.open(profile: profile, vault: .platform(vault)) }
            #expect(answers.value == 1)
            #expect(try await other.client.search("within").count == 1)
            await open.close()
            await other.client.close()
        }

        @Test func aLogMayThrowHangAndCallTheCore() async throws {
            let ana = try await Officer.signIn()
            let sink = TestSink()
            defer { try? Client.initialize() }
            for conduct in TestSink.Conduct.allCases {
                sink.conduct = conduct
                try Client.initialize(Platform(logSink: sink, logLevel: .debug))
                let before = sink.lines.count
                let room = try await soon { try await ana.room() }
                try await soon { for number in 0..<20 { try await room.send("\(number)") } }
                _ = await thrown { try await ana.client.room("a room that is nowhere") }
                try await eventually { sink.lines.count > before }
            }
            sink.conduct = .normal
            #expect(try await ana.client.search("19").count == TestSink.Conduct.allCases.count)
            for line in sink.lines {
                #expect(line.target.hasPrefix("qroc"))
                #expect(!line.line.contains(ana.id) && !line.line.contains("a room that is nowhere"))
                #expect(abs(line.time.timeIntervalSinceNow) < 600)
            }
            await ana.client.close()
        }

        @Test func everyTextHasAKey() {
            let keys = Client.errorTextKeys
            #expect(Set(keys).count == keys.count)
            #expect(keys.contains("error_wrong_password") && keys.contains("error_panic"))
            #expect(keys.allSatisfy { $0.hasPrefix("error_") })
        }

        @Test func theLibraryIsTheOneOfTheBindings() throws {
            #expect(Client.libraryVersion.contains("+"))
            try Client.initialize()
        }
    }
}

/// A vault whose conduct a test chooses. It seals nothing: what is tested is not sealing.
final class TestVault: KeyVault, @unchecked Sendable {
    private let lock = NSLock()
    private var secrets: [Data: (secret: Data, aad: Data)] = [:]
    private var before: @Sendable () async throws -> Void = {}

    var keys: Int { lock.withLock { secrets.count } }

    func onUnwrap(_ before: @escaping @Sendable () async throws -> Void) {
        lock.withLock { self.before = before }
    }

    func kind() async throws -> String { "test-vault" }

    func parameters() async throws -> [String: String] { ["slot": "1"] }

    func create(label: String) async throws -> Data { Data(UUID().uuidString.utf8) }

    func wrap(_ secret: Data, with handle: Data, aad: Data) async throws -> Data {
        lock.withLock { secrets[handle] = (secret, aad) }
        return Data("wrapped".utf8)
    }

    func unwrap(_ wrapped: Data, with handle: Data, aad: Data) async throws -> Data {
        try await lock.withLock { before }()
        guard let found = lock.withLock({ secrets[handle] }), found.aad == aad else { throw VaultFault.gone }
        return found.secret
    }

    func destroy(_ handle: Data) async throws {
        lock.withLock { secrets[handle] = nil }
    }
}

/// A log whose conduct a test chooses.
final class TestSink: LogSink, @unchecked Sendable {
    enum Conduct: CaseIterable { case normal, throwing, slow, calling }
    struct Surprise: Error {}

    private let lock = NSLock()
    private var taken: [LogRecord] = []
    private var chosen = Conduct.normal

    var lines: [LogRecord] { lock.withLock { taken } }

    var conduct: Conduct {
        get { lock.withLock { chosen } }
        set { lock.withLock { chosen = newValue } }
    }

    func log(_ record: LogRecord) throws {
        lock.withLock { taken.append(record) }
        switch conduct {
        case .normal: break
        case .throwing: throw Surprise()
        case .slow: Thread.sleep(forTimeInterval: 0.2)
        case .calling:
            _ = LiveObjects.now
            try Client.initialize(Platform(logSink: self, logLevel: .debug))
        }
    }
}

import Foundation
import Qroc
import Testing

@testable import QrocKit

extension Screens {
    @MainActor @Suite struct LocksAndRules {
        init() throws {
            try Client.initialize()
        }

        @Test func aSealedProfileAsksForThePINSaysWhatIsLeftAndIsGoneAfterTheLast() async throws {
            let desk = try Desk(vaults: DeviceVaults(TestVault()))
            let ana = try await Application.signedIn(desk)
            let client = try #require(ana.app.client)
            await ana.app.takeManaged(ManagedConfig(values: ["lock.max_attempts": .number(2)]))
            try await client.setPin(Data("73810546".utf8), vault: desk.vaults.vault(passphrase: Data()))
            let sealed = await ana.app.seal()
            #expect(sealed)
            let unlock = try await seen("the lock") { ana.unlock }
            try await see("that a PIN is asked for") { unlock.state.sealed }
            #expect(!unlock.state.needsPassphrase)
            let left = try #require(unlock.state.attemptsLeft)
            #expect(left == 2)
            try await give("000000", to: unlock)
            #expect(unlock.state.problem == .wrongPin)
            #expect(unlock.state.attemptsLeft == left - 1)
            #expect(unlock.state.pin == "")
            unlock.on(.pin("73810546"))
            unlock.on(.submit)
            _ = try await seen("the rooms") { ana.main }

            let sealedAgain = await ana.app.seal()
            #expect(sealedAgain)
            let again = try await seen("the lock") { ana.unlock }
            try await see("that a PIN is asked for") { again.state.sealed && !again.state.working }
            while ana.unlock != nil, again.state.attemptsLeft ?? 0 > 0 {
                if let retryAt = again.state.retryAt, retryAt > Date() {
                    try await Task.sleep(for: .seconds(max(0, retryAt.timeIntervalSinceNow) + 0.1))
                }
                try await give("000000", to: again, until: { ana.signInModel != nil })
            }
            let signIn = try await seen("the sign-in") { ana.signInModel }
            #expect(signIn.state.problem == .other(ana.app.looks.strings.unlockErased))
            #expect(try await Client.exists(profile: desk.profile) == false)
        }

        private func give(_ pin: String, to unlock: UnlockModel, until: () -> Bool = { false }) async throws {
            unlock.on(.pin(pin))
            unlock.on(.submit)
            try await see("an answer") { !unlock.state.working || until() }
        }

        @Test func withTheDevicesOwnVaultNothingIsTyped() async throws {
            let vault = TestVault()
            let desk = try Desk(vaults: DeviceVaults(vault))
            let ana = try await Application.signedIn(desk)
            #expect(vault.keys == 1)
            await ana.app.end()
            // Nobody was there to show a face.
            vault.fault = .userPresenceNeeded
            let app = AppModel(profile: desk.profile, surroundings: desk)
            await app.start()
            let again = Application(desk: desk, app: app, user: ana.user)
            let unlock = try await seen("the lock") { again.unlock }
            try await see("why") { unlock.state.problem == .other(app.looks.strings.errorUserPresenceNeeded) }
            vault.fault = nil
            unlock.on(.submit)
            _ = try await seen("the rooms") { again.main }
            await app.end()
        }

        @Test func whatTheManagementForbidsIsSaidBeforeItIsTried() async throws {
            let ana = try await Application.signedIn(try Desk())
            let main = try #require(ana.main)
            let strings = ana.app.looks.strings
            main.go(.policy)
            let rules = try await seen("the rules") { ana.policy }
            try await see("that there are none") { rules.state.groups?.isEmpty == true }
            // Managed, an app has to have a lock.
            let client = try #require(ana.app.client)
            try await client.setPin(
                Data("73810546".utf8), vault: .passphrase(Data(Application.passphrase.utf8)))
            await ana.app.takeManaged(
                ManagedConfig(values: ["rooms.create": .flag(false), "share.clipboard": .text("none")]))
            try await see("why") { main.forbidden[.createRoom] != nil }
            let words = PolicyWords(strings)
            let title = words.title("rooms.create")
            let sentence = strings.forbiddenBecause(title, strings.policyNo, strings.policyByDevice)
            #expect(main.forbidden[.createRoom] == sentence)
            try await see("the rule") {
                rules.state.groups?.contains { $0.rules.contains { $0.key == "rooms.create" } } == true
            }
            let rule = try #require(rules.state.groups?.flatMap(\.rules).first { $0.key == "rooms.create" })
            #expect(rule.title == title)
            #expect(rule.value == strings.policyNo)
            #expect(rule.description.count > 10)

            // In the officer's language, at once.
            ana.app.looks.language("de")
            try await see("German") {
                main.forbidden[.createRoom] != sentence
                    && rules.state.groups?.flatMap(\.rules).first { $0.key == "rooms.create" }?.value == "Nein"
            }

            // The core asks again: the screen is no gate.
            main.rooms.on(.new)
            let form = try await seen("a form") { ana.newRoom }
            form.on(.name("Not today"))
            form.on(.create)
            try await see("why not") { form.state.error != nil }
            #expect(form.state.error == ana.app.looks.strings.errorPolicy)
            #expect(form.state.name == "Not today")
            await ana.app.takeManaged(ManagedConfig(values: nil))
            try await see("that it may be done") { main.forbidden[.createRoom] == nil }
            await ana.app.end()
        }

        @Test func otherDevicesAreListedAndSignedOut() async throws {
            let ana = try await Application.signedIn(try Desk())
            let profile = Harbour.folder()
            let vault = Vault.keyFile(profile.appendingPathExtension("key"))
            let other = try await Client.login(
                profile: profile, vault: vault, server: Harbour.server, user: ana.user, password: Harbour.password,
                deviceName: "car")
            await other.close()
            ana.main?.go(.devices)
            let devices = try await seen("the devices") { ana.devices }
            try await see("both") { devices.state.devices?.count == 2 }
            #expect(devices.state.devices?.first?.trust == .this)
            let car = try #require(devices.state.devices?.first { $0.name == "car" })
            devices.on(.askSignOut(car))
            devices.on(.password("wrong"))
            devices.on(.signOut)
            try await see("that it is wrong") { devices.state.wrongPassword }
            #expect(devices.state.leaving == car)
            devices.on(.password(Harbour.password))
            devices.on(.signOut)
            try await see("one") { devices.state.devices?.count == 1 && devices.state.leaving == nil }
            await ana.app.end()
        }
    }
}

/// Keeps keys in memory: what it wraps, it remembers.
final class TestVault: KeyVault, @unchecked Sendable {
    private let lock = NSLock()
    private var handles: [Data: [Data: (secret: Data, aad: Data)]] = [:]
    private var refusal: VaultFault?

    var keys: Int { lock.withLock { handles.count } }
    var fault: VaultFault? {
        get { lock.withLock { refusal } }
        set { lock.withLock { refusal = newValue } }
    }

    func kind() async throws -> String { "test" }
    func parameters() async throws -> [String: String] { [:] }
    func create(label: String) async throws -> Data {
        let handle = Data(UUID().uuidString.utf8)
        lock.withLock { handles[handle] = [:] }
        return handle
    }
    func wrap(_ secret: Data, with handle: Data, aad: Data) async throws -> Data {
        let wrapped = Data(UUID().uuidString.utf8)
        try lock.withLock {
            guard handles[handle] != nil else { throw VaultFault.gone }
            handles[handle]?[wrapped] = (secret, aad)
        }
        return wrapped
    }
    func unwrap(_ wrapped: Data, with handle: Data, aad: Data) async throws -> Data {
        try lock.withLock {
            if let refusal { throw refusal }
            guard let key = handles[handle] else { throw VaultFault.gone }
            guard let found = key[wrapped], found.aad == aad else { throw VaultFault.wrongSecret }
            return found.secret
        }
    }
    func destroy(_ handle: Data) async throws { lock.withLock { handles[handle] = nil } }
}

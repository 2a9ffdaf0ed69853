import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct LocksAndPolicies {
        init() throws {
            try Client.initialize()
        }

        @Test func sealedNothingButThePINOpensAProfile() async throws {
            let ana = try await Officer.signIn()
            let (profile, vault, client) = (ana.profile, ana.vault, ana.client)
            let pin = Data("738105".utf8)
            #expect(try await Client.lockStatus(profile: profile).state == .open)
            #expect(await thrown { try await client.seal() }?.code == "no_pin")
            // Nothing has happened.
            #expect(try await client.status().userId == ana.id)
            let short = await thrown { try await client.setPin(Data("12".utf8), vault: vault) }
            #expect(short?.kind == .policy(key: "lock.min_length", source: "default"))
            let words = await thrown { try await client.setPin(Data([255, 254, 253, 252, 251, 250]), vault: vault) }
            #expect(words?.kind == .badInput)

            try await client.setPin(pin, vault: vault)
            #expect(try await Client.lockStatus(profile: profile).state == .unlocked)
            #expect(try await client.seal().state == .sealed)
            #expect(await thrown { try await client.status() }?.kind == .closed)
            #expect(await thrown { try await Client.open(profile: profile, vault: vault) }?.code == "sealed")
            let before = try #require(try await Client.lockStatus(profile: profile).attemptsLeft)
            let wrong = await thrown {
                try await Client.unlock(profile: profile, vault: vault, pin: Data("000000".utf8))
            }
            #expect(wrong?.code == "wrong_pin")
            #expect(try await Client.lockStatus(profile: profile).attemptsLeft == before - 1)
            let status = try await Client.unlock(profile: profile, vault: vault, pin: pin)
            #expect(status.state == .unlocked)
            await (try Client.open(profile: profile, vault: vault)).close()
        }

        @Test func whatTheManagementSaysHoldsAtOnceAndIsExplained() async throws {
            let ana = try await Officer.signIn()
            let client = ana.client
            // Managed, an app has to have a lock.
            try await client.setPin(Data("73810546".utf8), vault: ana.vault)
            #expect(try client.explain(.createRoom).allowed)
            let before = LiveObjects.now.pulls
            let hearing = Task { try await client.policyChanges().first { _ in true } }
            try await eventually { LiveObjects.now.pulls == before + 1 }
            let changed = try await client.takeManaged(
                ManagedConfig(values: ["rooms.create": .flag(false), "no.such_key": .number(1)])
            )
            // Others change as well: a device that is managed at all is held to more.
            let rooms = changed.filter { $0.key == "rooms.create" }
            #expect(rooms.map(\.before) == [.flag(true)])
            #expect(rooms.map(\.value) == [.flag(false)])
            #expect(try await soon { try await hearing.value } == changed)

            let decision = try client.explain(.createRoom)
            #expect(!decision.allowed)
            #expect(decision.key == "rooms.create")
            #expect(decision.source == "mdm")
            let refused = await thrown { try await client.createRoom("Not today") }
            #expect(refused?.kind == .policy(key: "rooms.create", source: "mdm"))
            let lines = try await client.policy()
            let line = try #require(lines.first { $0.key == "rooms.create" })
            #expect(line.locked)
            #expect(line.state == .applied)
            #expect(lines.first { $0.key == "no.such_key" }?.state == .ignored)

            // It says nothing any more.
            try await client.takeManaged(ManagedConfig(values: nil))
            try await client.createRoom("Again")
            await client.close()
        }

        @Test func whatItSaysAtTheStartHoldsFromTheSignInOn() async throws {
            let said = ManagedConfig(values: ["location.mode": .text("off")])
            try Client.initialize(Platform(managed: [said]))
            defer { try? Client.initialize() }
            let ana = try await Officer.signIn()
            #expect(try ana.client.explain(.sharePosition(minutes: 60)).allowed == false)
            await ana.client.close()
        }
    }
}

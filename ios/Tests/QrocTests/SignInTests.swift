import Foundation
import Qroc
import Testing

extension Stories {
    @Suite struct SignIn {
        init() throws {
            try Client.initialize()
        }

        @Test func aWrongPasswordIsSaid() async {
            let profile = Harbour.folder()
            let vault = Vault.keyFile(profile.appendingPathExtension("key"))
            let error = await thrown {
                try await Harbour.login(profile, vault, password: "wrong")
            }
            #expect(error?.kind == .signIn)
            #expect(error?.code == "wrong_password")
            #expect(error?.textKey == "error_wrong_password")
            #expect(await thrown { try await Client.exists(profile: profile) } == nil)
        }

        @Test func aServerThatIsNotThereIsANetworkError() async {
            let profile = Harbour.folder()
            let error = await thrown {
                let vault = Vault.keyFile(profile.appendingPathExtension("key"))
                return try await Harbour.login(profile, vault, server: "http://127.0.0.1:9")
            }
            #expect(error?.kind == .network)
            #expect(error?.code == "server_unreachable")
        }

        @Test func anAddressThatIsNoneIsBadInput() async {
            let profile = Harbour.folder()
            let error = await thrown {
                let vault = Vault.keyFile(profile.appendingPathExtension("key"))
                return try await Harbour.login(profile, vault, server: "http://")
            }
            #expect(error?.kind == .badInput)
        }

        @Test func aProfileWithoutAnAccountAsksForTheSignIn() async throws {
            let profile = Harbour.folder()
            let vault = Vault.keyFile(profile.appendingPathExtension("key"))
            #expect(try await Client.exists(profile: profile) == false)
            let error = await thrown { try await Client.open(profile: profile, vault: vault) }
            #expect(error?.kind == .signIn)
        }

        @Test func aProfileTakesOneAccount() async throws {
            let ana = try await Officer.signIn()
            #expect(try await Client.exists(profile: ana.profile))
            let again = await thrown {
                try await Harbour.login(ana.profile, ana.vault)
            }
            #expect(again?.kind == .badInput)
            #expect(again?.code == "already_signed_in")
            await ana.client.close()
        }

        @Test func aWrongPassphraseIsLockedAndTheRightOneOpens() async throws {
            let profile = Harbour.folder()
            let right = Vault.passphrase(Data("north gate".utf8))
            let ana = try await Harbour.login(profile, right)
            await ana.close()
            let wrong = Vault.passphrase(Data("south gate".utf8))
            let error = await thrown { try await Client.open(profile: profile, vault: wrong) }
            #expect(error?.kind == .locked)
            #expect(error?.code == "wrong_passphrase")
            let open = try await Client.open(profile: profile, vault: right)
            #expect(open.signedIn == ana.signedIn)
            await open.close()
        }

        @Test func signingOutLeavesNothing() async throws {
            let ana = try await Officer.signIn()
            let destroyed = try await ana.client.logout()
            #expect(destroyed.serverInformed)
            #expect(destroyed.destroyed > 0)
            #expect(try await Client.exists(profile: ana.profile) == false)
            #expect(await thrown { try await ana.client.status() }?.kind == .closed)
        }

        @Test func aWipeEndsTheClientAndNeedsNoKey() async throws {
            let ana = try await Officer.signIn()
            try await ana.client.foreground()
            let destroyed = try await soon { try await Client.wipe(profile: ana.profile) }
            #expect(destroyed.destroyed > 0)
            #expect(try await Client.exists(profile: ana.profile) == false)
            await ana.client.close()
            #expect(await thrown { try await Client.wipe(profile: ana.profile) }?.kind == .signIn)
        }
    }
}

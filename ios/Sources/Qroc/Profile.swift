public import Foundation
internal import QrocCore

// What comes before a client: the library, and profiles.
extension Client {
    /// Prepares the library; to be called once, before anything else, when the app starts. Calling it again replaces
    /// what the app gave; clients that are open keep what they began with. Returns at once.
    ///
    /// - Throws: `internal` where the system gives no threads, or (`wrong_library`) where the library is not the one
    ///   that the bindings were made for; the console names both.
    public static func initialize(_ platform: Platform = Platform()) throws(QrocError) {
        try checkLibrary()
        try translated { try QrocCore.`init`(platform: platform.core) }
    }

    /// Says whether a profile has an account: ``open(profile:vault:)`` it then, else
    /// ``login(profile:vault:server:user:password:deviceName:)``. A profile is one account; an app with several gives each a folder of its
    /// own. A read.
    ///
    /// - Throws: `storage` for a profile that is damaged.
    public static func exists(profile: URL) async throws(QrocError) -> Bool {
        try await translated { try await QrocCore.accountExists(profile: profile.path) }
    }

    /// Signs in, makes the profile, publishes identity and keys. A folder that does not exist is made. A change; a
    /// client that nobody waited for is closed again, and can be opened.
    ///
    /// - Parameters:
    ///   - profile: A folder.
    ///   - vault: Keeps its key.
    ///   - server: A URL, or a name that is looked up.
    ///   - user: `name` or `@name:server`.
    ///   - password: The password.
    ///   - deviceName: What the device is called in the list of devices.
    /// - Returns: A client in the background.
    /// - Throws: `signIn` (`wrong_password`), `badInput` for a profile that has an account, `locked` by the vault,
    ///   `network`, `rateLimited`, `storage`.
    public static func login(
        profile: URL,
        vault: Vault,
        server: String,
        user: String,
        password: String,
        deviceName: String? = nil
    ) async throws(QrocError) -> Client {
        let details = QrocCore.LoginDetails(server: server, user: user, password: password, deviceName: deviceName)
        return try await translated {
            Client(try await .login(profile: profile.path, vault: vault.core, details: details))
        }
    }

    /// Opens a profile. No network is touched; waits up to five seconds for another process to let go of it. A read.
    ///
    /// - Throws: `signIn` where nobody is signed in, `locked` by the vault, `inUse`, `storage`.
    public static func open(profile: URL, vault: Vault) async throws(QrocError) -> Client {
        try await translated { Client(try await .open(profile: profile.path, vault: vault.core)) }
    }

    /// Destroys a profile: first the keys, then everything else. Needs neither key nor network, works while the
    /// profile is open (clients of it end), and is finished at the next start where it was interrupted. A change.
    ///
    /// - Throws: `signIn` where there is nothing, `storage`.
    @discardableResult
    public static func wipe(profile: URL) async throws(QrocError) -> Destroyed {
        try await translated { Destroyed(try await QrocCore.wipe(profile: profile.path)) }
    }

    /// The keys of all texts that an error can name, for an app's test that each is translated. From memory.
    public static var errorTextKeys: [String] {
        QrocCore.errorTextKeys()
    }

    /// Version and fingerprint of the library, such as `0.1.0+0123456789abcdef`. From memory.
    public static var libraryVersion: String {
        QrocCore.libraryVersion()
    }

    /// Before the generated code looks, which ends the program where it finds another library.
    private static func checkLibrary() throws(QrocError) {
        let found = qrocLinkedVersion()
        guard found != qrocBindingsVersion else { return }
        FileHandle.standardError.write(
            Data("qroc: the bindings are of \(qrocBindingsVersion), the library is \(found)\n".utf8)
        )
        throw QrocError(.internal, code: "wrong_library")
    }
}

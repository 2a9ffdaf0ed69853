public import Foundation
public import Observation
public import Qroc
import QrocStrings

/// What fills the screen.
public enum Stage {
    /// The profile is being looked at; shorter than the eye sees.
    case starting
    /// Nobody is signed in.
    case signIn(SignInModel)
    /// Somebody is, behind a lock.
    case unlock(UnlockModel)
    /// The list of rooms, and what is above it.
    case main(MainModel)
}

/// The whole application on the real core: signed out, sealed, or signed in.
@MainActor @Observable public final class AppModel {
    /// What fills the screen.
    public private(set) var stage: Stage = .starting
    /// Appearance and language.
    public let looks: Looks

    private let profile: URL
    private let surroundings: any Surroundings
    private let attended = Live(true)
    private var scope = Scope()
    private var session: Session?
    private var leaving = false
    private var waiting: Route?

    /// The client of the one who is signed in: for what runs without a screen.
    @ObservationIgnored public private(set) var client: Client?

    /// Prepares the application for the profile in a folder.
    public init(profile: URL, surroundings: any Surroundings) {
        self.profile = profile
        self.surroundings = surroundings
        looks = Looks(surroundings)
    }

    /// Looks whether somebody is signed in here.
    public func start() async {
        do {
            if try await Client.exists(profile: profile) { toUnlock() } else { toSignIn(nil) }
        } catch {
            toSignIn(.other(looks.strings.of(error)))
        }
    }

    private func toSignIn(_ problem: SignInProblem?) {
        forget()
        let model = SignInModel(profile, surroundings, looks, scope, problem: problem) { [weak self] client in
            self?.toMain(client)
        }
        stage = .signIn(model)
    }

    private func toUnlock() {
        forget()
        let model = UnlockModel(
            profile,
            surroundings.vaults,
            looks,
            scope,
            opened: { [weak self] client in self?.toMain(client) },
            wiped: { [weak self] problem in self?.toSignIn(problem) }
        )
        stage = .unlock(model)
        model.start()
    }

    private func toMain(_ opened: Client) {
        forget()
        client = opened
        let session: Session
        do {
            session = try Session(opened, surroundings, looks, attended: attended)
        } catch {
            toSignIn(.other(looks.strings.of(error)))
            return
        }
        self.session = session
        session.start()
        let main = MainModel(session) { [weak self] farewell throws(QrocError) in
            try await self?.leave(opened, farewell)
        }
        main.start()
        stage = .main(main)
        session.scope.follow(session.link) { [weak self] link in
            guard link == .signedOut, let self, !self.leaving else { return }
            self.endedByServer(opened)
        }
        session.scope.launch { await quietly { () async throws(QrocError) in try await opened.foreground() } }
        if let route = waiting {
            waiting = nil
            main.go(route)
        }
    }

    private func endedByServer(_ opened: Client) {
        client = nil
        Task { await opened.close() }
        toSignIn(.other(looks.strings.errorSignedOut))
    }

    private func leave(_ opened: Client, _ farewell: Farewell) async throws(QrocError) {
        leaving = true
        defer { leaving = false }
        switch farewell {
        case .signOut: try await opened.logout()
        case .wipe: try await Client.wipe(profile: profile)
        }
        client = nil
        await opened.close()
        toSignIn(nil)
    }

    private func forget() {
        if case .main(let main) = stage { main.close() }
        session?.close()
        session = nil
        scope.close()
        scope = Scope()
    }

    /// Goes where a link leads; where nobody has unlocked yet, afterwards.
    ///
    /// - Returns: Whether it is a link of ours.
    @discardableResult
    public func open(link: URL) -> Bool {
        guard let route = Route(link: link) else { return false }
        if case .main(let main) = stage { main.go(route) } else { waiting = route }
        return true
    }

    /// The application came to the front, or left it.
    public func attend(_ looking: Bool) {
        attended.value = looking
    }

    /// The application came to the front: syncs from now on.
    public func foreground() async {
        attend(true)
        guard let client else { return }
        await quietly { () async throws(QrocError) in try await client.foreground() }
    }

    /// The application left the front: sends what waits, for as long as the system lets it.
    ///
    /// - Returns: Whether all was sent.
    @discardableResult
    public func background(limit: Duration) async -> Bool {
        attend(false)
        guard let client else { return true }
        do {
            return try await client.background(limit: limit)
        } catch {
            return false
        }
    }

    /// The network is back, or is another one.
    public func networkReturned() async {
        guard let client else { return }
        await quietly { () async throws(QrocError) in try await client.networkReturned() }
    }

    /// What the device's management says has changed.
    public func takeManaged(_ config: ManagedConfig) async {
        guard let client else { return }
        await quietly { () async throws(QrocError) in try await client.takeManaged(config) }
    }

    /// Woken in the background: takes in what there is, and sends what waits. Where a lock is closed, nothing happens.
    ///
    /// - Returns: Whether it came to its end.
    @discardableResult
    public func wake(limit: Duration = .seconds(25)) async -> Bool {
        guard let client else { return false }
        do {
            try await client.syncOnce(limit: limit)
            return true
        } catch {
            return false
        }
    }

    /// What became of the rules that somebody set, for the device's management; nothing while nobody is signed in.
    public func feedback() async -> [String: String]? {
        guard let lines = try? await client?.policy() else { return nil }
        return ManagedConfig.feedback(lines)
    }

    /// Whether the system may take pictures of what is shown; not before somebody has unlocked.
    public var mayBeCaptured: Bool {
        guard let client, let answer = try? client.explain(.screenshot) else { return false }
        return answer.allowed
    }

    /// Locks: nothing but the PIN opens the profile from now on. Without a PIN nothing happens.
    ///
    /// - Returns: Whether it is locked.
    @discardableResult
    public func seal() async -> Bool {
        guard let client else { return false }
        do {
            try await client.seal()
        } catch {
            return false
        }
        self.client = nil
        toUnlock()
        return true
    }

    /// Sends what is queued for a moment, then closes the profile.
    public func end() async {
        forget()
        stage = .starting
        guard let open = client else { return }
        client = nil
        await quietly { () async throws(QrocError) in try await open.background(limit: .seconds(3)) }
        await open.close()
    }
}

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

/// Where the officer was, and what was typed: in memory alone.
private struct Kept {
    let routes: [Route]
    let drafts: [String: String]
}

/// The whole application on the real core: signed out, sealed, or signed in.
@MainActor @Observable public final class AppModel {
    /// What fills the screen.
    public private(set) var stage: Stage = .starting
    /// Appearance and language.
    public let looks: Looks

    private let profile: URL
    let surroundings: any Surroundings
    private let attended = Live(true)
    private var scope = Scope()
    private var session: Session?
    private var leaving = false
    private var waiting: Route?
    /// The message of each room that was told last.
    @ObservationIgnored var told: [String: String] = [:]
    /// Where the officer was, and what was typed, while the profile is let go.
    private var kept: Kept?
    /// Left the front, and goes on because the position is shared.
    private var goesOn = false

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
        kept = nil
        told = [:]
        let model = SignInModel(profile, surroundings, looks, scope, problem: problem) { [weak self] client in
            self?.toMain(client, isNew: true)
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

    private func toMain(_ opened: Client, isNew: Bool = false) {
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
        if let sharing = session.sharing {
            session.scope.follow(sharing.live) { [weak self] now in if now.isEmpty { self?.sharingEnded() } }
        }
        // Woken in the background it syncs when it is told to.
        if attended.value {
            session.scope.launch { await quietly { () async throws(QrocError) in try await opened.foreground() } }
        }
        if let kept {
            self.kept = nil
            session.drafts.value = kept.drafts
            for route in kept.routes { main.go(route) }
        }
        if let route = waiting {
            waiting = nil
            main.go(route)
        }
        if isNew { main.offerRecovery() }
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

    /// Whether the officer looks.
    var attends: Bool { attended.value }

    /// Lets go of the profile, once all is sent, so that an extension of the app can have it: the system ends an app that
    /// keeps a shared file locked while it sleeps. ``foreground()`` comes back to where the officer was. While the position
    /// is shared nothing is let go.
    public func letGo() async {
        guard !attends, let open = client, let session, case .main(let main) = stage, !goesOn else { return }
        kept = Kept(routes: main.path.map(\.route), drafts: session.drafts.value)
        forget()
        stage = .starting
        client = nil
        await open.close()
    }

    /// Takes the profile again where nothing has to be typed for that, and waits until it is there.
    func reopen() async {
        guard client == nil, !surroundings.vaults.needsPassphrase else { return }
        if case .starting = stage { await start() }
        for _ in 0..<200 {
            guard case .unlock(let model) = stage, model.state.problem == nil, !model.state.sealed else { return }
            try? await Task.sleep(for: .milliseconds(25))
        }
    }

    /// The application came to the front: syncs from now on.
    public func foreground() async {
        attend(true)
        goesOn = false
        guard let client else {
            if kept != nil, case .starting = stage { await start() }
            return
        }
        await quietly { () async throws(QrocError) in try await client.foreground() }
    }

    /// The application left the front: sends what waits, for as long as the system lets it. While the position is shared,
    /// it goes on instead, as the system lets it by that.
    ///
    /// - Returns: Whether all was sent.
    @discardableResult
    public func background(limit: Duration) async -> Bool {
        attend(false)
        if session?.sharing?.running.isEmpty == false {
            goesOn = true
            return false
        }
        return await rest(limit)
    }

    private func sharingEnded() {
        guard goesOn else { return }
        goesOn = false
        Task { await rest(.seconds(25)) }
    }

    @discardableResult
    private func rest(_ limit: Duration) async -> Bool {
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
        await reopen()
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

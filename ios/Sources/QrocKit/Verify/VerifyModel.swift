import Foundation
public import Observation
import Qroc
import QrocStrings

/// Leads through one verification after the other: those that others ask for, and those that the officer begins.
@MainActor @Observable public final class VerifyModel {
    /// Nothing while there is none.
    public private(set) var state: VerifyState?

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private var running: Verification?
    /// Came while another one was under way.
    @ObservationIgnored private var pending: [Verification] = []
    /// The work of the one that is shown; ends with it.
    @ObservationIgnored private var work: Scope?

    init(_ session: Session, _ scope: Scope) {
        self.session = session
        self.scope = scope
    }

    /// Begins to listen.
    func start() {
        scope.launch { [self] in
            await quietly { () async throws(QrocError) in
                for try await asked in session.client.verificationRequests {
                    if state == nil { show(asked) } else { pending.append(asked) }
                }
            }
        }
    }

    /// Begins one with a person or a device, as the core calls them, unless another one is under way.
    func begin(_ who: String, name: String, isPerson: Bool) {
        guard state == nil else { return }
        state = VerifyState(name: name, isPerson: isPerson)
        let work = scope.child()
        self.work = work
        work.launch { [self] in
            do throws(QrocError) {
                let verification = try await session.client.verify(who)
                // Closed meanwhile: it is cancelled as this lets it go.
                guard !work.isClosed else { return }
                // A code is quicker than signs where both can see each other; signs are always there.
                verification.byCode()
                lead(verification, work)
            } catch {
                if !work.isClosed { fail(error) }
            }
        }
    }

    private func show(_ asked: Verification) {
        let isPerson = asked.userId != session.own
        var state = VerifyState(
            name: isPerson ? session.name(of: asked.userId) : session.strings.ownDevices, isPerson: isPerson)
        state.step = .asked
        self.state = state
        let work = scope.child()
        self.work = work
        if !isPerson, let id = asked.deviceId {
            work.launch { [self] in
                let devices = try? await session.client.devices()
                if !work.isClosed { self.state?.name = devices?.first { $0.deviceId == id }?.name ?? id }
            }
        }
        lead(asked, work)
    }

    private func lead(_ verification: Verification, _ work: Scope) {
        running = verification
        work.launch { [self] in
            do throws(QrocError) {
                for try await stage in verification.stages {
                    guard !work.isClosed else { return }
                    take(stage)
                }
            } catch {
                if !work.isClosed { fail(error) }
            }
        }
    }

    private func take(_ stage: VerificationStage) {
        // What was asked and is over before anybody looked is nothing to read about.
        if case .cancelled = stage, state?.step == .asked, state?.working == false { return finish() }
        state?.step = VerifyStep(stage, session.strings)
        state?.working = false
        state?.error = nil
        if stage == .done { session.trustChanged() }
    }

    /// Does what the officer asks.
    public func on(_ event: VerifyEvent) {
        switch event {
        case .begin:
            act { one throws(QrocError) in
                one.byCode()
                try await one.accept()
            }
        case .scan: scan()
        case .bySigns: act { one throws(QrocError) in one.bySigns() }
        case .same: act { one throws(QrocError) in try await one.confirm() }
        case .differ: act { one throws(QrocError) in try await one.mismatch() }
        case .close: finish()
        }
    }

    private func scan() {
        guard let work, state?.working == false else { return }
        work.launch { [self] in
            let surroundings = session.surroundings
            guard let file = await surroundings.chooseFile(photo: true) else { return }
            defer { surroundings.release(file) }
            // The other may have scanned ours meanwhile.
            guard !work.isClosed, case .code = state?.step else { return }
            guard let picture = await Self.read(file) else {
                state?.error = session.strings.errorFileUnreadable
                return
            }
            act { one throws(QrocError) in try await one.scan(try await Codes.read(picture: picture)) }
        }
    }

    /// Bytes of a picture that is looked through.
    private nonisolated static let largest = 64 << 20

    private nonisolated static func read(_ file: URL) async -> Data? {
        let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize
        guard let size, size <= largest else { return nil }
        return try? Data(contentsOf: file)
    }

    private func act(_ step: @escaping @Sendable (Verification) async throws(QrocError) -> Void) {
        guard let running, let work, state?.working == false else { return }
        state?.working = true
        state?.error = nil
        // In the account's scope: a word that was given is told also when the sheet is closed in the same moment.
        scope.launch { [self] in
            do throws(QrocError) {
                try await step(running)
            } catch {
                if !work.isClosed { fail(error) }
            }
        }
    }

    private func fail(_ error: QrocError) {
        guard error.kind != .cancelled else { return }
        state?.working = false
        // Where it has ended, that says why.
        if state?.isOver == false { state?.error = session.strings.of(error) }
    }

    /// Ends it on both sides where it is not over; a word that was given holds.
    private func finish() {
        let left = running
        let isOpen =
            switch state?.step {
            case .waiting, .asked, .starting, .compare, .code, .scanned: true
            case .confirmed, .done, .ended, nil: false
            }
        if let left, isOpen, state?.working == false {
            scope.launch { await quietly { () async throws(QrocError) in try await left.cancel() } }
        }
        work?.close()
        work = nil
        running = nil
        state = nil
        if !pending.isEmpty { show(pending.removeFirst()) }
    }
}

extension VerifyStep {
    init(_ stage: VerificationStage, _ strings: Strings) {
        switch stage {
        case .waiting: self = .waiting
        case .asked: self = .asked
        case .starting: self = .starting
        case .compare(let emoji, let numbers):
            let signs = emoji.map { Sign(symbol: $0.symbol, word: strings.emoji($0.wordKey) ?? $0.symbol) }
            self = .compare(signs: signs, numbers: numbers)
        case .code(let shown): self = .code(shown: shown.map(Modules.init))
        case .scanned: self = .scanned
        case .confirmed: self = .confirmed
        case .done: self = .done
        case .cancelled(let byUs, let reason): self = .ended(VerifyEnding(reason, byUs: byUs))
        }
    }
}

extension Modules {
    init(_ code: VerificationCode) {
        let places = 0..<code.side
        rows = places.map { row in places.map { column in code.isDark(row: row, column: column) } }
    }
}

extension VerifyEnding {
    init(_ reason: VerificationReason, byUs: Bool) {
        switch reason {
        case .cancelled: self = byUs ? .here : .there
        case .timedOut: self = .timedOut
        case .mismatch: self = .mismatch
        case .keyMismatch: self = .keyMismatch
        case .takenElsewhere: self = .elsewhere
        case .protocol: self = .protocolFault
        }
    }
}

extension Trust {
    /// Nothing of oneself.
    init?(_ core: UserTrust) {
        switch core {
        case .own: return nil
        case .verified: self = .verified
        case .unverified: self = .unverified
        case .changed: self = .changed
        }
    }
}

public import Foundation
import Qroc

/// What can be done with one press in a room.
public struct Quick: Hashable, Sendable {
    /// Whether the position is being asked for.
    public var locating = false
    /// When help was asked for here.
    public var helpAt: Date?

    /// Describes a room where nothing was asked for.
    public init() {}
}

/// Does what one press asks for, in the account's scope: leaving the room in the same moment stops nothing.
@MainActor final class QuickActions {
    /// Nothing where this device has no receiver of positions.
    let state: Live<Quick?>
    private let session: Session
    private let room: () async throws(QrocError) -> Room
    /// Tells what was done, in one line.
    var done: (String) -> Void = { _ in }
    /// Tells what could not be done.
    var failed: (String) -> Void = { _ in }

    init(_ session: Session, _ room: @escaping () async throws(QrocError) -> Room) {
        self.session = session
        self.room = room
        state = Live(session.sharing == nil ? nil : Quick())
    }

    /// Sends where the officer is.
    func position() {
        if let why = session.forbidden.value[.sendPosition] { return failed(why) }
        guard state.value?.locating == false else { return }
        work { [self] () async throws(QrocError) in
            if try await place() { done(session.strings.positionSent) } else { failed(session.strings.positionUnknown) }
        }
    }

    /// The words first: they need no satellite.
    func help() {
        state.value?.helpAt = session.time.now()
        work { [self] () async throws(QrocError) in
            try await room().send(session.strings.helpMessage)
            let isAllowed = session.forbidden.value[.sendPosition] == nil
            let isTold = isAllowed ? try await place() : false
            done(isTold ? session.strings.helpSentWithPosition : session.strings.helpSentWithout)
        }
    }

    /// Help is not needed any more.
    func safe() {
        work { [self] () async throws(QrocError) in
            try await room().send(session.strings.safeMessage)
            state.value?.helpAt = nil
        }
    }

    private func place() async throws(QrocError) -> Bool {
        state.value?.locating = true
        defer { state.value?.locating = false }
        guard let fix = await session.sharing?.here() else { return false }
        try await room().sendPlace(latitude: fix.latitude, longitude: fix.longitude, accuracy: fix.accuracy)
        return true
    }

    private func work(_ work: @escaping @MainActor () async throws(QrocError) -> Void) {
        session.attempt(session.scope, failed: { [self] in failed($0) }, work)
    }
}

import Foundation
public import Observation
import Qroc

/// Shows what waits to be sent, and lets it be tried again or taken back.
@MainActor @Observable public final class QueueModel {
    /// What is shown.
    public private(set) var state = QueueState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let leave: () -> Void

    init(_ session: Session, _ scope: Scope, back: @escaping () -> Void) {
        self.session = session
        self.scope = scope
        leave = back
    }

    /// Begins to follow the queue.
    func start() {
        scope.follow(session.queue) { [weak self] _ in self?.show() }
        scope.follow(session.roomNames) { [weak self] _ in self?.show() }
    }

    private func show() {
        state.items = session.queue.value?.map(row)
    }

    /// Does what the officer asks.
    public func on(_ event: QueueEvent) {
        switch event {
        case .back: leave()
        case .retry(let row):
            attempt { [session] () async throws(QrocError) in try await session.retry(row.id) }
        case .askCancel(let row): state.cancelling = row
        case .cancel(let row):
            state.cancelling = nil
            attempt { [session] () async throws(QrocError) in try await session.cancel(row.id) }
        case .keep: state.cancelling = nil
        }
    }

    private func attempt(_ work: @escaping @MainActor () async throws(QrocError) -> Void) {
        state.error = nil
        session.attempt(session.scope, failed: { [weak self] in self?.state.error = $0 }, work)
    }

    private func row(_ item: QueueItem) -> QueueRow {
        var row = QueueRow(
            id: item.id,
            roomName: session.roomNames.value[item.roomId] ?? item.roomId,
            kind: item.kind,
            state: item.state
        )
        row.attempts = item.attempts
        row.next = item.nextTry.flatMap { $0 > session.time.now() ? $0 : nil }
        row.why = item.reason.map(session.strings.reason)
        return row
    }
}

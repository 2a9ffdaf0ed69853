import Foundation
import Qroc

/// Fetches pictures to look at, whatever policy says of saving, and files to keep. A picture is decoded in memory: nothing
/// readable comes onto the disk.
@MainActor final class Transfers {
    private let session: Session
    private let scope: Scope
    private var waiting: [() -> Void] = []
    private var running = 0
    private var order: [String] = []

    /// By the id of the message, or by the transaction of one that was sent here.
    let pictures = Live<[String: Picture]>([:])
    /// By the id of the message.
    let transfers = Live<[String: FileTransfer]>([:])

    private static let atOnce = 2
    /// Pictures that are kept; older ones are fetched again.
    private static let most = 40

    init(_ session: Session, _ scope: Scope) {
        self.session = session
        self.scope = scope
    }

    /// Shows what was chosen here without fetching it again.
    func keep(_ key: String, _ picture: Picture) {
        order.append(key)
        pictures.value[key] = picture
        while order.count > Self.most { pictures.value[order.removeFirst()] = nil }
    }

    /// Fetches a picture, unless it is there or on its way.
    func show(_ room: Room, _ key: String, eventId: String) {
        guard pictures.value[key] == nil else { return }
        if case .running = transfers.value[key] { return }
        transfer(key) { [self] in
            await enter()
            defer { leave() }
            let bytes = try await room.contents(eventId).data()
            guard let picture = await session.surroundings.decode(bytes) else { throw UnreadablePicture() }
            keep(key, picture)
        }
    }

    /// Saves a file where the officer wants it.
    func save(_ room: Room, _ key: String, eventId: String, to target: URL, done: @escaping () -> Void) {
        transfer(key) {
            try await room.download(eventId, to: target, overwrite: true)
            done()
        }
    }

    private func transfer(_ key: String, _ work: @escaping @MainActor () async throws -> Void) {
        transfers.value[key] = .running(nil)
        scope.launch { [self] in
            do {
                try await work()
                transfers.value[key] = nil
            } catch let error as QrocError {
                transfers.value[key] = error.kind == .cancelled ? nil : .failed(session.strings.of(error))
            } catch is UnreadablePicture {
                transfers.value[key] = .failed(session.strings.errorFileUnsupported)
            } catch {
                transfers.value[key] = .failed(session.strings.errorStorage)
            }
        }
    }

    /// Waits until few enough are on their way.
    private func enter() async {
        if running < Self.atOnce {
            running += 1
            return
        }
        await withCheckedContinuation { continuation in waiting.append { continuation.resume() } }
    }

    private func leave() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst()() }
    }

    private struct UnreadablePicture: Error {}
}

import Foundation
import Qroc

// What happens while nobody looks.
extension AppModel {
    /// Whether a message of a room that comes now is on the screen already.
    public func isReading(_ roomId: String) -> Bool {
        guard attends, case .main(let main) = stage, case .room(let model) = main.top else { return false }
        return model.state.roomId == roomId
    }

    /// Sends an answer that was typed in a notification. It is on the disk, encrypted, when this returns.
    ///
    /// - Returns: Whether it is; not where nobody has unlocked the profile: then it is to be said.
    public func answer(_ text: String, in roomId: String) async -> Bool {
        await reach { client throws(QrocError) in try await client.room(roomId).send(text.trimmed) }
    }

    /// Says that the officer has read what a notification shows.
    @discardableResult
    public func markRead(_ roomId: String) async -> Bool {
        await reach { client throws(QrocError) in try await client.room(roomId).markRead() }
    }

    private func reach(_ work: @MainActor (Client) async throws(QrocError) -> Sent) async -> Bool {
        await reopen()
        guard let client else { return false }
        do throws(QrocError) {
            _ = try await work(client)
            // Nothing is sent by a client that was opened for this alone, until it is told to.
            try await client.foreground()
        } catch {
            return false
        }
        if !attends { await background(limit: .seconds(20)) }
        return true
    }
}

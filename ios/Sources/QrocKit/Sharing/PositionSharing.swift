public import Foundation
public import Observation
public import Qroc

/// A sharing of the own position with one room, that goes on.
public struct Sharing: Hashable, Identifiable, Sendable {
    /// Matrix id of the room.
    public var roomId: String
    /// As shown.
    public var roomName: String
    /// When it ends; nothing for as long as policy allows.
    public var until: Date?
    /// Whether it was ended, and the others do not know yet.
    public var stopping = false

    /// The room's.
    public var id: String { roomId }

    /// Describes a sharing.
    public init(roomId: String, roomName: String, until: Date? = nil) {
        self.roomId = roomId
        self.roomName = roomName
        self.until = until
    }
}

/// Why a sharing ended.
public enum SharingEnding: Hashable, Sendable {
    /// Its time was over, or it was stopped.
    case over
    /// Policy does not allow it any more.
    case forbidden
    /// The officer or the system does not allow it.
    case notAllowed
    /// A fault.
    case failed
}

/// The own position, shared with rooms: it goes on whichever screen is there, and while the app is not in front.
@MainActor @Observable public final class PositionSharing {
    /// What goes on, the first begun first.
    public private(set) var running: [Sharing] = [] { didSet { live.value = running } }

    @ObservationIgnored let live = Live<[Sharing]>([])
    /// How the last one of each room ended; nothing since another one was begun there.
    @ObservationIgnored let ended = Live<[String: SharingEnding]>([:])
    @ObservationIgnored private let client: Client
    @ObservationIgnored private let receiver: any PositionReceiver
    @ObservationIgnored private let receiving: Receiving
    @ObservationIgnored private let time: any Timekeeper
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private var shares: [String: LocationShare] = [:]
    @ObservationIgnored private var starting: Set<String> = []

    /// Who needs help does not wait longer for a satellite.
    private static let patience = Duration.seconds(15)

    init(_ client: Client, _ receiver: any PositionReceiver, _ time: any Timekeeper, _ scope: Scope) {
        self.client = client
        self.receiver = receiver
        self.time = time
        self.scope = scope
        receiving = Receiving(receiver, time)
    }

    /// Begins to share with a room, for so long; without, for as long as policy allows. What goes on there goes on.
    ///
    /// - Returns: Whether the officer and the system let it. How it ends is in `ended`.
    @discardableResult
    func start(_ roomId: String, _ roomName: String, for duration: Duration?) async -> Bool {
        guard !isOn(roomId), starting.insert(roomId).inserted else { return true }
        defer { starting.remove(roomId) }
        guard await receiver.permit(.live) else { return false }
        ended.value[roomId] = nil
        let until = duration.map { time.now().addingTimeInterval(TimeInterval($0.components.seconds)) }
        running.append(Sharing(roomId: roomId, roomName: roomName, until: until))
        scope.launch { [self] in
            let why = await share(roomId, duration)
            shares[roomId] = nil
            running.removeAll { $0.roomId == roomId }
            ended.value[roomId] = why
        }
        return true
    }

    private func share(_ roomId: String, _ duration: Duration?) async -> SharingEnding {
        let source = receiving.source(for: .live)
        defer { receiving.close(source) }
        do throws(QrocError) {
            let share = try await client.room(roomId).shareLocation(from: source, duration: duration)
            shares[roomId] = share
            // Stopped before it had begun.
            if running.first(where: { $0.roomId == roomId })?.stopping == true { share.stop() }
            try await share.ended()
            return .over
        } catch {
            if case .policy = error.kind { return .forbidden }
            return .failed
        }
    }

    /// Stops it; it is gone from ``running`` when the others know.
    public func stop(_ roomId: String) {
        guard let place = running.firstIndex(where: { $0.roomId == roomId }) else { return }
        running[place].stopping = true
        shares[roomId]?.stop()
    }

    /// Stops all of it.
    public func stopAll() {
        for sharing in running { stop(sharing.roomId) }
    }

    func isOn(_ roomId: String) -> Bool { running.contains { $0.roomId == roomId } }

    /// Where this device is now, asked for some seconds; nothing where it does not know, or may not say.
    func here() async -> Fix? {
        guard await receiver.permit(.once) else { return nil }
        let source = receiving.source(for: .once)
        let limit = Task { [time] in
            if (try? await time.sleep(for: Self.patience)) != nil { source.close() }
        }
        defer {
            limit.cancel()
            receiving.close(source)
        }
        // Nowhere now may be somewhere in a moment.
        while let reading = try? await source.next() { if case .at(let fix) = reading { return fix } }
        return nil
    }
}

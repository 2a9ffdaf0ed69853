public import Foundation
internal import QrocCore

/// A room of a client. Whatever is sent is durable and shown in the timeline when the call returns; it goes to the
/// server while the client is in the foreground.
///
/// A *read* ends with its task; a *change* runs to its end in the core, whatever becomes of the task that called.
public final class Room: Identifiable, Sendable {
    let core: QrocCore.Room

    /// The Matrix id.
    public let id: String

    init(_ core: QrocCore.Room) {
        self.core = core
        id = core.roomId()
    }

    /// Reads what the list shows of the room. A read.
    ///
    /// - Throws: `notFound` once it was forgotten, `locked`, `closed`, `storage`.
    public func summary() async throws(QrocError) -> RoomSummary {
        try await translated { [core] in RoomSummary(try await core.summary()) }
    }

    /// Lists who is joined or invited, as far as it is stored. A read.
    ///
    /// - Throws: `locked`, `closed`, `storage`.
    public func members() async throws(QrocError) -> [RoomMember] {
        try await translated { [core] in try await core.members().map(RoomMember.init) }
    }

    /// Lists the user ids of who else is typing, by the last answer of the server. A read.
    ///
    /// - Throws: `locked`, `closed`, `inUse`.
    public func typing() async throws(QrocError) -> [String] {
        try await translated { [core] in try await core.typing() }
    }

    /// Opens the timeline, to be followed. A read.
    ///
    /// - Throws: `notFound`, `locked`, `closed`, `storage`.
    public func timeline() async throws(QrocError) -> Timeline {
        try await translated { [core] in Timeline(try await core.timeline()) }
    }

    /// Reads one page of the timeline, oldest first. A read.
    ///
    /// - Parameters:
    ///   - cursor: Of an item: the page ends before it. `nil`: the newest page.
    ///   - limit: How many items at most.
    ///   - offline: Whether what is missing for the page is not to be fetched from the server.
    /// - Returns: The page.
    /// - Throws: `badInput` for a cursor of another room, `network`, `locked`, `closed`, `storage`.
    public func page(
        before cursor: String? = nil,
        limit: Int = 50,
        offline: Bool = false
    ) async throws(QrocError) -> [TimelineItem] {
        try await translated { [core] in
            let items = try await core.page(before: cursor, limit: UInt32(clamping: limit), offline: offline)
            return items.map(TimelineItem.init)
        }
    }

    /// Sends a text, which is Markdown unless it is `plain`. A change.
    ///
    /// - Parameters:
    ///   - body: The text.
    ///   - replyTo: Event id of what it answers.
    ///   - thread: Event id of its thread's root.
    ///   - txnId: The same id twice is one message; made up where there is none.
    ///   - mentions: User ids of those who are to notice, besides those whose id stands in the text and who is answered.
    ///   - mentionsRoom: Whether everybody in the room is to notice.
    ///   - plain: Sent as it is typed, not as Markdown.
    ///   - clearsDraft: The draft for this room and thread goes with it.
    /// - Returns: What became of it so far.
    /// - Throws: `badInput` without a text, `notFound` for what it answers, `forbidden`, `policy`, `locked`, `closed`,
    ///   `storage`.
    @discardableResult
    public func send(
        _ body: String,
        replyTo: String? = nil,
        thread: String? = nil,
        txnId: String? = nil,
        mentions: [String] = [],
        mentionsRoom: Bool = false,
        plain: Bool = false,
        clearsDraft: Bool = false
    ) async throws(QrocError) -> Sent {
        let message = NewMessage(
            body: body, replyTo: replyTo, thread: thread, txnId: txnId, mentions: mentions,
            mentionsRoom: mentionsRoom, plain: plain, clearsDraft: clearsDraft)
        return try await translated { [core] in Sent(try await core.send(message: message)) }
    }

    /// Replaces the text of an own message. A change.
    ///
    /// - Throws: As ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)``; `forbidden` for a message of somebody else.
    @discardableResult
    public func edit(_ eventId: String, to text: String) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.edit(eventId: eventId, body: text)) }
    }

    /// Reacts to a message. A change.
    ///
    /// - Throws: As ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)``.
    @discardableResult
    public func react(to eventId: String, with key: String) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.react(eventId: eventId, key: key)) }
    }

    /// Removes the content of a message, for everybody. A change.
    ///
    /// - Throws: As ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)``.
    @discardableResult
    public func redact(_ eventId: String) async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.redact(eventId: eventId)) }
    }

    /// Marks everything as read. A change.
    ///
    /// - Throws: `forbidden`, `locked`, `closed`, `storage`.
    @discardableResult
    public func markRead() async throws(QrocError) -> Sent {
        try await translated { [core] in Sent(try await core.markRead()) }
    }

    /// Prepares, seals and sends a file; the file itself is not needed after. A change.
    ///
    /// - Parameters:
    ///   - file: Where it is.
    ///   - caption: A text beside it.
    ///   - treatAs: As what.
    ///   - trim: Of a clip, the part that is wanted.
    ///   - txnId: The same id twice is one message; made up where there is none.
    ///   - original: Whether the unchanged file follows, signed by this device.
    ///   - captureInfo: Whether time, place and camera go along, encrypted.
    /// - Returns: What became of it so far.
    /// - Throws: `badInput` for the file, as ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)`` else.
    @discardableResult
    public func sendFile(
        _ file: URL,
        caption: String? = nil,
        treatAs: TreatAs = .auto,
        trim: Trim? = nil,
        txnId: String? = nil,
        original: Bool = false,
        captureInfo: Bool = false
    ) async throws(QrocError) -> SentFile {
        let file = NewFile(
            path: file.path,
            caption: caption,
            treatAs: treatAs.core,
            trim: trim?.core,
            txnId: txnId,
            original: original,
            captureInfo: captureInfo
        )
        return try await translated { [core] in SentFile(try await core.sendFile(file: file)) }
    }

    /// Sends what a microphone gave as a voice message: a WAV file, or another recording that the core reads, from memory.
    /// It is coded anew at an even loudness, and nothing of it is on the disk in plain. A change.
    ///
    /// - Parameters:
    ///   - recording: The file.
    ///   - txnId: The same id twice is one message; made up where there is none.
    /// - Returns: What became of it so far.
    /// - Throws: `badInput` for what is no recording, `policy` where it lasts too long or may not be sent, `storage` where the
    ///   system has no files in memory, as ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)`` else.
    @discardableResult
    public func sendVoice(_ recording: Data, txnId: String? = nil) async throws(QrocError) -> SentFile {
        try await translated { [core] in SentFile(try await core.sendVoice(recording: recording, txnId: txnId)) }
    }

    /// Sends a position, once. A change.
    ///
    /// - Parameters:
    ///   - latitude: Degrees, WGS 84.
    ///   - longitude: Degrees, WGS 84.
    ///   - accuracy: Metres around it that hold the truth; none for a place that was chosen.
    ///   - txnId: The same id twice is one message; made up where there is none.
    /// - Returns: What became of it so far.
    /// - Throws: `badInput` for what is no place on the earth, as ``send(_:replyTo:thread:txnId:mentions:mentionsRoom:plain:clearsDraft:)`` else.
    @discardableResult
    public func sendPlace(
        latitude: Double,
        longitude: Double,
        accuracy: Double? = nil,
        txnId: String? = nil
    ) async throws(QrocError) -> Sent {
        let place = NewPlace(lat: latitude, lon: longitude, accuracyM: accuracy, txnId: txnId)
        return try await translated { [core] in Sent(try await core.sendPlace(place: place)) }
    }

    /// Begins to share the own position live. A change: a sharing that nobody waited for ends at once.
    ///
    /// - Parameters:
    ///   - source: The platform's receiver.
    ///   - pace: How often.
    ///   - duration: For how long; as long as policy allows without.
    /// - Returns: The sharing. Keep it.
    /// - Throws: `policy`, `forbidden`, `badInput` where this device shares with the room already, `locked`, `closed`,
    ///   `storage`.
    public func shareLocation(
        from source: any LocationSource,
        pace: SharePace = .auto,
        duration: Duration? = nil
    ) async throws(QrocError) -> LocationShare {
        let share = NewShare(pace: pace.core, duration: duration?.interval)
        return try await translated { [core] in
            LocationShare(try await core.shareLocation(share: share, source: SourceAdapter(source)))
        }
    }

    /// Stops sharing the own position with the room, whoever began it: also a run of the app that ended without. A
    /// change.
    ///
    /// - Throws: `badInput` where nothing is shared, `locked`, `closed`, `storage`.
    public func stopSharing() async throws(QrocError) {
        try await translated { [core] in try await core.stopSharing() }
    }

    /// Opens the list of where everybody in the room is, to be followed. A read.
    ///
    /// - Throws: `notFound`, `locked`, `closed`, `storage`.
    public func positions() async throws(QrocError) -> Positions {
        try await translated { [core] in Positions(try await core.positions()) }
    }

    /// Opens a file of a message to be looked at without being saved: one that was sent from here also while it waits
    /// to be sent, one that was looked at before also without the network. A read, which leaves nothing behind when it
    /// ends early.
    ///
    /// - Parameters:
    ///   - eventId: The message.
    ///   - part: Which file.
    /// - Returns: The file. Keep it while it is shown.
    /// - Throws: `notFound` without a file or for a removed message, `badInput` where the file was changed on its way or
    ///   is larger than what may be kept, `network`, `locked`, `signIn`, `closed`, `storage`.
    public func contents(_ eventId: String, part: Part = .file) async throws(QrocError) -> Contents {
        try await translated { [core] in
            Contents(try await core.contents(eventId: eventId, part: part.core))
        }
    }

    /// Says whether a file of a message can be looked at without the network. A read.
    ///
    /// - Throws: `notFound` without a file or for a removed message, `locked`, `signIn`, `closed`, `storage`.
    public func hasContents(_ eventId: String, part: Part = .file) async throws(QrocError) -> Bool {
        try await translated { [core] in try await core.hasContents(eventId: eventId, part: part.core) }
    }

    /// Fetches the file of a message and opens it. A read, which leaves nothing behind when it ends early.
    ///
    /// - Parameters:
    ///   - eventId: The message.
    ///   - destination: A folder, or the file.
    ///   - overwrite: Whether a file that is there already is replaced.
    /// - Returns: The file.
    /// - Throws: `notFound` without a file, `badInput` where the destination is taken or the file was changed on its
    ///   way, `network`.
    @discardableResult
    public func download(
        _ eventId: String,
        to destination: URL,
        overwrite: Bool = false
    ) async throws(QrocError) -> Downloaded {
        try await translated { [core] in
            Downloaded(try await core.download(eventId: eventId, to: destination.path, overwrite: overwrite))
        }
    }

    /// Invites a user. A change.
    ///
    /// - Throws: `badInput` for what is no user id, `forbidden`, `network`, `rateLimited`, `locked`, `closed`.
    public func invite(_ userId: String) async throws(QrocError) {
        try await translated { [core] in try await core.invite(userId: userId) }
    }

    /// Removes a user from the room. A change.
    ///
    /// - Throws: As ``invite(_:)``.
    public func kick(_ userId: String) async throws(QrocError) {
        try await translated { [core] in try await core.kick(userId: userId) }
    }

    /// Leaves the room, or declines the invitation. A change.
    ///
    /// - Throws: `network`, `rateLimited`, `locked`, `closed`, `storage`.
    public func leave() async throws(QrocError) {
        try await translated { [core] in try await core.leave() }
    }
}

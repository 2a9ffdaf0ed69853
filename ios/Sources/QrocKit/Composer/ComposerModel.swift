public import Foundation
public import Observation
import Qroc

/// Sends text, files and places to one room.
@MainActor @Observable public final class ComposerModel {
    /// What is shown.
    public private(set) var state = ComposerState()

    @ObservationIgnored private let session: Session
    @ObservationIgnored private let scope: Scope
    @ObservationIgnored private let roomId: String
    @ObservationIgnored private let entering: Entering
    @ObservationIgnored private let keep: (String, Picture) -> Void
    /// The thread that is shown.
    @ObservationIgnored var thread: () -> String? = { nil }
    /// Tells what was done, in one line.
    @ObservationIgnored var done: (String) -> Void = { _ in }
    /// Tells what could not be done.
    @ObservationIgnored var failed: (String) -> Void = { _ in }
    /// Events that can be quoted, by id.
    @ObservationIgnored var quoted: [String: TimelineItem] = [:]
    @ObservationIgnored var reading: Reading?
    /// What an answer or a change is about.
    @ObservationIgnored private var subject: String?
    @ObservationIgnored private var file: URL?
    /// What was sent last: what is sent next waits for it, so that the order stays.
    @ObservationIgnored private var sending: Task<Void, Never>?

    init(
        _ session: Session,
        _ scope: Scope,
        _ roomId: String,
        _ entering: Entering,
        keep: @escaping (String, Picture) -> Void
    ) {
        self.session = session
        self.scope = scope
        self.roomId = roomId
        self.entering = entering
        self.keep = keep
        state.text = draft
    }

    private var draft: String {
        get { session.drafts.value[roomId] ?? "" }
        set { session.drafts.value[roomId] = newValue.isEmpty ? nil : newValue }
    }

    private var isEditing: Bool { if case .edit = state.mode { true } else { false } }

    /// Whether this officer has left the room.
    func left(_ left: Bool) {
        state.left = left
    }

    /// Begins an answer.
    func reply(_ eventId: String, _ sender: String) {
        subject = eventId
        let words = quoted[eventId].flatMap { reading?.words($0) } ?? ""
        state.text = fresh
        state.mode = .reply(sender: sender, text: words)
    }

    /// Begins a change.
    func edit(_ eventId: String, _ text: String) {
        subject = eventId
        state.text = text
        state.mode = .edit(text: text)
    }

    /// What is in the bar, unless it is an old message that was being changed.
    private var fresh: String { isEditing ? draft : state.text }

    /// Takes a file that was dropped here or shared: it is what it looks like.
    public func take(_ file: URL) {
        attach(file, .seen)
    }

    /// Does what the officer asks.
    public func on(_ event: ComposerEvent) {
        switch event {
        case .text(let text):
            state.text = text
            if !isEditing { draft = text }
        case .send: send()
        case .cancelMode:
            subject = nil
            state.text = fresh
            state.mode = .new
        case .menu: state.menu = true
        case .closeMenu: state.menu = false
        case .pickPhoto: pick(.photo)
        case .pickFile: pick(.file)
        case .caption(let text): state.attachment?.caption = text
        case .sendAttachment: sendFile()
        case .dropAttachment:
            guard state.attachment?.working != true else { return }
            release()
            state.attachment = nil
        case .position:
            state.menu = false
            state.position = PositionDraft()
        case .positionText(let text): state.position = PositionDraft(text: text)
        case .sendPosition: sendPosition()
        case .closePosition: state.position = nil
        }
    }

    /// Closes what lies over the messages; says whether there was anything.
    func closeTop() -> Bool {
        if state.attachment != nil {
            on(.dropAttachment)
        } else if state.position != nil {
            on(.closePosition)
        } else if state.mode != .new {
            on(.cancelMode)
        } else {
            return false
        }
        return true
    }

    private func send() {
        let now = state
        guard now.canSend else { return }
        let (about, root, editing) = (subject, thread(), isEditing)
        subject = nil
        state.mode = .new
        state.text = editing ? draft : ""
        // In the account's scope: leaving the room in the same moment loses nothing.
        let before = sending
        sending = session.scope.launch { [self] in
            await before?.value
            do throws(QrocError) {
                let room = try await entering.enter()
                if editing, let about {
                    try await room.edit(about, to: now.text.trimmed)
                } else {
                    let answers: String? = if case .reply = now.mode { about } else { nil }
                    try await room.send(now.text.trimmed, replyTo: answers, thread: root)
                    // Only now: what was typed is a draft until it is safe.
                    if draft == now.text { draft = "" }
                }
            } catch {
                // Nothing that was typed is lost: it comes back, in front of what was typed meanwhile.
                subject = about
                let text = [now.text, state.text].filter { !$0.isBlank }.joined(separator: "\n")
                state.text = text
                state.mode = now.mode
                if !editing { draft = text }
                failed(session.strings.of(error))
            }
        }
    }

    /// What a file was chosen as; what is dropped is what it looks like.
    private enum Chosen {
        case photo
        case file
        case seen
    }

    private func pick(_ chosen: Chosen) {
        state.menu = false
        scope.launch { [self] in
            if let file = await session.surroundings.chooseFile(photo: chosen == .photo) { attach(file, chosen) }
        }
    }

    private func attach(_ url: URL, _ chosen: Chosen) {
        scope.launch { [self] in
            guard let bytes = regularSize(url) else {
                failed(session.strings.errorFileUnreadable)
                return
            }
            let content = chosen == .file ? nil : try? Data(contentsOf: url, options: .mappedIfSafe)
            var picture: Picture?
            if let content { picture = await session.surroundings.decode(content) }
            var draft = AttachmentDraft(name: url.lastPathComponent, photo: picture != nil, sourceBytes: bytes)
            draft.picture = picture
            draft.cleaned = picture != nil
            if chosen == .photo, picture == nil { draft.problem = session.strings.errorFileNotAPicture }
            release()
            file = url
            state.attachment = draft
        }
    }

    /// What was chosen is sent, or not wanted.
    private func release() {
        if let file { session.surroundings.release(file) }
        file = nil
    }

    /// The length of a file; nothing where it is none.
    private func regularSize(_ url: URL) -> UInt64? {
        let facts = try? FileManager.default.attributesOfItem(atPath: url.path)
        guard facts?[.type] as? FileAttributeType == .typeRegular else { return nil }
        return (facts?[.size] as? NSNumber)?.uint64Value
    }

    private func sendFile() {
        guard let file, let now = state.attachment, !now.working else { return }
        state.attachment?.working = true
        state.attachment?.problem = nil
        session.scope.launch { [self] in
            do throws(QrocError) {
                let caption = now.caption.trimmed
                let sent = try await entering.enter().sendFile(
                    file, caption: caption.isEmpty ? nil : caption, treatAs: now.photo ? .image : .file)
                if let picture = now.picture { keep(sent.sent.txnId, picture) }
                release()
                state.attachment = nil
                let strings = session.strings
                if now.photo {
                    done(strings.photoSent(size(sent.sentBytes, strings), size(sent.sourceBytes, strings)))
                }
            } catch {
                state.attachment?.working = false
                state.attachment?.problem = session.strings.of(error)
            }
        }
    }

    private func sendPosition() {
        guard let place = state.position?.place else { return }
        state.position = nil
        session.scope.launch { [self] in
            do throws(QrocError) {
                try await entering.enter().sendPlace(latitude: place.latitude, longitude: place.longitude)
            } catch {
                failed(session.strings.of(error))
            }
        }
    }
}

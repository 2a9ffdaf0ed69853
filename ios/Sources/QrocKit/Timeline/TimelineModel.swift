import Foundation
public import Observation
import Qroc

/// Keeps one room's timeline up to date, and does what its screen is asked for.
@MainActor @Observable public final class TimelineModel {
    /// What is shown.
    public private(set) var state: TimelineState
    /// The bar below.
    public let composer: ComposerModel

    @ObservationIgnored let session: Session
    @ObservationIgnored let scope: Scope
    @ObservationIgnored let transfers: Transfers
    @ObservationIgnored private let entering: Entering
    @ObservationIgnored private let quick: QuickActions
    @ObservationIgnored private let arranger: Arranger
    @ObservationIgnored private let verify: VerifyModel
    @ObservationIgnored private let go: (Route) -> Void
    @ObservationIgnored private let leave: () -> Void
    /// A message that was searched for: fetched and shown first.
    @ObservationIgnored private var searched: String?
    @ObservationIgnored private(set) var items: [TimelineItem]?
    @ObservationIgnored private var names: [String: String] = [:]
    @ObservationIgnored private var timeline: Timeline?
    @ObservationIgnored private var unreadAtFirst = 0
    @ObservationIgnored private var unreadFrom: String?
    @ObservationIgnored private var marked: String?
    @ObservationIgnored private var seen = false
    @ObservationIgnored private var heldUp = 0
    @ObservationIgnored private var following: Task<Void, Never>?

    private static let page = 50
    private static let pages = 100
    /// Keys are looked at each time that it was asked so often who is typing.
    private static let lookAtKeys = 5
    /// A room of no more members is read again at small cost.
    private static let few = 50

    init(
        _ session: Session,
        _ scope: Scope,
        _ roomId: String,
        searched: String?,
        verify: VerifyModel,
        go: @escaping (Route) -> Void,
        back: @escaping () -> Void
    ) {
        self.session = session
        self.scope = scope
        self.searched = searched
        self.verify = verify
        self.go = go
        leave = back
        state = TimelineState(roomId: roomId, roomName: session.roomNames.value[roomId] ?? "")
        let transfers = Transfers(session, scope)
        self.transfers = transfers
        let entering = Entering(session.client, roomId)
        self.entering = entering
        quick = QuickActions(session) { () async throws(QrocError) in try await entering.enter() }
        arranger = Arranger()
        composer = ComposerModel(session, scope, roomId, entering) { transfers.keep($0, $1) }
    }

    var room: Room? { entering.room }

    /// Begins to read.
    func start() {
        composer.thread = { [weak self] in self?.state.thread }
        composer.done = { [weak self] in self?.state.done = $0 }
        composer.failed = { [weak self] in self?.state.error = $0 }
        quick.done = { [weak self] in self?.tell($0) }
        quick.failed = { [weak self] in self?.state.error = $0 }
        scope.follow(quick.state) { [weak self] in self?.state.quick = $0 }
        arranger.show = { [weak self] in self?.show($0) }
        open()
        scope.follow(session.connection) { [weak self] in self?.state.connection = $0 }
        scope.follow(session.link) { [weak self] in if $0 == .online { self?.state.olderError = nil } }
        scope.follow(session.queue) { [weak self] items in
            self?.arrange()
            self?.minds(items ?? [])
        }
        scope.follow(transfers.pictures) { [weak self] _ in self?.arrange() }
        scope.follow(transfers.transfers) { [weak self] _ in self?.arrange() }
        scope.follow(session.looks.texts) { [weak self] _ in self?.arrange() }
        scope.follow(session.attended) { [weak self] looking in
            if let self, looking, seen { markRead() }
        }
        scope.follow(session.trust) { [weak self] _ in self?.readTrust() }
    }

    private func arrange() {
        guard let items else { return }
        let reading = Reading(
            own: session.own,
            names: names,
            pictures: transfers.pictures.value,
            transfers: transfers.transfers.value,
            reasons: Dictionary(
                (session.queue.value ?? []).compactMap { item in item.reason.map { (item.txnId, $0) } },
                uniquingKeysWith: { first, _ in first }
            ),
            strings: session.strings
        )
        arranger.arrange(
            Arranger.Input(items: items, reading: reading, thread: state.thread, unreadFrom: unreadFrom))
    }

    private func show(_ now: Arranger.Output) {
        composer.quoted = now.byEvent
        composer.reading = now.reading
        // What is open changes with the list, or closes with it.
        if let opened = state.opened { state.opened = now.messages[opened.id] }
        if let viewing = state.viewing { state.viewing = now.messages[viewing.id] ?? viewing }
        state.entries = now.entries
    }

    private func open() {
        state.error = nil
        following?.cancel()
        following = session.attempt(scope, failed: { [weak self] in self?.state.error = $0 }) {
            [self] () async throws(QrocError) in
            let room = try await entering.enter()
            let summary = try await room.summary()
            unreadAtFirst = summary.unread
            state.roomName = summary.name
            state.members = summary.members
            state.encrypted = summary.encrypted
            try await readNames(room)
            let list: Timeline
            if let timeline { list = timeline } else { list = try await room.timeline() }
            timeline = list
            let side = scope.child()
            defer { side.close() }
            side.launch { [self] in await watchTyping(room) }
            if let searched {
                side.launch { [self] in
                    await quietly { () async throws(QrocError) in try await search(list, searched) }
                }
            }
            do throws(QrocError) {
                var size = 0
                for try await now in list.items {
                    await take(now, after: size, room)
                    size = now.count
                }
            } catch {
                if error.kind != .closed { throw error }
            }
        }
    }

    private func readNames(_ room: Room) async throws(QrocError) {
        let members = try await room.members()
        names = Dictionary(
            members.compactMap { one in one.displayName.map { (one.userId, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        session.people.value.merge(names) { _, new in new }
        state.members = members.count { $0.membership == .join }
        let others = members.filter { $0.membership == .join && $0.userId != session.own }
        state.trust = others.count == 1 ? Trust(others[0].trust) : nil
        state.changed = others.first { $0.trust == .changed }.map {
            Person(id: $0.userId, name: session.name(of: $0.userId))
        }
        composer.left(try await room.summary().membership != .join)
    }

    /// What waits because somebody's keys are others than before is news of that.
    private func minds(_ queue: [QueueItem]) {
        let held = queue.count { $0.roomId == state.roomId && $0.reason == "identity_changed" }
        defer { heldUp = held }
        if held > heldUp { readTrust() }
    }

    /// Somebody was verified, or taken as they are, or may be another one.
    private func readTrust() {
        guard let room else { return }
        scope.launch { [self] in await quietly { () async throws(QrocError) in try await readNames(room) } }
    }

    private func take(_ now: [TimelineItem], after size: Int, _ room: Room) async {
        if items == nil {
            unreadFrom = firstUnread(now)
            if unreadAtFirst == 0 { marked = now.last?.cursor }
        }
        items = now
        arrange()
        // Somebody came or went.
        let changed = now.suffix(now.count - min(size, now.count)).contains { item in
            if case .change(.member) = item.content { true } else { false }
        }
        if changed {
            await quietly { () async throws(QrocError) in try await readNames(room) }
            arrange()
        }
    }

    /// The cursor of the message from which on nothing was read when the room was opened.
    private func firstUnread(_ now: [TimelineItem]) -> String? {
        guard unreadAtFirst > 0 else { return nil }
        let others = now.filter { item in
            switch item.content {
            case .change, .other: false
            case .text, .media, .place, .removed, .locked: item.sender != session.own
            }
        }
        return others.dropFirst(max(0, others.count - unreadAtFirst)).first?.cursor
    }

    private func watchTyping(_ room: Room) async {
        await quietly { () async throws(QrocError) in
            var round = 0
            while !Task.isCancelled {
                // Other keys of somebody come without news of their own.
                round += 1
                if round.isMultiple(of: Self.lookAtKeys), state.members <= Self.few { try await readNames(room) }
                let typing = try await room.typing().map { names[$0] ?? localName($0) }
                if state.typing != typing { state.typing = typing }
                try? await session.time.sleep(for: .seconds(3))
            }
        }
    }

    private func search(_ list: Timeline, _ eventId: String) async throws(QrocError) {
        for _ in 0..<Self.pages {
            if let found = items?.first(where: { $0.eventId == eventId }) {
                state.target = found.cursor
                return
            }
            let more = items == nil ? true : try await list.loadOlder(Self.page)
            try? await Task.sleep(for: .milliseconds(50))
            if !more, items?.contains(where: { $0.eventId == eventId }) == false { return }
            if Task.isCancelled { return }
        }
    }

    /// Does what the officer asks.
    public func on(_ event: TimelineEvent) {
        switch event {
        case .back: leave()
        case .details: go(.details(state.roomId))
        case .queue: go(.queue)
        case .map(let place): go(.map(state.roomId, place))
        case .older: older()
        case .reload: open()
        case .targetShown:
            searched = nil
            state.target = nil
        case .closeThread: change(thread: nil)
        case .dismissDone: state.done = nil
        case .dismissError: state.error = nil
        case .closeSheet: state.opened = nil
        case .closeViewer: state.viewing = nil
        case .keepMessage: state.removing = nil
        case .seenNewest:
            seen = true
            if session.attended.value { markRead() }
        case .appeared(let key): appeared(key)
        case .open(let message): state.opened = message
        case .view(let message): state.viewing = message
        case .openThread(let root): change(thread: root)
        case .copy(let text):
            session.surroundings.copy(text)
            state.opened = nil
            state.done = session.strings.copied
        case .askRemove(let message):
            state.opened = nil
            state.removing = message
        case .quickPosition: quick.position()
        case .quickHelp: quick.help()
        case .safe: quick.safe()
        case .compare: if let one = state.changed { verify.begin(one.id, name: one.name, isPerson: true) }
        case .askTake: state.taking = true
        case .keepUnknown: state.taking = false
        case .take: takeChange()
        case .reply, .edit, .compose: compose(event)
        case .save, .react, .remove, .retry, .cancel: act(event)
        }
    }

    private func compose(_ event: TimelineEvent) {
        switch event {
        case .compose(let event): composer.on(event)
        case .reply(let message):
            state.opened = nil
            if let eventId = message.eventId { composer.reply(eventId, message.senderName) }
        case .edit(let message):
            state.opened = nil
            if case .text(let text) = message.body, let eventId = message.eventId { composer.edit(eventId, text) }
        default: break
        }
    }

    /// Takes the other keys as they are.
    private func takeChange() {
        state.taking = false
        guard let one = state.changed else { return }
        work { [self] _ throws(QrocError) in
            try await session.client.acceptChange(of: one.id)
            session.trustChanged()
        }
    }

    private func change(thread: String?) {
        state.opened = nil
        state.thread = thread
        arrange()
    }

    /// Ends what was open, and says what went wrong.
    func work(_ work: @escaping @MainActor (Room) async throws(QrocError) -> Void) {
        state.opened = nil
        state.removing = nil
        state.error = nil
        guard let room else { return }
        session.attempt(session.scope, failed: { [weak self] in self?.state.error = $0 }) {
            () async throws(QrocError) in try await work(room)
        }
    }

    /// Tells what was done, in one line.
    func tell(_ text: String) {
        state.opened = nil
        state.done = text
    }

    private func older() {
        guard let timeline, !state.loadingOlder else { return }
        state.loadingOlder = true
        state.olderError = nil
        scope.launch { [self] in
            do throws(QrocError) {
                state.atStart = try await !timeline.loadOlder(Self.page)
            } catch {
                if error.kind != .cancelled { state.olderError = session.strings.of(error) }
            }
            state.loadingOlder = false
        }
    }

    private func markRead() {
        seen = false
        guard let newest = items?.last, newest.sender != session.own, newest.cursor != marked, let room else { return }
        marked = newest.cursor
        session.scope.launch { await quietly { () async throws(QrocError) in try await room.markRead() } }
    }

    private func appeared(_ key: String) {
        guard let room, let eventId = items?.first(where: { $0.cursor == key })?.eventId else { return }
        transfers.show(room, key, eventId: eventId)
    }

    /// Closes what lies over the messages; says whether there was anything.
    func closeTop() -> Bool {
        if state.viewing != nil {
            on(.closeViewer)
        } else if composer.closeTop() {
            return true
        } else if state.opened != nil {
            on(.closeSheet)
        } else if state.removing != nil {
            on(.keepMessage)
        } else if state.taking {
            on(.keepUnknown)
        } else if state.thread != nil {
            on(.closeThread)
        } else {
            return false
        }
        return true
    }

    /// Frees the timeline.
    func close() {
        timeline?.close()
    }
}

public import Foundation
public import Observation
import Qroc
public import QrocStrings

/// Sends what another app shares, in a process beside the app's: asks policy first, by what a file is and how long.
@MainActor @Observable public final class ShareModel {
    /// What is shown.
    public private(set) var state = ShareState()
    /// The texts of the language.
    public let strings: Strings

    @ObservationIgnored private let profile: URL
    @ObservationIgnored private let vaults: any Vaults
    @ObservationIgnored private let finish: () -> Void
    @ObservationIgnored private var client: Client?
    @ObservationIgnored private var brought = Brought()
    /// Names what is sent, so that what is sent again after a fault is not there twice.
    @ObservationIgnored private var txnIds: [Int: String] = [:]
    @ObservationIgnored private var isOver = false

    /// At most so many files at once.
    private static let most = 20
    /// The system gives an extension little time.
    private static let limit = Duration.seconds(20)

    /// Prepares for the app's profile; `finish` is called when the sheet is to go.
    public init(profile: URL, vaults: any Vaults, language: String, finish: @escaping () -> Void) {
        self.profile = profile
        self.vaults = vaults
        strings = Strings(language)
        self.finish = finish
    }

    /// Takes what is shared; nothing where it cannot be read.
    public func take(_ brought: Brought?) async {
        guard let brought, !brought.files.isEmpty || brought.text?.isBlank == false else {
            state.refused = strings.shareUnreadable
            return
        }
        self.brought = brought
        state.what =
            brought.files.count > 1
            ? strings.shareFiles(brought.files.count) : brought.files.first?.lastPathComponent ?? brought.text
        guard brought.files.count <= Self.most else {
            state.refused = strings.shareTooMany
            return
        }
        do throws(QrocError) {
            try await open()
        } catch {
            state.refused = error.kind == .inUse ? strings.shareInUse : strings.of(error)
        }
    }

    private func open() async throws(QrocError) {
        guard !vaults.needsPassphrase, try await Client.exists(profile: profile),
            try await Client.lockStatus(profile: profile).state != .sealed
        else {
            state.refused = strings.shareLocked
            return
        }
        let client = try await Client.open(profile: profile, vault: vaults.vault(passphrase: Data()))
        guard !isOver else { return await client.close() }
        self.client = client
        if let why = try refusal(client) { state.refused = why }
        for try await rooms in try client.rooms() {
            state.rooms = rooms.filter { $0.membership == .join }.map { room in
                var row = ShareRoom(id: room.roomId, name: room.name)
                row.encrypted = room.encrypted
                return row
            }
            break
        }
    }

    /// Why policy does not let all of it go, in a sentence.
    private func refusal(_ client: Client) throws(QrocError) -> String? {
        let words = PolicyWords(strings)
        for file in brought.files {
            guard let handle = try? FileHandle(forReadingFrom: file),
                let head = try? handle.read(upToCount: FileProbe.head), let bytes = try? handle.seekToEnd()
            else { return strings.shareUnreadable }
            let mime = FileProbe.mime(head, name: file.lastPathComponent)
            let answer = try client.explain(.sendFile(mime: mime, bytes: bytes))
            if !answer.allowed {
                return "\(file.lastPathComponent): "
                    + strings.forbiddenBecause(
                        words.title(answer.key), words.value(answer.value), words.source(answer.source))
            }
        }
        return nil
    }

    /// Does what the officer asks.
    public func on(_ event: ShareEvent) {
        switch event {
        case .choose(let id): if !state.working { state.chosen = id }
        case .send: send()
        case .cancel: if !state.working { Task { await end() } }
        }
    }

    private func send() {
        guard state.canSend, let client, let roomId = state.chosen else { return }
        state.working = true
        state.error = nil
        Task { [self] in
            do throws(QrocError) {
                try await send(to: try await client.room(roomId))
                // On the disk, encrypted: what is not sent in time the app sends.
                try await client.foreground()
                try await client.background(limit: Self.limit)
                await end()
            } catch {
                state.working = false
                state.error = strings.of(error)
            }
        }
    }

    private func send(to room: Room) async throws(QrocError) {
        for (number, file) in brought.files.enumerated() where txnIds[number] == nil {
            txnIds[number] = try await room.sendFile(file).sent.txnId
        }
        if let text = brought.text, !text.isBlank, txnIds[-1] == nil {
            txnIds[-1] = try await room.send(text, plain: true).txnId
        }
    }

    /// Closes the profile and removes the copies; the sheet goes.
    public func end() async {
        guard !isOver else { return }
        isOver = true
        for file in brought.files { try? FileManager.default.removeItem(at: file) }
        await client?.close()
        client = nil
        finish()
    }
}

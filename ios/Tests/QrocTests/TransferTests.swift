import Foundation
import Qroc
import XCTest

/// Files on their way, and pictures that the core cannot read.
final class TransferTests: XCTestCase {
    override func setUp() async throws {
        try Client.initialize()
    }

    override func tearDown() async throws {
        try Client.initialize()
    }

    func testALargeFileTellsHowFarItIsThereAndBack() async throws {
        let (ana, rui) = try await Officer.pair()
        let (file, bytes) = try noise("plan.bin", 24 << 20)
        let up = try await ana.1.upload(file, treatAs: .file)
        let begun = ContinuousClock.now
        let told = try await soon { try await up.states.all() }
        let took = ContinuousClock.now - begun
        XCTAssertEqual(told.last, .done)
        let prepared = told.compactMap { if case .preparing(let progress) = $0 { progress } else { nil } }
        let moved = told.compactMap { if case .moving(let progress) = $0 { progress } else { nil } }
        for reports in [prepared, moved] {
            XCTAssertFalse(reports.isEmpty, "\(told)")
            XCTAssertEqual(reports.map(\.done), reports.map(\.done).sorted())
            XCTAssertGreaterThanOrEqual(reports.last?.total ?? 0, UInt64(bytes.count))
        }
        XCTAssertLessThanOrEqual(told.count, Int(took / .milliseconds(100)) * 2 + 8, "\(took)")
        XCTAssertEqual(up.sentFile?.sourceBytes, UInt64(bytes.count))
        let late = await thrown { try await up.cancel() }
        XCTAssertEqual(late?.kind, .notFound)

        let theirs = try await rui.1.timeline()
        let items = try await soon { try await theirs.items.first { $0.contains(where: \.isMedia) } }
        let event = try XCTUnwrap(items?.last?.eventId)
        let down = rui.1.fetch(event)
        XCTAssertNil(down.txnId)
        let fetched = try await soon { try await down.states.all() }
        XCTAssertEqual(fetched.last, .done)
        let contents = try XCTUnwrap(down.contents)
        let read = try await contents.data()
        XCTAssertEqual(read, bytes)
        await ana.0.client.close()
        await rui.0.client.close()
    }

    func testAVoiceMessageIsSentFromMemoryAndHeardFromAnyMoment() async throws {
        let (ana, rui) = try await Officer.pair()
        let refused = await thrown { try await ana.1.sendVoice(Data("no recording".utf8)) }
        XCTAssertEqual(refused?.code, "file_not_a_recording")
        let allowed = try ana.0.client.explain(.sendVoice(seconds: 60))
        XCTAssertTrue(allowed.allowed)
        let recording = tone(seconds: 3)
        let unsent = await thrown { try await ana.1.sendVoice(recording) }
        if unsent?.code == "file_unsupported" {
            await ana.0.client.close()
            await rui.0.client.close()
            throw XCTSkip("FFmpeg's libraries are not on this system")
        }
        XCTAssertNil(unsent)
        let theirs = try await rui.1.timeline()
        let items = try await soon { try await theirs.items.first { $0.contains(where: \.isMedia) } }
        let item = try XCTUnwrap(items?.last)
        guard case .media(_, let attachment, _) = item.content else { return XCTFail("\(item)") }
        XCTAssertTrue(attachment.voice)
        XCTAssertTrue(attachment.waveform.count > 1 && attachment.waveform.allSatisfy { $0 <= 1024 })
        let contents = try await rui.1.contents(try XCTUnwrap(item.eventId))
        for (from, wanted) in [(Duration.zero, 3), (.seconds(2), 1)] {
            let playback = try await contents.play(from: from)
            XCTAssertEqual(playback.rate, 48_000)
            var samples = 0
            while let piece = try await playback.next() { samples += piece.count / 2 }
            XCTAssertLessThan(abs(samples - wanted * 48_000), 9_600, "from \(from)")
        }
        await ana.0.client.close()
        await rui.0.client.close()
    }

    /// A WAV file: one channel, 16 bits, 48,000 samples a second.
    private func tone(seconds: Int) -> Data {
        let count = seconds * 48_000
        var file = Data("RIFF".utf8)
        func add(_ number: Int, bytes: Int) { for at in 0..<bytes { file.append(UInt8((number >> (8 * at)) & 0xFF)) } }
        add(36 + 2 * count, bytes: 4)
        file.append(Data("WAVEfmt ".utf8))
        for (number, bytes) in [(16, 4), (1, 2), (1, 2), (48_000, 4), (96_000, 4), (2, 2), (16, 2)] {
            add(number, bytes: bytes)
        }
        file.append(Data("data".utf8))
        add(2 * count, bytes: 4)
        for at in 0..<count { add(Int(9_000 * sin(Double(at) * 2 * .pi * 440 / 48_000)), bytes: 2) }
        return file
    }

    func testOneThatIsTakenBackIsGoneAndOneThatFailsIsTriedAgain() async throws {
        let ana = try await Officer.signIn()
        let room = try await ana.room()
        // While it waits: nothing is sent before the client is in the foreground.
        let waits = try await room.upload(noise("plan.bin", 100_000).file)
        _ = try await soon { try await waits.states.first { $0 == .waiting(reason: nil) } }
        let queued = try await ana.client.queued()
        XCTAssertEqual(queued.map(\.txnId), [waits.txnId])
        try await waits.cancel()
        let end = try await soon { try await waits.states.all().last }
        XCTAssertEqual(end, .cancelled)
        let none = try await ana.client.queued()
        XCTAssertEqual(none, [])

        // What is not there yet.
        let path = Harbour.folder().appendingPathExtension("txt")
        let fails = try await room.upload(path)
        let failed = try await soon { try await fails.states.first { $0.isFailed } }
        XCTAssertEqual(failed, .failed(code: "file_unreadable", textKey: "error_file_unreadable"))
        try Data("It is here now".utf8).write(to: path)
        try await fails.retry()
        try await ana.client.foreground()
        let done = try await soon { try await fails.states.all().last }
        XCTAssertEqual(done, .done)
        let nowhere = room.fetch("$nowhere")
        let why = try await soon { try await nowhere.states.first { $0.isFailed } }
        XCTAssertEqual(why, .failed(code: "message_not_found", textKey: "error_message_not_found"))
        try await nowhere.cancel()
        let given = try await soon { try await nowhere.states.all().last }
        XCTAssertEqual(given, .cancelled)
        await ana.client.close()
    }

    func testAFileThatWaitsIsTakenUpByTheNextRun() async throws {
        let ana = try await Officer.signIn()
        let room = try await ana.room("Next run")
        let file = try await room.upload(noise("plan.bin", 100_000).file)
        _ = try await soon { try await file.states.first { $0 == .waiting(reason: nil) } }
        let txnId = try XCTUnwrap(file.txnId)
        await ana.client.close()
        let again = try await Client.open(profile: ana.profile, vault: ana.vault)
        let same = try await again.room(room.id).upload(of: txnId)
        _ = try await soon { try await same.states.first { $0 == .waiting(reason: nil) } }
        try await again.foreground()
        let end = try await soon { try await same.states.all().last }
        XCTAssertEqual(end, .done)
        await again.close()
    }

    func testThePlatformReadsWhatTheCoreCannotAndItsFaultsCostThatFileAlone() async throws {
        let decoder = TestDecoder()
        try Client.initialize(Platform(imageDecoder: decoder))
        let ana = try await Officer.signIn()
        let room = try await ana.room()
        let photo = try noise("gate.jxl", 50_000, beginning: [0xFF, 0x0A]).file
        decoder.conduct = { _ in DecodedImage(width: 400, height: 300, rgba: Data(count: 480_000)) }
        let sent = try await room.sendFile(photo)
        XCTAssertEqual([sent.width, sent.height], [400, 300])
        XCTAssertEqual(decoder.asked, ["image/jxl"])

        struct Surprise: Error {}
        let conducts: [@Sendable (Int) async throws -> DecodedImage?] = [
            { _ in throw Surprise() },
            { _ in DecodedImage(width: 400, height: 300, rgba: Data(count: 479_999)) },
            { _ in DecodedImage(width: 0, height: 0, rgba: Data()) },
            { _ in DecodedImage(width: -1, height: .max, rgba: Data(count: 4)) },
            { maxPx in DecodedImage(width: maxPx + 1, height: 1, rgba: Data(count: (maxPx + 1) * 4)) },
        ]
        for (number, conduct) in conducts.enumerated() {
            decoder.conduct = conduct
            let error = await thrown { try await room.sendFile(photo) }
            XCTAssertEqual(error?.code, "port_failed", "\(number)")
        }
        decoder.conduct = { _ in nil }
        let unknown = await thrown { try await room.sendFile(photo) }
        XCTAssertEqual(unknown?.code, "file_unsupported")

        // One that hangs holds up nobody else, and is let go.
        let (entered, left) = (Counter(), Counter())
        decoder.conduct = { _ in
            _ = entered.next()
            defer { _ = left.next() }
            try await Task.sleep(for: .seconds(600))
            return nil
        }
        let stuck = try await room.upload(photo)
        try await eventually { entered.value == 1 }
        try await soon { _ = try await ana.client.status() }
        try await stuck.cancel()
        let end = try await soon { try await stuck.states.all().last }
        XCTAssertEqual(end, .cancelled)
        try await eventually { left.value == 1 }
        decoder.conduct = { _ in
            DecodedImage(width: try await ana.client.queued().count, height: 1, rgba: Data(count: 4))
        }
        let calls = try await room.sendFile(photo)
        XCTAssertEqual(calls.width, 1)
        await ana.client.close()
    }

    private func noise(
        _ name: String,
        _ count: Int,
        beginning: [UInt8] = []
    ) throws -> (file: URL, bytes: Data) {
        let folder = Harbour.folder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent(name)
        var state: UInt64 = 7
        let words = (0..<(count / 8)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
        let bytes = Data(beginning) + words.withUnsafeBytes { Data($0) }
        try bytes.write(to: file)
        return (file, bytes)
    }
}

/// A decoder whose conduct a test chooses.
final class TestDecoder: ImageDecoder, @unchecked Sendable {
    private let lock = NSLock()
    private var seen: [String] = []
    private var chosen: @Sendable (Int) async throws -> DecodedImage? = { _ in nil }

    var asked: [String] { lock.withLock { seen } }

    var conduct: @Sendable (Int) async throws -> DecodedImage? {
        get { lock.withLock { chosen } }
        set { lock.withLock { chosen = newValue } }
    }

    func decode(_ bytes: Data, mime: String, maxPx: Int) async throws -> DecodedImage? {
        lock.withLock { seen.append(mime) }
        return try await conduct(maxPx)
    }
}

extension TransferState {
    fileprivate var isFailed: Bool {
        if case .failed = self { true } else { false }
    }
}

extension TimelineItem {
    fileprivate var isMedia: Bool {
        if case .media = content { true } else { false }
    }
}

import Foundation
import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// Every screen, drawn to a page in `build/screens`, in every language and appearance: none breaks, no word is cut out of
/// the resources, and what is pressed has a name.
@MainActor @Suite struct DrawingTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("build/screens")

    private static let screens: [(String, @MainActor () -> any View)] = [
        ("signin", { SignInView(state: Samples.signIn, brand: "QROC") { _ in } }),
        ("unlock", { UnlockView(state: Samples.unlock, brand: "QROC") { _ in } }),
        ("rooms", { RoomsView(state: Samples.rooms, brand: "QROC") { _ in } }),
        ("timeline", { TimelineScreen(state: Samples.timeline, composer: Samples.composer) { _ in } }),
        ("message", { MessageSheet(message: Samples.message("b", "ana", 3, .text("North gate"))) { _ in } }),
        ("attachment", { AttachmentSheet(attachment: Samples.attachment) { _ in } }),
        ("details", { DetailsView(state: Samples.details) { _ in } }),
        ("newroom", { NewRoomView(state: Samples.newRoom) { _ in } }),
        ("search", { SearchScreen(state: Samples.search) { _ in } }),
        ("map", { MapScreen(state: Samples.map) { _ in } }),
        ("queue", { QueueView(state: Samples.queue) { _ in } }),
        ("devices", { DevicesView(state: Samples.devices) { _ in } }),
        ("unverified", { DevicesView(state: Samples.unverifiedDevices) { _ in } }),
        ("trust", { DetailsView(state: Samples.trustedDetails) { _ in } }),
        ("changed", { TimelineScreen(state: Samples.changedTimeline, composer: Samples.composer) { _ in } }),
        ("verify", { VerifySheet(state: Samples.comparing) { _ in } }),
        ("code", { VerifySheet(state: Samples.coding) { _ in } }),
        ("asked", { VerifySheet(state: Samples.verifying(.asked)) { _ in } }),
        ("mismatch", { VerifySheet(state: Samples.verifying(.ended(.mismatch))) { _ in } }),
        ("newkey", { RecoveryView(state: Samples.newKey) { _ in } }),
        ("recovery", { RecoveryView(state: Samples.recovery(Samples.standing)) { _ in } }),
        ("restoring", { RecoveryView(state: Samples.restoring) { _ in } }),
        ("sharing", { MapScreen(state: Samples.sharingMap) { _ in } }),
        ("howlong", { SharingSheet(sharing: Samples.askingMap.sharing ?? OwnSharing()) { _ in } }),
        ("sharingline", { SharingLine(running: Samples.sharing) {} }),
        ("help", { TimelineScreen(state: Samples.helpTimeline, composer: Samples.composer) { _ in } }),
        ("elsewhere", { ShareView(state: Samples.share) { _ in } }),
        ("refused", { ShareView(state: Samples.refusedShare) { _ in } }),
        ("quickly", { QuickView(state: Samples.quickly) { _ in } }),
        ("policy", { PolicyView(state: Samples.policy) }),
        ("settings", { SettingsView(state: Samples.settings) { _ in } }),
    ]

    @Test func everyScreenIsDrawn() throws {
        try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        let looks: [(Appearance, String)] = [(.light, "en"), (.dark, "de"), (.night, "el"), (.light, "fr")]
        for (name, view) in Self.screens {
            for (appearance, language) in looks {
                let shown = shown(view(), appearance, language)
                #expect(shown.all.count > 5, "\(name)")
                #expect(shown.nameless.isEmpty, "\(name): \(shown.nameless)")
                let page = Html(palette: Palette.of(appearance, isDark: false)).page(shown.nodes, title: name)
                let file = Self.folder.appendingPathComponent("\(name)-\(appearance)-\(language).html")
                try Data(page.utf8).write(to: file)
            }
        }
    }

    /// Opens the box around a view of which only the screen's name is known.
    private func shown(_ view: any View, _ appearance: Appearance, _ language: String) -> Shown {
        func open<V: View>(_ view: V) -> Shown { Shown(view, appearance, language: language) }
        return open(view)
    }

    @Test func whatIsWrittenCanBeReadInEveryAppearance() {
        for appearance in Appearance.allCases {
            for isDark in [false, true] {
                for accent in [Palette.accent, Shade(0xFFD500), Shade(0x000000), Shade(0xFFFFFF), Shade(0xE4002B)] {
                    let palette = Palette.of(appearance, isDark: isDark, accent: accent)
                    for paper in palette.surfaces {
                        #expect(palette.body.contrast(with: paper) >= 7, "\(appearance) body")
                        for ink in [
                            palette.secondary, palette.accent, palette.danger, palette.waiting, palette.verified,
                        ] {
                            #expect(ink.contrast(with: paper) >= 4.5, "\(appearance)")
                        }
                    }
                    #expect(palette.onOwn.contrast(with: palette.own) >= 7)
                    #expect(palette.onOther.contrast(with: palette.other) >= 7)
                }
            }
        }
    }

    @Test func theSourcesOfScreensHoldNoWords() throws {
        let sources = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/QrocUI")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/Previews/") {
            count += 1
            let text = try String(contentsOf: file, encoding: .utf8)
            let words = text.matches(of: /(?:Text|Label|Button|TextField|Section)\("[^"\\]*[A-Za-z]{2}[^"]*"/)
            #expect(words.isEmpty, "\(file.lastPathComponent): \(words.map { $0.output })")
        }
        #expect(count > 20)
    }

    @Test func theChartPutsPlacesWhereTheyAre() throws {
        let size = CGSize(width: 390, height: 400)
        let chart = try #require(Chart.around([Samples.lisbon], size, least: 1))
        let middle = chart.point(Samples.lisbon, size)
        #expect(abs(middle.x - 195) < 0.01 && abs(middle.y - 200) < 0.01)
        let north = Place(latitude: Samples.lisbon.latitude + 0.0009, longitude: Samples.lisbon.longitude)
        #expect(abs((middle.y - chart.point(north, size).y) - 100) < 1)
        let back = chart.place(chart.point(north, size), size)
        #expect(abs(back.latitude - north.latitude) < 1e-9)
        #expect(chart.zoomed(2).metresPerPoint == 0.5)
        #expect(chart.zoomed(.nan) == chart)
        #expect(chart.scale(130) == 100)
        // Two sides of the date line are neighbours.
        let fiji = [Place(latitude: -17, longitude: 179.9), Place(latitude: -17, longitude: -179.9)]
        let across = try #require(Chart.around(fiji, size, least: 1))
        #expect(across.metresPerPoint < 200)
        #expect(abs(abs(across.middle.longitude) - 180) < 0.01)
        #expect(Chart.around([], size, least: 1) == nil)
    }
}

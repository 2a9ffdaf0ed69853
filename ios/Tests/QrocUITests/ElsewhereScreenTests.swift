import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// What comes from elsewhere: the sheet in other apps, and a link's question.
@MainActor @Suite struct ElsewhereScreenTests {
    private let strings = Strings("en")

    @Test func whatIsSharedAsksWhereItGoes() throws {
        let told = Told<ShareEvent>()
        var state = Samples.share
        let shown = Shown(ShareView(state: state) { told($0) })
        #expect(shown.texts.contains("hopper.jpg") && shown.texts.contains(strings.broughtTitle))
        #expect(shown.isDisabled("share.send"))
        #expect(shown.all.contains { $0.attributes["label"] == strings.notEncrypted })
        try shown.press("share.room.!harbour:qroc.test")
        try shown.press("share.cancel")
        state.chosen = "!harbour:qroc.test"
        let chosen = Shown(ShareView(state: state) { told($0) })
        #expect(chosen.find("share.room.!harbour:qroc.test")?.attributes["traits"] == "selected")
        try chosen.press("share.send")
        #expect(told.events == [.choose("!harbour:qroc.test"), .cancel, .send])
        state.working = true
        let working = Shown(ShareView(state: state) { _ in })
        #expect(working.isDisabled("share.send") && working.isDisabled("share.cancel"))
        #expect(Shown(ShareView(state: ShareState()) { _ in }).find("loading") != nil)
    }

    @Test func whatMayNotBeSharedSaysWhy() throws {
        let told = Told<ShareEvent>()
        let shown = Shown(ShareView(state: Samples.refusedShare) { told($0) })
        #expect(shown.texts.contains(Samples.refusedShare.refused ?? ""))
        #expect(shown.find("share.send") == nil && shown.find("share.room.!harbour:qroc.test") == nil)
        try shown.press("share.close")
        #expect(told.events == [.cancel])
        var failed = Samples.share
        failed.error = strings.errorStorage
        #expect(Shown(ShareView(state: failed) { _ in }).texts.contains(strings.errorStorage))
    }

    @Test func aLinksQuestionNamesWhatIsSent() throws {
        let told = Told<QuickEvent>()
        let help = Shown(QuickView(state: Samples.quickly) { told($0) })
        #expect(help.all.contains { $0.attributes["title"] == strings.quickHelp })
        try help.press("quickly.!harbour:qroc.test")
        #expect(told.events == [.choose("!harbour:qroc.test")])
        var position = Samples.quickly
        position.ask = .position
        position.rooms = []
        let none = Shown(QuickView(state: position) { _ in })
        #expect(none.all.contains { $0.attributes["title"] == strings.quickPosition })
        #expect(none.texts.contains(strings.roomsEmptyTitle))
    }
}

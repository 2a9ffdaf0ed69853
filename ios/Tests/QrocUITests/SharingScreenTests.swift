import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// The own position: what the screens say of it, and what they tell when they are touched.
@MainActor @Suite struct SharingScreenTests {
    private let strings = Strings("en")

    @Test func itIsBegunWithItsEndAndStopped() throws {
        let told = Told<MapEvent>()
        try Shown(MapScreen(state: Samples.map) { told($0) }).press("map.share")
        let asking = Shown(MapScreen(state: Samples.askingMap) { told($0) })
        #expect(asking.texts.contains(strings.shareWhat) && asking.texts.contains(strings.forHours(4)))
        try asking.press("share.15")
        try asking.press("share.cancel")
        #expect(asking.find("share.480") == nil, "no longer than policy allows")
        let on = Shown(MapScreen(state: Samples.sharingMap) { told($0) })
        #expect(on.texts.contains(strings.youShareUntil("16:13")))
        #expect(on.find("map.share") == nil)
        try on.press("map.stop")
        #expect(told.events == [.askShare, .share(15), .keepPosition, .stopShare])

        var stopping = Samples.sharingMap
        stopping.sharing?.stopping = true
        let shown = Shown(MapScreen(state: stopping) { _ in })
        #expect(shown.isDisabled("map.stop") && shown.texts.contains(strings.sharingStops))
        var failed = Samples.map
        failed.sharing?.problem = strings.positionNotAllowed
        #expect(Shown(MapScreen(state: failed) { _ in }).texts.contains(strings.positionNotAllowed))
        var none = Samples.map
        none.sharing = nil
        #expect(Shown(MapScreen(state: none) { _ in }).find("map.share") == nil)
    }

    @Test func overEveryScreenItSaysWithWhomAndStops() throws {
        var stopped = 0
        let two = Shown(SharingLine(running: Samples.sharing) { stopped += 1 })
        #expect(two.texts.contains(strings.sharingWithRooms(2)))
        try two.press("sharing.stop")
        #expect(stopped == 1)
        var one = [Samples.sharing[0]]
        #expect(Shown(SharingLine(running: one) {}).texts.contains(strings.sharingWith("Harbour incident")))
        one[0].stopping = true
        let ending = Shown(SharingLine(running: one) {})
        #expect(ending.isDisabled("sharing.stop") && ending.texts.contains(strings.sharingStops))
        #expect(Shown(SharingLine(running: []) {}).find("sharing") == nil)
    }

    @Test func helpAndPositionAreOnePressAway() throws {
        let told = Told<TimelineEvent>()
        let shown = Shown(TimelineScreen(state: Samples.helpTimeline, composer: Samples.composer) { told($0) })
        #expect(shown.texts.contains(strings.helpAsked("15:12")))
        for id in ["quick.position", "quick.help", "quick.safe"] { try shown.press(id) }
        #expect(told.events == [.quickPosition, .quickHelp, .safe])
        var state = Samples.timeline
        state.quick?.locating = true
        let busy = Shown(TimelineScreen(state: state, composer: Samples.composer) { _ in })
        #expect(busy.find("quick.position") == nil && busy.find("quick.help") != nil)
        let why = "Not allowed here: “Positions” is “Off”."
        let locked = Shown(
            TimelineScreen(state: Samples.timeline, composer: Samples.composer) { told($0) },
            forbidden: [.sendPosition: why])
        #expect(locked.find("quick.position")?.attributes["hint"] == why)
        var left = Samples.composer
        left.left = true
        #expect(Shown(TimelineScreen(state: Samples.timeline, composer: left) { _ in }).find("quick") == nil)
    }
}

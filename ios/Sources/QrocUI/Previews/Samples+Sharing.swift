import Foundation
import QrocKit

// The own position.
extension Samples {
    static var sharing: [Sharing] {
        [
            Sharing(roomId: "!harbour:qroc.test", roomName: "Harbour incident", until: now + 3_600),
            Sharing(roomId: "!rui:qroc.test", roomName: "Rui Silva"),
        ]
    }

    static var sharingMap: MapState {
        var state = map
        state.sharing?.on = true
        state.sharing?.until = now + 3_600
        return state
    }

    static var askingMap: MapState {
        var state = map
        state.sharing?.asking = true
        state.sharing?.choices = [15, 60, 240]
        return state
    }

    static var helpTimeline: TimelineState {
        var state = timeline
        state.quick?.helpAt = ago(1)
        return state
    }
}

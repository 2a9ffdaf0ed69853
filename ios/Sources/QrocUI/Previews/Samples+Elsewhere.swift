import QrocKit

// What comes from elsewhere.
extension Samples {
    static var share: ShareState {
        var old = ShareRoom(id: "!old:qroc.test", name: "Exercise 2025")
        old.encrypted = false
        var state = ShareState()
        state.what = "hopper.jpg"
        state.rooms = [
            ShareRoom(id: "!harbour:qroc.test", name: "Harbour incident"),
            ShareRoom(id: "!rui:qroc.test", name: "Rui Silva"), old,
        ]
        return state
    }

    static var refusedShare: ShareState {
        var state = share
        state.refused = "plan.pdf: not allowed here: “Files that may not be sent” is “application/pdf”."
        return state
    }

    static var quickly: QuickState {
        var state = QuickState(ask: .help)
        var harbour = QuickRoom(id: "!harbour:qroc.test", name: "Harbour incident")
        harbour.incident = true
        state.rooms = [harbour, QuickRoom(id: "!rui:qroc.test", name: "Rui Silva")]
        return state
    }
}

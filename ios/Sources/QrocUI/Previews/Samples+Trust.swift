import QrocKit

// Whom an officer believes.
extension Samples {
    static let signs = [
        Sign(symbol: "🐴", word: "Horse"), Sign(symbol: "⏰", word: "Clock"), Sign(symbol: "🔑", word: "Key"),
        Sign(symbol: "🍕", word: "Pizza"), Sign(symbol: "💡", word: "Light bulb"), Sign(symbol: "🔑", word: "Key"),
        Sign(symbol: "⚓", word: "Anchor"),
    ]

    static func verifying(_ step: VerifyStep, isPerson: Bool = true) -> VerifyState {
        var state = VerifyState(name: isPerson ? "Rui Silva" : "Desk, operational centre", isPerson: isPerson)
        state.step = step
        return state
    }

    /// As large as a real one; it says nothing.
    static var coding: VerifyState {
        let rows = (0..<57).map { row in (0..<57).map { column in (row * 7 + column * 13 + row * column) % 3 == 0 } }
        return verifying(.code(shown: Modules(rows: rows)))
    }

    static var comparing: VerifyState { verifying(.compare(signs: signs, numbers: [1_234, 5_678, 9_012])) }

    static var standing: Standing {
        var standing = Standing(key: .on, backup: .on)
        standing.keys = 412
        return standing
    }

    static func recovery(_ standing: Standing, _ step: RecoveryStep = .overview) -> RecoveryState {
        var state = RecoveryState()
        (state.standing, state.step) = (standing, step)
        return state
    }

    static var newKey: RecoveryState {
        // No key of anybody.
        let groups = ["EsAA", "bbCC", "ddEE", "ffGG", "hhJJ", "kkLL", "mmNN", "ppQQ", "rrSS", "ttUU", "vvWW", "xxYY"]
        return recovery(standing, .show(groups))
    }

    static var restoring: RecoveryState {
        var standing = Standing(key: .on, backup: .locked)
        standing.verified = false
        return recovery(standing)
    }

    static var changedTimeline: TimelineState {
        var state = timeline
        state.changed = Person(id: "@rui:qroc.test", name: "Rui Silva")
        state.trust = .changed
        return state
    }

    static var unverifiedDevices: DevicesState {
        var state = devices
        state.verified = false
        return state
    }

    static var trustedDetails: DetailsState {
        var state = details
        for (place, trust) in [Trust?.none, .changed, .unverified].enumerated() { state.members?[place].trust = trust }
        return state
    }
}

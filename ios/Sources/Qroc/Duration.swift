internal import Foundation

extension Duration {
    init(seconds: TimeInterval) {
        self = .seconds(seconds)
    }

    /// As the generated code takes it, which ends the program at what is negative or too long.
    var interval: TimeInterval {
        let (seconds, attoseconds) = components
        let longest: TimeInterval = 1_000_000_000
        return min(max(0, TimeInterval(seconds) + TimeInterval(attoseconds) * 1e-18), longest)
    }
}

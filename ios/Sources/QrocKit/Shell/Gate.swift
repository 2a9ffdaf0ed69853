import Qroc
import QrocStrings

/// What a policy may forbid and a screen offers. The core asks again when it is done.
public enum Gate: CaseIterable, Hashable, Sendable {
    /// Put a file where other programs find it.
    case save
    /// Put a text on the clipboard.
    case copy
    /// Send a position.
    case sendPosition
    /// Share the position live.
    case sharePosition
    /// Send a photo.
    case sendPhoto
    /// Send any other file.
    case sendFile
    /// Make a room.
    case createRoom

    var action: PolicyAction {
        switch self {
        case .save: .save
        case .copy: .copy(inside: false)
        case .sendPosition: .sendPosition
        case .sharePosition: .sharePosition(minutes: 1)
        case .sendPhoto: .sendFile(mime: "image/jpeg", bytes: 1)
        case .sendFile: .sendFile(mime: "application/pdf", bytes: 1)
        case .createRoom: .createRoom
        }
    }
}

/// Asks the policy: why something cannot be done now, in a sentence; what may be done is not in it.
func whatIsForbidden(_ client: Client, _ strings: Strings) throws(QrocError) -> [Gate: String] {
    let words = PolicyWords(strings)
    var forbidden: [Gate: String] = [:]
    for gate in Gate.allCases {
        let answer = try client.explain(gate.action)
        guard !answer.allowed else { continue }
        forbidden[gate] = strings.forbiddenBecause(
            words.title(answer.key), words.value(answer.value), words.source(answer.source))
    }
    return forbidden
}

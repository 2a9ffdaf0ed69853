import Foundation
public import Qroc
public import QrocStrings

extension Strings {
    /// What an error is called in the officer's language.
    public func of(_ error: QrocError) -> String {
        self.error(error.textKey) ?? self.error("error_\(error.code)") ?? errorInternal
    }

    /// What the queue's word for a failure is called in the officer's language.
    public func reason(_ word: String) -> String {
        switch word {
        case "network": errorServerUnreachable
        case "unanswered": reasonUnanswered
        case "locked", "expired", "suspended": errorAccountHeld
        case "left_room": errorNotAMember
        case "room_gone": errorRoomNotFound
        case "not_encrypted": errorRoomNotEncrypted
        case "too_large": errorFileTooLarge
        case "needs": reasonNeeds
        case "rate_limited": errorRateLimited
        case "signed_out": errorNotSignedIn
        case "forbidden": errorRefusedByServer
        case "policy": errorPolicy
        case "not_found": errorNotFound
        case "bad_input": errorBadInput
        case "bad_file": errorBadFile
        case "in_use": errorProfileInUse
        case "storage": errorStorage
        case "bad_server": errorServerUnusable
        case "cancelled": errorCancelled
        default: error("error_\(word)") ?? errorInternal
        }
    }
}

/// What an officer can do about an error: what a screen offers beside its words.
public enum Remedy: Hashable, Sendable {
    /// Nothing is lost; it goes on by itself.
    case waits
    /// The same again may work.
    case retry
    /// Sign in.
    case signIn
    /// Give what unlocks.
    case unlock
    /// Somebody else has to change something: the room's moderator, an administrator.
    case ask
    /// See which rule forbids it.
    case explain(key: String)
    /// Write it otherwise, choose another one.
    case correct
    /// Close what else has the account open.
    case closeOther
    /// Start the application again.
    case restart
    /// Nothing is to be said.
    case nothing
}

extension QrocError {
    /// What the officer can do about it.
    public var remedy: Remedy {
        switch kind {
        case .network, .rateLimited: .retry
        case .signIn: .signIn
        case .locked: .unlock
        case .forbidden: .ask
        case .policy(let key, _): .explain(key: key)
        case .notFound, .badInput: .correct
        case .inUse: .closeOther
        case .storage, .internal: .restart
        case .closed, .cancelled: .nothing
        }
    }
}

/// A user id without its server: how a person is called until a name is known.
func localName(_ userId: String) -> String {
    let name = userId.drop { $0 == "@" }.prefix { $0 != ":" }
    return name.isEmpty ? userId : String(name)
}

/// Makes `@name:server` of what was typed; nothing where it cannot be one.
func userId(_ typed: String, own: String) -> String? {
    let text = typed.trimmed
    let full: String
    if text.hasPrefix("@"), text.contains(":") {
        full = text
    } else if text.contains(":") || text.contains("@") {
        return nil
    } else {
        full = "@\(text):\(own.drop { $0 != ":" }.dropFirst())"
    }
    return full.wholeMatch(of: /@[a-z0-9._=\/+\-]+:[A-Za-z0-9.\[\]:\-]+/) == nil ? nil : full
}

extension String {
    /// Without spaces around.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }

    /// Nothing but spaces.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}

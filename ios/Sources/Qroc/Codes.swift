public import Foundation
internal import QrocCore

/// A code (QR) that this device shows, for the other one to scan.
public struct VerificationCode: Hashable, Sendable, CustomStringConvertible {
    /// What it says, in the format of the Matrix specification. Nobody else is to know it.
    public let bytes: Data
    /// Modules in a row. A margin of four light ones belongs around them, or scanners do not find it.
    public let side: Int
    private let modules: Data

    init(_ core: QrocCore.VerificationCode) {
        bytes = core.bytes
        side = Int(core.side)
        modules = core.modules
    }

    /// Whether a module is dark; outside of the code none is.
    public func isDark(row: Int, column: Int) -> Bool {
        guard (0..<side).contains(row), (0..<side).contains(column) else { return false }
        return modules[modules.startIndex + row * side + column] != 0
    }

    /// Nothing of what it says.
    public var description: String { "VerificationCode(side: \(side))" }
}

extension Verification {
    /// Has it done by a code that one device shows and the other scans, where the other's program knows codes; by signs
    /// where not, which is what is done without this word. To be said at once after it was asked for, or before it is
    /// accepted; the other side has to say so too, else it begins with signs. From memory.
    public func byCode() {
        core.byCode()
    }

    /// Has it done by signs after all: neither code can be scanned. From memory.
    public func bySigns() {
        core.bySigns()
    }

    /// Takes the code that the other device shows, as ``Codes`` or the platform read it. A change.
    ///
    /// - Throws: `badInput` for a code of no use (`code_unreadable`, `code_of_another`, `code_not_now`,
    ///   `code_no_identity`): scan another. `forbidden` (`code_other_keys`): somebody may be in between, and it has ended.
    ///   Else as ``accept()``.
    public func scan(_ code: Data) async throws(QrocError) {
        try await translated { [core] in try await core.scan(code: code) }
    }
}

/// Reads codes (QR), for ``Verification/scan(_:)``.
public enum Codes {
    /// Reads the first code in a picture, from memory: a JPEG, PNG, WebP, GIF, BMP or TIFF file. A read.
    ///
    /// - Throws: `badInput`: `no_code` where there is none, `file_not_a_picture`, `file_damaged`.
    public static func read(picture: Data) async throws(QrocError) -> Data {
        try await translated { try await QrocCore.codeInPicture(picture: picture) }
    }

    /// Reads the first code in what a camera sees now, a byte of brightness for each of `width` × `height` pixels, row by
    /// row from the top left; nothing where there is none: look again. A read.
    ///
    /// - Throws: `internal`.
    public static func read(brightness: Data, width: Int, height: Int) async throws(QrocError) -> Data? {
        try await translated {
            try await QrocCore.codeInFrame(
                width: UInt32(clamping: width), height: UInt32(clamping: height), brightness: brightness)
        }
    }
}

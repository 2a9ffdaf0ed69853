public import Foundation

/// What a file is by how it begins, so that policy can be asked before anything is sent. The core looks again when it is.
public enum FileProbe {
    /// So many bytes tell it.
    public static let head = 64

    /// The MIME type by content; by the end of the name only for what has no sign of its own.
    public static func mime(_ head: Data, name: String) -> String {
        let bytes = [UInt8](head.prefix(Self.head))
        if let mime = signs.first(where: { bytes.starts(with: $0.sign) })?.mime { return mime }
        if let brand = brand(bytes) { return brand }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.count >= 12 {
            switch String(decoding: bytes[8..<12], as: UTF8.self) {
            case "WEBP": return "image/webp"
            case "WAVE": return "audio/wav"
            case "AVI ": return "video/x-msvideo"
            default: break
            }
        }
        let end = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return office[end] ?? "application/zip" }
        return plain[end] ?? "application/octet-stream"
    }

    private static let signs: [(sign: [UInt8], mime: String)] = [
        ([0xFF, 0xD8, 0xFF], "image/jpeg"), ([0x89, 0x50, 0x4E, 0x47], "image/png"),
        (Array("GIF8".utf8), "image/gif"), ([0x49, 0x49, 0x2A, 0x00], "image/tiff"),
        ([0x4D, 0x4D, 0x00, 0x2A], "image/tiff"), (Array("%PDF-".utf8), "application/pdf"),
        (Array("OggS".utf8), "audio/ogg"), (Array("fLaC".utf8), "audio/flac"), (Array("ID3".utf8), "audio/mpeg"),
        ([0xFF, 0xFB], "audio/mpeg"), ([0x1A, 0x45, 0xDF, 0xA3], "video/x-matroska"),
        ([0xD0, 0xCF, 0x11, 0xE0], "application/msword"), ([0x7F, 0x45, 0x4C, 0x46], "application/x-executable"),
        (Array("MZ".utf8), "application/x-msdownload"),
    ]

    private static let office = [
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]

    private static let plain = ["txt": "text/plain", "csv": "text/csv", "gpx": "application/gpx+xml"]

    /// The brand of a file that is made of boxes.
    private static func brand(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        switch String(decoding: bytes[8..<12], as: UTF8.self) {
        case "heic", "heix", "mif1", "msf1", "heim", "heis": return "image/heic"
        case "avif", "avis": return "image/avif"
        case "M4A ", "M4B ": return "audio/mp4"
        case "qt  ": return "video/quicktime"
        default: return "video/mp4"
        }
    }
}

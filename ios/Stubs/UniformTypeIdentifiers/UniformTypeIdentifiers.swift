// A stand-in on Linux for the part of UniformTypeIdentifiers that the app names.

// iOS 14.0
public struct UTType: Hashable, Sendable {
    public let identifier: String
    public var preferredFilenameExtension: String? { nil }
    public static let item = UTType(identifier: "public.item")
    public static let data = UTType(identifier: "public.data")
    public static let image = UTType(identifier: "public.image")
    public static let movie = UTType(identifier: "public.movie")
    public static let fileURL = UTType(identifier: "public.file-url")
    public static let folder = UTType(identifier: "public.folder")
}

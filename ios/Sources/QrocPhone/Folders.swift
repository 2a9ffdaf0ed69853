public import Foundation
import Security

/// Where things are on this phone. The app and its extensions share one folder; what is in it is encrypted, but for a file
/// that says nothing.
public enum Folders {
    /// Named in the entitlements of the app and its extensions.
    public static let group = "group.eu.qroc.app"

    /// The profile: in no backup, readable from the first unlock after a restart on. What is in it is encrypted besides.
    public static var profile: URL { shared.appendingPathComponent("profile") }

    /// What is opened for a moment: readable only while the phone is unlocked.
    public static var scratch: URL { FileManager.default.temporaryDirectory.appendingPathComponent("scratch") }

    private static var shared: URL {
        let files = FileManager.default
        // Without the entitlement there is none: then the app alone has the profile.
        return files.containerURL(forSecurityApplicationGroupIdentifier: group)
            ?? files.urls(for: .applicationSupportDirectory, in: .userDomainMask).first
            ?? files.temporaryDirectory
    }

    private static var probe: URL { shared.appendingPathComponent("unlocked") }

    /// Whether the phone is locked: the system opens a file of full protection only while it is not. A phone that was
    /// never told counts as locked.
    public static var isLocked: Bool { (try? Data(contentsOf: probe)) == nil }

    /// Makes them, and empties the scratch folder of a run that ended in the middle.
    public static func prepare() {
        let files = FileManager.default
        try? files.removeItem(at: scratch)
        protect(scratch, .complete)
        protect(profile, .completeUntilFirstUserAuthentication)
        if !files.fileExists(atPath: probe.path) {
            try? Data([1]).write(to: probe, options: .completeFileProtection)
        }
        var kept = profile
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? kept.setResourceValues(values)
    }

    private static func protect(_ folder: URL, _ protection: FileProtectionType) {
        let files = FileManager.default
        try? files.createDirectory(at: folder, withIntermediateDirectories: true)
        try? files.setAttributes([.protectionKey: protection], ofItemAtPath: folder.path)
    }
}

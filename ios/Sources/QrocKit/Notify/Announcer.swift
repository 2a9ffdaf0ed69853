public import Foundation
public import Qroc
import QrocStrings

/// Makes notifications of push messages, in a process beside the app's.
public struct Announcer: Sendable {
    private let profile: URL
    private let vaults: any Vaults
    private let strings: Strings
    private let time: any Timekeeper
    private let calendar: Calendar
    private let isLocked: @Sendable () -> Bool

    /// Prepares for a profile.
    ///
    /// - Parameters:
    ///   - profile: The app's.
    ///   - vaults: Keeps its key.
    ///   - language: The officer's, BCP 47.
    ///   - time: Says whether it is quiet now.
    ///   - calendar: In the officer's time zone.
    ///   - isLocked: Whether whoever finds the device could read what is shown.
    public init(
        profile: URL, vaults: any Vaults, language: String, time: any Timekeeper = SystemTime(),
        calendar: Calendar = .current, isLocked: @escaping @Sendable () -> Bool
    ) {
        self.profile = profile
        self.vaults = vaults
        strings = Strings(language)
        self.time = time
        self.calendar = calendar
        self.isLocked = isLocked
    }

    /// What the notification says. Whatever goes wrong, and while the device or the profile is locked: that something has
    /// come.
    public func announce(_ push: Push, patience: Duration = .seconds(10)) async -> Announcement {
        guard !vaults.needsPassphrase else { return Announcement(hidden: strings) }
        do throws(QrocError) {
            let notifier = try await Notifier.open(profile: profile, vault: vaults.vault(passphrase: Data()))
            let announcement = await announce(push, by: notifier, patience)
            await notifier.close()
            return announcement
        } catch {
            return Announcement(hidden: strings)
        }
    }

    private func announce(_ push: Push, by notifier: Notifier, _ patience: Duration) async -> Announcement {
        do throws(QrocError) {
            let rules = AnnouncingRules(try await notifier.policy())
            // Fetched also where nothing of it is shown: it is there when the app is opened, and rules of the account
            // may say that it is not to be heard.
            let event = try await notifier.fetch(push.eventId, in: push.roomId, patience: patience)
            var announcement = Announcement(event, isLocked() ? .none : rules.preview, strings)
            if rules.isQuiet(at: time.now(), calendar) { announcement.isSilent = true }
            return announcement
        } catch {
            return Announcement(hidden: strings)
        }
    }
}

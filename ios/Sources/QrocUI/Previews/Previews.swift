#if !os(Linux) && DEBUG
    import SwiftUI

    // Xcode's canvas; the same states that the tests look at.
    #Preview("Sign in") { SignInView(state: Samples.signIn, brand: "QROC") { _ in } }
    #Preview("Unlock") { UnlockView(state: Samples.unlock, brand: "QROC") { _ in } }
    #Preview("Rooms") { RoomsView(state: Samples.rooms, brand: "QROC") { _ in } }
    #Preview("Timeline") { TimelineScreen(state: Samples.timeline, composer: Samples.composer) { _ in } }
    #Preview("About a room") { DetailsView(state: Samples.details) { _ in } }
    #Preview("New room") { NewRoomView(state: Samples.newRoom) { _ in } }
    #Preview("Search") { SearchScreen(state: Samples.search) { _ in } }
    #Preview("Map") { MapScreen(state: Samples.map) { _ in } }
    #Preview("Queue") { QueueView(state: Samples.queue) { _ in } }
    #Preview("Devices") { DevicesView(state: Samples.devices) { _ in } }
    #Preview("Recovery key") { RecoveryView(state: Samples.newKey) { _ in } }
    #Preview("Restoring") { RecoveryView(state: Samples.restoring) { _ in } }
    #Preview("Comparing signs") { VerifySheet(state: Samples.comparing) { _ in } }
    #Preview("Sharing from elsewhere") { ShareView(state: Samples.share) { _ in } }
    #Preview("Call for help") { QuickView(state: Samples.quickly) { _ in } }
    #Preview("Rules") { PolicyView(state: Samples.policy) }
    #Preview("Settings") { SettingsView(state: Samples.settings) { _ in } }
#endif

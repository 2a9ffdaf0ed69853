import Qroc
import QrocKit
import QrocUI
import SwiftUI

/// The officer's app. What it decides is in `QrocKit`; here the system is listened to.
@main struct QrocApp: App {
    // iOS 14.0
    @UIApplicationDelegateAdaptor(PushTokens.self) private var tokens
    @State private var phone = Phone()

    init() {}

    var body: some Scene {
        WindowGroup {
            Shielded(phone: phone)
        }
        .backgroundTask(.appRefresh(BackgroundWork.identifier)) { [phone] in
            await phone.wake()
        }
    }
}

/// The application, and a cover over it where nobody should see or record it.
struct Shielded: View {
    let phone: Phone
    // iOS 17.0
    @Environment(\.isSceneCaptured) private var isCaptured
    @Environment(\.scenePhase) private var phase

    var body: some View {
        ZStack {
            AppView(phone.app, brand: Phone.brand)
                .choosing(phone.chooser)
            if isCovered {
                Color.black
                Image(systemName: "lock.shield").font(.largeTitle)
            }
        }
        .task { await phone.start() }
        .onChange(of: phase) { _, phase in phone.went(to: phase) }
    }

    /// In the switcher between apps, and while the screen is recorded or mirrored unless policy allows it.
    private var isCovered: Bool {
        phase == .background || phase == .inactive || (isCaptured && !phone.app.mayBeCaptured)
    }
}

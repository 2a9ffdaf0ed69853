public import QrocKit
import QrocStrings
public import SwiftUI

/// The whole application: two panes where there is room, else one.
public struct AppView: View {
    private let app: AppModel
    private let brand: String
    private let time: any Timekeeper
    @Environment(\.colorScheme) private var scheme

    /// Draws an application; `brand` is what the organisation calls it.
    public init(_ app: AppModel, brand: String, time: any Timekeeper = SystemTime()) {
        self.app = app
        self.brand = brand
        self.time = time
    }

    /// What fills the screen.
    public var body: some View {
        let strings = app.looks.strings
        let palette = Palette.of(app.looks.state.appearance, isDark: scheme == .dark)
        let time = self.time
        stage
            .foregroundStyle(palette.body.color)
            .tint(palette.accent.color)
            .preferredColorScheme(wanted)
            .environment(\.palette, palette)
            .environment(\.strings, strings)
            .environment(\.times, Times(strings) { time.now() })
            .onOpenURL { app.open(link: $0) }
    }

    private var wanted: ColorScheme? {
        switch app.looks.state.appearance {
        case .system: nil
        case .light: .light
        case .dark, .night: .dark
        }
    }

    @ViewBuilder private var stage: some View {
        switch app.stage {
        case .starting: Color.clear.accessibilityIdentifier("starting")
        case .signIn(let model): Alone { SignInView(state: model.state, brand: brand) { model.on($0) } }
        case .unlock(let model): Alone { UnlockView(state: model.state, brand: brand) { model.on($0) } }
        case .main(let model): MainView(main: model, brand: brand).environment(\.forbidden, model.forbidden)
        }
    }
}

/// A screen that nothing is above.
private struct Alone<Content: View>: View {
    @ViewBuilder let content: () -> Content

    var body: some View {
        NavigationStack(path: .constant([Step]())) { content() }
    }
}

/// The list of rooms, and what is beside or above it.
struct MainView: View {
    let main: MainModel
    let brand: String
    @Environment(\.horizontalSizeClass) private var size
    @Environment(\.strings) private var strings

    var body: some View {
        panes
            .safeAreaInset(edge: .top, spacing: 0) {
                if let sharing = main.sharing { SharingLine(running: sharing.running) { sharing.stopAll() } }
            }
            .sheet(isPresented: open(main.verify.state != nil) { main.verify.on(.close) }) {
                if let state = main.verify.state { VerifySheet(state: state) { main.verify.on($0) } }
            }
    }

    @ViewBuilder private var panes: some View {
        let path = Binding(get: { main.path }, set: { main.path = $0 })
        if size == .regular {
            NavigationSplitView {
                RoomsView(state: main.rooms.state, brand: brand) { main.rooms.on($0) }
            } detail: {
                NavigationStack(path: path) {
                    EmptyNote(symbol: "bubble.left.and.bubble.right", title: strings.chooseRoomTitle, text: "")
                        .navigationDestination(for: Step.self) { step in destination(step) }
                }
            }
        } else {
            NavigationStack(path: path) {
                RoomsView(state: alone(main.rooms.state), brand: brand) { main.rooms.on($0) }
                    .navigationDestination(for: Step.self) { step in destination(step) }
            }
        }
    }

    /// Beside its room a row is marked; alone the list leads anywhere.
    private func alone(_ state: RoomsState) -> RoomsState {
        var state = state
        state.selectedId = nil
        return state
    }

    @ViewBuilder private func destination(_ step: Step) -> some View {
        if let screen = main.screen(step) { ScreenView(screen: screen) }
    }
}

/// A screen of the stack.
struct ScreenView: View {
    let screen: QrocKit.Screen

    var body: some View {
        switch screen {
        case .room(let model):
            TimelineScreen(state: model.state, composer: model.composer.state) { model.on($0) }
                .id(model.state.roomId)
        case .map(let model): MapScreen(state: model.state) { model.on($0) }
        case .details(let model): DetailsView(state: model.state) { model.on($0) }
        case .newRoom(let model): NewRoomView(state: model.state) { model.on($0) }
        case .queue(let model): QueueView(state: model.state) { model.on($0) }
        case .search(let model): SearchScreen(state: model.state) { model.on($0) }
        case .quick(let model): QuickView(state: model.state) { model.on($0) }
        case .devices(let model): DevicesView(state: model.state) { model.on($0) }
        case .recovery(let model): RecoveryView(state: model.state) { model.on($0) }
        case .policy(let model): PolicyView(state: model.state)
        case .settings(let model): SettingsView(state: model.state) { model.on($0) }
        }
    }
}

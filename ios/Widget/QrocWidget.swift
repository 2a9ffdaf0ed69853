import QrocStrings
import SwiftUI
import WidgetKit

/// Two presses from the home or lock screen: help and position. Knows nothing of the account: it opens the app, which asks
/// where it goes.
@main struct QrocWidgets: WidgetBundle {
    var body: some Widget { QuickWidget() }
}

struct QuickWidget: Widget {
    var body: some WidgetConfiguration {
        let strings = Words.strings
        return StaticConfiguration(kind: "eu.qroc.app.quick", provider: Always()) { _ in QuickPanel(strings: strings) }
            .configurationDisplayName(strings.appName)
            .description("\(strings.quickHelp) · \(strings.quickPosition)")
            .supportedFamilies([.systemSmall, .systemMedium])
    }
}

/// Links that the app reads.
enum Links {
    static let help = "qroc:quick/help"
    static let position = "qroc:quick/position"
}

enum Words {
    static var strings: Strings {
        Strings(Bundle.main.preferredLocalizations.first.map { String($0.prefix(2)) } ?? "en")
    }
}

/// It never changes.
struct Always: TimelineProvider {
    struct Entry: TimelineEntry {
        let date: Date
    }

    func placeholder(in context: Context) -> Entry { Entry(date: .now) }

    func getSnapshot(in context: Context, completion: @escaping (Entry) -> Void) {
        completion(Entry(date: .now))
    }

    func getTimeline(in context: Context, completion: @escaping (Timeline<Entry>) -> Void) {
        completion(Timeline(entries: [Entry(date: .now)], policy: .never))
    }
}

struct QuickPanel: View {
    let strings: Strings

    var body: some View {
        VStack(spacing: 8) {
            link(Links.help, strings.quickHelp, "exclamationmark.triangle")
            link(Links.position, strings.quickPosition, "location")
        }
        .containerBackground(for: .widget) { Color.clear }
        // A small one is one target: what matters most.
        .widgetURL(URL(string: Links.help))
    }

    @ViewBuilder private func link(_ address: String, _ title: String, _ symbol: String) -> some View {
        if let url = URL(string: address) {
            Link(destination: url) {
                Label(title, systemImage: symbol).frame(maxWidth: .infinity, minHeight: 48)
            }
        }
    }
}

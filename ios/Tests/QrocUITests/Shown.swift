import Foundation
import QrocKit
import QrocStrings
import SwiftUI
import Testing

@testable import QrocUI

/// What a screen says, and a hand that touches it.
@MainActor struct Shown {
    let nodes: [Node]

    init<V: View>(
        _ view: V, _ appearance: Appearance = .light, language: String = "en", forbidden: [Gate: String] = [:],
        wide: Bool = false
    ) {
        let strings = Strings(language)
        let now = Samples.now
        nodes = render(
            view
                .environment(\.palette, Palette.of(appearance, isDark: false))
                .environment(\.strings, strings)
                .environment(\.times, Times(strings, zone: TimeZone(identifier: "Europe/Lisbon") ?? .current) { now })
                .environment(\.forbidden, forbidden)
                .environment(\.horizontalSizeClass, wide ? .regular : .compact)
        )
    }

    var all: [Node] { nodes.flatMap(\.all) }

    /// All words, in order.
    var texts: [String] { all.compactMap { $0.attributes["text"] ?? $0.attributes["placeholder"] } }

    func find(_ identifier: String) -> Node? { all.first { $0.attributes["identifier"] == identifier } }

    /// Presses what is there and can be pressed.
    func press(_ identifier: String) throws {
        let node = try #require(find(identifier), "\(identifier) is not there")
        #expect(node.attributes["disabled"] == nil, "\(identifier) is disabled")
        let action = try #require(node.all.compactMap(\.action).first, "\(identifier) does nothing")
        action()
    }

    func type(_ identifier: String, _ text: String) throws {
        let field = try #require(find(identifier)?.type, "\(identifier) is no field")
        field(text)
    }

    func isDisabled(_ identifier: String) -> Bool { find(identifier)?.attributes["disabled"] == "true" }

    /// Everything that is pressed has a name that can be spoken and an identifier, or words of its own.
    var nameless: [String] {
        all.filter { node in
            guard node.action != nil, node.kind == "Button" else { return false }
            let words = node.all.contains { ($0.attributes["text"] ?? "").isEmpty == false }
            return node.attributes["label"] == nil && !words
        }.map { $0.dump() }
    }
}

/// What was told to the model.
@MainActor final class Told<Event> {
    var events: [Event] = []
    func callAsFunction(_ event: Event) { events.append(event) }
}

import QrocKit
import SwiftUI

/// Where everybody is.
struct MapScreen: View {
    let state: MapState
    let on: @MainActor (MapEvent) -> Void
    /// What the officer has moved to; nothing while the map shows everybody by itself.
    @State private var chosen: Chart?
    @State private var dragged: Chart?
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings
    @Environment(\.times) private var times

    var body: some View {
        VStack(spacing: 0) {
            if let error = state.error { ErrorNote(text: error) { on(.retry) }.padding(8) }
            if let officers = state.officers {
                if officers.isEmpty, state.target == nil {
                    Spacer()
                    EmptyNote(symbol: "map", title: strings.mapEmptyTitle, text: strings.mapEmptyText)
                    Spacer()
                } else {
                    map(officers)
                    summary(officers)
                    list(officers)
                }
            } else {
                if state.error == nil { Skeleton(rows: 3) }
                Spacer()
            }
        }
        .background(palette.background.color)
        .safeAreaInset(edge: .bottom, spacing: 0) {
            if let sharing = state.sharing { SharingBar(sharing: sharing, on: on) }
        }
        .sheet(isPresented: open(state.sharing?.asking == true) { on(.keepPosition) }) {
            if let sharing = state.sharing { SharingSheet(sharing: sharing, on: on) }
        }
        .titled(state.roomName)
        .accessibilityIdentifier("map")
    }

    private func map(_ officers: [Officer]) -> some View {
        GeometryReader { proxy in
            let shown = chart(officers, proxy.size)
            ZStack(alignment: .bottomTrailing) {
                Canvas { context, size in
                    if let shown {
                        MapDrawing(state: state, chart: shown, palette: palette, strings: strings)
                            .draw(&context, size)
                    }
                }
                .background(palette.surface.color)
                .gesture(drag(shown, proxy.size))
                .simultaneousGesture(zoom(shown))
                .accessibilityLabel(strings.mapDescription(officers.count))
                .accessibilityIdentifier("map.canvas")
                controls(shown)
            }
        }
        .frame(minHeight: 240)
        .layoutPriority(1)
    }

    private func chart(_ officers: [Officer], _ size: CGSize) -> Chart? {
        if let chosen { return chosen }
        let one = officers.first { $0.id == state.chosen }?.place ?? state.target
        return Chart.around(one.map { [$0] } ?? officers.map(\.place), size, least: 1)
    }

    private func drag(_ shown: Chart?, _ size: CGSize) -> some Gesture {
        DragGesture()
            .onChanged { value in
                let from = dragged ?? shown
                dragged = from
                chosen = from?.moved(value.translation, size)
            }
            .onEnded { _ in dragged = nil }
    }

    private func zoom(_ shown: Chart?) -> some Gesture {
        MagnifyGesture().onEnded { value in chosen = shown?.zoomed(value.magnification) }
    }

    private func controls(_ shown: Chart?) -> some View {
        VStack(spacing: 8) {
            control(strings.mapCloser, "plus.magnifyingglass", "map.closer") { chosen = shown?.zoomed(2) }
            control(strings.mapFarther, "minus.magnifyingglass", "map.farther") { chosen = shown?.zoomed(0.5) }
            control(strings.mapShowAll, "person.3", "map.all") {
                chosen = nil
                on(.choose(nil))
            }
        }
        .padding(12)
    }

    private func control(
        _ title: String, _ symbol: String, _ identifier: String, _ action: @escaping @MainActor () -> Void
    ) -> some View {
        Button(action: action) {
            Image(systemName: symbol)
                .frame(width: 48, height: 48)
                .background(palette.raised.color, in: Circle())
        }
        .accessibilityLabel(title)
        .accessibilityIdentifier(identifier)
    }

    private func summary(_ officers: [Officer]) -> some View {
        let stale = officers.count(where: \.stale)
        let text = strings.mapPeople(officers.count) + (stale > 0 ? ", \(strings.mapStaleCount(stale))" : "")
        return Text(text).font(.headline).padding(12).accessibilityIdentifier("map.summary")
    }

    private func list(_ officers: [Officer]) -> some View {
        List { ForEach(officers) { officer in row(officer) } }.listStyle(.plain)
    }

    private func row(_ officer: Officer) -> some View {
        Button {
            chosen = nil
            on(.choose(officer.id == state.chosen ? nil : officer.id))
        } label: {
            VStack(alignment: .leading, spacing: 2) {
                HStack {
                    Text(officer.own ? strings.youNamed(officer.name) : officer.name).font(.headline)
                    Spacer()
                    Text(times.ago(officer.measured)).font(.footnote)
                }
                Text(facts(officer)).font(.subheadline).foregroundStyle(palette.secondary.color)
                if officer.stale {
                    Chip(text: strings.mapStale, symbol: "clock.badge.exclamationmark", color: palette.waiting.color)
                }
            }
        }
        .buttonStyle(.plain)
        .listRowBackground(officer.id == state.chosen ? palette.selected.color : palette.surface.color)
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(officer.id == state.chosen ? .isSelected : .isButton)
        .accessibilityIdentifier("officer.\(officer.id)")
    }

    private func facts(_ officer: Officer) -> String {
        var parts: [String] = []
        if let metres = officer.distance, !officer.own {
            let way = officer.bearing.map { " " + direction($0, strings) } ?? ""
            parts.append(distance(metres, strings) + way)
        }
        if let speed = officer.speed, speed > 0.5 { parts.append(strings.kmPerHour(Int((speed * 3.6).rounded()))) }
        if let accuracy = officer.accuracy { parts.append(strings.accuracy(Int(accuracy.rounded()))) }
        if let battery = officer.battery, battery <= 20 { parts.append(strings.batteryLow("\(battery) %")) }
        if let until = officer.until { parts.append(strings.sharesUntil(times.clock(until))) }
        return parts.isEmpty ? degrees(officer.place.latitude, officer.place.longitude) : parts.joined(separator: " · ")
    }
}

import QrocKit
import QrocStrings
import SwiftUI

/// Draws ways, people with their names, the place that was asked for, and how long a step is.
struct MapDrawing {
    let state: MapState
    let chart: Chart
    let palette: Palette
    let strings: Strings

    func draw(_ context: inout GraphicsContext, _ size: CGSize) {
        for way in state.ways { draw(way, &context, size) }
        // Who was heard of last is drawn last, and the chosen one above all.
        let officers = (state.officers ?? []).reversed().sorted { $1.id == state.chosen && $0.id != state.chosen }
        for officer in officers { draw(officer, &context, size) }
        if let target = state.target { cross(chart.point(target, size), &context) }
        scale(&context, size)
    }

    private func draw(_ way: Way, _ context: inout GraphicsContext, _ size: CGSize) {
        var path = Path()
        for (index, place) in way.places.enumerated() {
            let point = chart.point(place, size)
            if index == 0 { path.move(to: point) } else { path.addLine(to: point) }
        }
        context.stroke(path, with: .color(palette.accent.color.opacity(0.55)), lineWidth: 3)
    }

    private func draw(_ officer: Officer, _ context: inout GraphicsContext, _ size: CGSize) {
        let at = chart.point(officer.place, size)
        let color = (officer.stale ? palette.waiting : palette.accent).color
        if let accuracy = officer.accuracy {
            let circle = Path(ellipseIn: square(around: at, chart.points(accuracy)))
            context.fill(circle, with: .color(color.opacity(0.15)))
        }
        let mark = Path(ellipseIn: square(around: at, 9))
        if officer.stale {
            // Not faded: hatched, so that it is not taken for a fresh one in the sun.
            context.fill(mark, with: .color(palette.surface.color))
            context.stroke(mark, with: .color(color), style: StrokeStyle(lineWidth: 3, dash: [3, 3]))
        } else {
            context.fill(mark, with: .color(officer.own ? palette.verified.color : color))
            context.stroke(mark, with: .color(palette.surface.color), lineWidth: 2)
        }
        let isChosen = officer.id == state.chosen
        let name = Text(officer.name).font(isChosen ? .headline : .subheadline).foregroundStyle(palette.body.color)
        context.draw(name, at: CGPoint(x: at.x + 14, y: at.y), anchor: .leading)
    }

    private func cross(_ at: CGPoint, _ context: inout GraphicsContext) {
        var path = Path()
        path.move(to: CGPoint(x: at.x - 16, y: at.y))
        path.addLine(to: CGPoint(x: at.x + 16, y: at.y))
        path.move(to: CGPoint(x: at.x, y: at.y - 16))
        path.addLine(to: CGPoint(x: at.x, y: at.y + 16))
        context.stroke(path, with: .color(palette.accent.color), lineWidth: 2.5)
    }

    private func scale(_ context: inout GraphicsContext, _ size: CGSize) {
        let metres = chart.scale(size.width / 3)
        let (end, y) = (16 + chart.points(metres), size.height - 16)
        var path = Path()
        path.move(to: CGPoint(x: 16, y: y))
        path.addLine(to: CGPoint(x: end, y: y))
        context.stroke(path, with: .color(palette.body.color), lineWidth: 2)
        let text = Text(distance(metres, strings)).font(.footnote).foregroundStyle(palette.body.color)
        context.draw(text, at: CGPoint(x: end + 8, y: y), anchor: .leading)
    }

    private func square(around point: CGPoint, _ radius: Double) -> CGRect {
        CGRect(x: point.x - radius, y: point.y - radius, width: 2 * radius, height: 2 * radius)
    }
}

/// A place alone, as in a message.
struct SmallMap: View {
    let place: Place
    let accuracy: Double?
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        Canvas { context, size in
            let chart = Chart(middle: place, metresPerPoint: max(1, (accuracy ?? 0) / 40))
            var state = MapState(roomId: "", roomName: "", target: place)
            state.officers = []
            MapDrawing(state: state, chart: chart, palette: palette, strings: strings).draw(&context, size)
            if let accuracy {
                let radius = chart.points(accuracy)
                let middle = CGPoint(x: size.width / 2, y: size.height / 2)
                let box = CGRect(
                    x: middle.x - radius, y: middle.y - radius, width: 2 * radius, height: 2 * radius)
                context.fill(Path(ellipseIn: box), with: .color(palette.accent.color.opacity(0.2)))
            }
        }
        .frame(width: 240, height: 140)
        .background(palette.raised.color, in: RoundedRectangle(cornerRadius: 12))
        .accessibilityHidden(true)
    }
}

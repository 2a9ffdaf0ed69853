import Foundation
import QrocKit
import SwiftUI

/// A code for a scanner: dark on light in every appearance, as the standard wants it, with its margin.
struct CodeDrawing: View {
    let code: Modules
    @Environment(\.strings) private var strings

    /// Light modules around it.
    private static let quiet = 4

    var body: some View {
        Canvas { context, size in
            let side = min(size.width, size.height)
            context.fill(square(0, 0, side), with: .color(.white))
            // Whole points: a blurred edge costs a scanner more than a margin that is a little wider.
            let module = max(1, (side / CGFloat(code.rows.count + 2 * Self.quiet)).rounded(.down))
            let edge = ((side - module * CGFloat(code.rows.count)) / 2).rounded(.down)
            for (row, line) in code.rows.enumerated() {
                for column in line.indices where line[column] {
                    let place = square(edge + CGFloat(column) * module, edge + CGFloat(row) * module, module)
                    context.fill(place, with: .color(.black))
                }
            }
        }
        .frame(width: 320, height: 320)
        .accessibilityLabel(strings.verifyCodeShown)
        .accessibilityIdentifier("verify.code")
    }

    private func square(_ x: CGFloat, _ y: CGFloat, _ side: CGFloat) -> Path {
        Path(roundedRect: CGRect(x: x, y: y, width: side, height: side), cornerRadius: 0)
    }
}

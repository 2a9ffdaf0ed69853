// A stand-in for SwiftUI on Linux, written by hand: signatures of exactly the API that QrocUI uses, as Apple documents
// them, and a tree that tests look at. It draws nothing, lays nothing out, and is in no app.
@_exported public import Foundation
@_exported public import Observation

/// One node of what a view says: what tests look at, and press.
@MainActor public final class Node {
    public let kind: String
    public var attributes: [String: String]
    public var children: [Node]
    /// What pressing does.
    public var action: (() -> Void)?
    /// What typing does.
    public var type: ((String) -> Void)?
    /// What appearing does.
    public var appeared: [() -> Void] = []

    public init(_ kind: String, _ attributes: [String: String] = [:], _ children: [Node] = []) {
        self.kind = kind
        self.attributes = attributes
        self.children = children
    }

    public func dump(_ depth: Int = 0) -> String {
        let shown = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\"\($0.value)\"" }.joined()
        let inner = children.map { $0.dump(depth + 1) }.joined()
        return String(repeating: "  ", count: depth) + "<\(kind)\(shown)>\n" + inner
    }

    /// This node, or the one that boxes which only lay out are around.
    var core: Node {
        let layout = ["padding", "frame", "background", "clip", "overlay"]
        guard layout.contains(kind), let first = children.first else { return self }
        return first.core
    }

    /// This node and all below it.
    public var all: [Node] { [self] + children.flatMap(\.all) }
}

/// Says what a view is made of.
@MainActor public func render<V: View>(_ view: V) -> [Node] {
    if let primitive = view as? any Primitive { return primitive.nodes() }
    return render(view.body)
}

/// A view of this stand-in's own.
@MainActor public protocol Primitive: View where Body == Never {
    func nodes() -> [Node]
}

extension Primitive {
    public var body: Never { fatalError("a view of its own has no body") }
}

/// A view with something said about it.
struct Modified<Content: View>: Primitive {
    let content: Content
    let change: @MainActor ([Node]) -> [Node]
    func nodes() -> [Node] { change(render(content)) }
}

extension View {
    /// Says it of each node; where that is a box that only lays out, of what is in it.
    func said(_ attributes: [String: String]) -> Modified<Self> {
        Modified(content: self) { nodes in
            for node in nodes { node.core.attributes.merge(attributes) { inner, _ in inner } }
            return nodes
        }
    }

    /// Puts a box around it.
    func boxed(_ kind: String, _ attributes: [String: String] = [:], extra: @escaping @MainActor () -> [Node] = { [] }) -> Modified<Self> {
        Modified(content: self) { nodes in [Node(kind, attributes, nodes + extra())] }
    }

    /// Puts something beside it that is not drawn in its place.
    func beside(_ extra: @escaping @MainActor () -> [Node]) -> Modified<Self> {
        Modified(content: self) { nodes in
            let more = extra()
            guard !more.isEmpty else { return nodes }
            if nodes.count == 1 {
                nodes[0].children += more
                return nodes
            }
            return [Node("Group", [:], nodes + more)]
        }
    }
}

public struct Edge {
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let top = Set(rawValue: 1)
        public static let bottom = Set(rawValue: 2)
        public static let leading = Set(rawValue: 4)
        public static let trailing = Set(rawValue: 8)
        public static let horizontal: Set = [.leading, .trailing]
        public static let vertical: Set = [.top, .bottom]
        public static let all: Set = [.horizontal, .vertical]
    }
}

public enum HorizontalEdge: String, Sendable {
    case leading
    case trailing
}

public enum VerticalEdge: String, Sendable {
    case top
    case bottom
}

public enum TextAlignment: String, Sendable {
    case leading
    case center
    case trailing
}

public struct Font: Sendable {
    public enum Weight: String, Sendable {
        case regular
        case medium
        case semibold
        case bold
    }

    var name: String
    public static let largeTitle = Font(name: "largeTitle")
    public static let title2 = Font(name: "title2")
    public static let title3 = Font(name: "title3")
    public static let headline = Font(name: "headline")
    public static let body = Font(name: "body")
    public static let subheadline = Font(name: "subheadline")
    public static let footnote = Font(name: "footnote")
    public static let caption = Font(name: "caption")
    public func bold() -> Font { Font(name: name + " bold") }
    public func weight(_ weight: Weight) -> Font { Font(name: name + " " + weight.rawValue) }
    public func monospaced() -> Font { Font(name: name + " mono") }
    public func monospacedDigit() -> Font { Font(name: name + " digits") }
}

extension View {
    public func padding(_ length: CGFloat) -> some View { boxed("padding", ["all": "\(length)"]) }
    public func padding(_ edges: Edge.Set = .all, _ length: CGFloat? = nil) -> some View {
        boxed("padding", ["edges": "\(edges.rawValue)", "length": "\(length ?? 16)"])
    }
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil, alignment: Alignment = .center) -> some View {
        boxed("frame", sizes(["width": width, "height": height]).merging(["alignment": alignment.rawValue]) { one, _ in one })
    }
    public func frame(
        minWidth: CGFloat? = nil, idealWidth: CGFloat? = nil, maxWidth: CGFloat? = nil, minHeight: CGFloat? = nil,
        idealHeight: CGFloat? = nil, maxHeight: CGFloat? = nil, alignment: Alignment = .center
    ) -> some View {
        let all = sizes(["minWidth": minWidth, "maxWidth": maxWidth, "minHeight": minHeight, "maxHeight": maxHeight])
        return boxed("frame", all.merging(["alignment": alignment.rawValue]) { one, _ in one })
    }
    private func sizes(_ all: [String: CGFloat?]) -> [String: String] { all.compactMapValues { $0.map { "\($0)" } } }

    public func background(_ color: Color) -> some View { boxed("background", ["color": color.css]) }
    public func background<S: Shape>(_ color: Color, in shape: S) -> some View {
        boxed("background", ["color": color.css, "shape": shape.name])
    }
    public func overlay<Over: View>(alignment: Alignment = .center, @ViewBuilder content: @escaping () -> Over) -> some View {
        boxed("overlay", ["alignment": alignment.rawValue]) { [Node("Over", [:], render(content()))] }
    }
    public func clipShape<S: Shape>(_ shape: S) -> some View { boxed("clip", ["shape": shape.name]) }
    public func aspectRatio(_ ratio: CGFloat? = nil, contentMode: ContentMode) -> some View {
        said(["ratio": ratio.map { "\($0)" } ?? "", "mode": "\(contentMode)"])
    }
    public func fixedSize(horizontal: Bool, vertical: Bool) -> some View { said(["fixed": "\(horizontal) \(vertical)"]) }
    public func layoutPriority(_ value: Double) -> some View { said(["priority": "\(value)"]) }

    public func font(_ font: Font?) -> some View { inherited(["font": font?.name ?? "body"]) }
    public func fontWeight(_ weight: Font.Weight?) -> some View { inherited(["weight": weight?.rawValue ?? "regular"]) }
    public func italic() -> some View { inherited(["italic": "true"]) }
    public func foregroundStyle(_ color: Color) -> some View { inherited(["color": color.css]) }
    public func tint(_ color: Color?) -> some View { inherited(["tint": color?.css ?? ""]) }
    public func lineLimit(_ number: Int?) -> some View { inherited(["lines": number.map { "\($0)" } ?? ""]) }
    public func lineLimit(_ limit: ClosedRange<Int>) -> some View { inherited(["lines": "\(limit.upperBound)"]) }
    public func multilineTextAlignment(_ alignment: TextAlignment) -> some View { inherited(["align": alignment.rawValue]) }
    public func imageScale(_ scale: Image.Scale) -> some View { inherited(["scale": "\(scale)"]) }

    /// Said of everything below, unless it was said there.
    func inherited(_ attributes: [String: String]) -> Modified<Self> {
        Modified(content: self) { nodes in
            for node in nodes.flatMap(\.all) { node.attributes.merge(attributes) { inner, _ in inner } }
            return nodes
        }
    }

    public func tag<Value: Hashable>(_ value: Value) -> some View {
        Modified(content: self) { nodes in
            for node in nodes {
                node.attributes["tag"] = String(describing: value)
                tags[ObjectIdentifier(node)] = value
            }
            return nodes
        }
    }
    public func id<ID: Hashable>(_ id: ID) -> some View { said(["id": String(describing: id)]) }
    public func disabled(_ disabled: Bool) -> some View {
        Modified(content: self) { nodes in
            if disabled { for node in nodes.flatMap(\.all) { node.attributes["disabled"] = "true" } }
            return nodes
        }
    }
    public func opacity(_ opacity: Double) -> some View { said(["opacity": "\(opacity)"]) }
    public func privacySensitive(_ sensitive: Bool = true) -> some View { said(["private": "\(sensitive)"]) }
    public func preferredColorScheme(_ scheme: ColorScheme?) -> some View { said(["scheme": scheme.map { "\($0)" } ?? ""]) }
    public func textSelection(_ selectability: EnabledTextSelectability) -> some View { said(["selectable": "true"]) }
}

public struct EnabledTextSelectability: Sendable {
    public static let enabled = EnabledTextSelectability()
}

extension Image {
    public enum Scale: Sendable {
        case small
        case medium
        case large
    }
}

public enum ContentMode: Sendable {
    case fit
    case fill
}

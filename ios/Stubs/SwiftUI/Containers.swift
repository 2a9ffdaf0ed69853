public enum Axis: Sendable {
    case horizontal
    case vertical

    public struct Set: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let horizontal = Set(rawValue: 1)
        public static let vertical = Set(rawValue: 2)
    }
}

public enum HorizontalAlignment: String, Sendable {
    case leading
    case center
    case trailing
}

public enum VerticalAlignment: String, Sendable {
    case top
    case center
    case bottom
    case firstTextBaseline
}

public enum Alignment: String, Sendable {
    case leading
    case center
    case trailing
    case top
    case bottom
    case topLeading
    case bottomTrailing
}

public struct HStack<Content: View>: Primitive {
    let attributes: [String: String]
    let content: Content
    public init(alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {
        attributes = ["alignment": alignment.rawValue, "spacing": "\(spacing ?? 8)"]
        self.content = content()
    }
    public func nodes() -> [Node] { [Node("HStack", attributes, render(content))] }
}

public struct VStack<Content: View>: Primitive {
    let attributes: [String: String]
    let content: Content
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {
        attributes = ["alignment": alignment.rawValue, "spacing": "\(spacing ?? 8)"]
        self.content = content()
    }
    public func nodes() -> [Node] { [Node("VStack", attributes, render(content))] }
}

public struct LazyVStack<Content: View>: Primitive {
    let stack: VStack<Content>
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {
        stack = VStack(alignment: alignment, spacing: spacing, content: content)
    }
    public func nodes() -> [Node] { stack.nodes() }
}

public struct ZStack<Content: View>: Primitive {
    let alignment: Alignment
    let content: Content
    public init(alignment: Alignment = .center, @ViewBuilder content: () -> Content) {
        (self.alignment, self.content) = (alignment, content())
    }
    public func nodes() -> [Node] { [Node("ZStack", ["alignment": alignment.rawValue], render(content))] }
}

public struct Spacer: Primitive {
    public init(minLength: CGFloat? = nil) {}
    public func nodes() -> [Node] { [Node("Spacer")] }
}

public struct Divider: Primitive {
    public init() {}
    public func nodes() -> [Node] { [Node("Divider")] }
}

public struct ScrollView<Content: View>: Primitive {
    let axes: Axis.Set
    let content: Content
    public init(_ axes: Axis.Set = .vertical, @ViewBuilder content: () -> Content) {
        (self.axes, self.content) = (axes, content())
    }
    public func nodes() -> [Node] { [Node("ScrollView", ["axes": axes == .horizontal ? "horizontal" : "vertical"], render(content))] }
}

public struct ScrollViewProxy {
    public func scrollTo<ID: Hashable>(_ id: ID, anchor: UnitPoint? = nil) {}
}

public struct ScrollViewReader<Content: View>: Primitive {
    let content: (ScrollViewProxy) -> Content
    public init(@ViewBuilder content: @escaping (ScrollViewProxy) -> Content) { self.content = content }
    public func nodes() -> [Node] { render(content(ScrollViewProxy())) }
}

public struct UnitPoint: Hashable, Sendable {
    let name: String
    public static let top = UnitPoint(name: "top")
    public static let bottom = UnitPoint(name: "bottom")
    public static let center = UnitPoint(name: "center")
    public static let leading = UnitPoint(name: "leading")
    public static let trailing = UnitPoint(name: "trailing")
}

public struct List<Content: View>: Primitive {
    let content: Content
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
    public func nodes() -> [Node] { [Node("List", [:], render(content))] }
}

public struct Form<Content: View>: Primitive {
    let content: Content
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
    public func nodes() -> [Node] { [Node("Form", [:], render(content))] }
}

public struct Section<Head: View, Content: View, Foot: View>: Primitive {
    let header: Head
    let content: Content
    let footer: Foot

    public func nodes() -> [Node] {
        let head = render(header)
        let foot = render(footer)
        return [
            Node(
                "Section", [:],
                (head.isEmpty ? [] : [Node("Header", [:], head)]) + render(content) + (foot.isEmpty ? [] : [Node("Footer", [:], foot)]))
        ]
    }
}

extension Section where Head == EmptyView, Foot == EmptyView {
    public init(@ViewBuilder content: () -> Content) { self.init(header: EmptyView(), content: content(), footer: EmptyView()) }
}

extension Section where Head == Text, Foot == EmptyView {
    public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {
        self.init(header: Text(title), content: content(), footer: EmptyView())
    }
}

extension Section where Head == EmptyView {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder footer: () -> Foot) {
        self.init(header: EmptyView(), content: content(), footer: footer())
    }
}

extension Section {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder header: () -> Head, @ViewBuilder footer: () -> Foot) {
        self.init(header: header(), content: content(), footer: footer())
    }
}

public struct NavigationStack<Data, Root: View>: Primitive {
    let root: Root
    let steps: () -> [Any]
    public init(path: Binding<Data>, @ViewBuilder root: () -> Root)
    where Data: MutableCollection, Data: RandomAccessCollection, Data: RangeReplaceableCollection, Data.Element: Hashable {
        self.root = root()
        steps = { path.wrappedValue.map { $0 as Any } }
    }
    public func nodes() -> [Node] {
        let before = NavigationPath.current
        NavigationPath.current = steps()
        defer { NavigationPath.current = before }
        return [Node("NavigationStack", [:], render(root))]
    }
}

/// What `navigationDestination` draws the last of.
@MainActor enum NavigationPath {
    static var current: [Any] = []
}

public struct NavigationSplitView<Sidebar: View, Detail: View>: Primitive {
    let sidebar: Sidebar
    let detail: Detail
    public init(@ViewBuilder sidebar: () -> Sidebar, @ViewBuilder detail: () -> Detail) {
        (self.sidebar, self.detail) = (sidebar(), detail())
    }
    public func nodes() -> [Node] {
        [Node("NavigationSplitView", [:], [Node("Sidebar", [:], render(sidebar)), Node("Detail", [:], render(detail))])]
    }
}

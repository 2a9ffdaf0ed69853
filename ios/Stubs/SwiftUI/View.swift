@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder var body: Body { get }
}

extension Never: View {
    public var body: Never { fatalError("nothing has no body") }
}

@resultBuilder @MainActor public enum ViewBuilder {
    public static func buildBlock() -> EmptyView { EmptyView() }
    public static func buildExpression<V: View>(_ view: V) -> V { view }
    public static func buildBlock<V: View>(_ view: V) -> V { view }
    public static func buildBlock<each V: View>(_ view: repeat each V) -> TupleView<repeat each V> { TupleView(repeat each view) }
    public static func buildIf<V: View>(_ view: V?) -> V? { view }
    public static func buildEither<A: View, B: View>(first: A) -> _ConditionalContent<A, B> { .first(first) }
    public static func buildEither<A: View, B: View>(second: B) -> _ConditionalContent<A, B> { .second(second) }
}

public struct EmptyView: Primitive {
    public init() {}
    public func nodes() -> [Node] { [] }
}

public struct TupleView<each V: View>: Primitive {
    let views: (repeat each V)

    init(_ views: repeat each V) { self.views = (repeat each views) }

    public func nodes() -> [Node] {
        var out: [Node] = []
        for view in repeat each views { out += render(view) }
        return out
    }
}

public enum _ConditionalContent<A: View, B: View>: Primitive {
    case first(A)
    case second(B)

    public func nodes() -> [Node] {
        switch self {
        case .first(let view): render(view)
        case .second(let view): render(view)
        }
    }
}

extension Optional: View where Wrapped: View {
    public var body: Never { fatalError("nothing has no body") }
}

extension Optional: Primitive where Wrapped: View {
    public func nodes() -> [Node] { map { render($0) } ?? [] }
}

public struct Group<Content: View>: Primitive {
    let content: Content
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
    public func nodes() -> [Node] { render(content) }
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: Primitive {
    let data: Data
    let content: (Data.Element) -> Content

    public func nodes() -> [Node] { data.flatMap { render(content($0)) } }
}

extension ForEach where Data.Element: Identifiable, ID == Data.Element.ID {
    public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) {
        self.data = data
        self.content = content
    }
}

extension ForEach {
    public init(_ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content) {
        self.data = data
        self.content = content
    }
}

public struct NavigationBarItem {
    public enum TitleDisplayMode: Sendable {
        case inline
        case large
    }
}

public struct ToolbarItemPlacement: Sendable {
    let name: String
    public static let cancellationAction = ToolbarItemPlacement(name: "cancel")
    public static let confirmationAction = ToolbarItemPlacement(name: "confirm")
    public static let primaryAction = ToolbarItemPlacement(name: "primary")
    public static let principal = ToolbarItemPlacement(name: "principal")
    public static let topBarLeading = ToolbarItemPlacement(name: "leading")
    public static let topBarTrailing = ToolbarItemPlacement(name: "trailing")
    public static let bottomBar = ToolbarItemPlacement(name: "bottom")
}

@MainActor public protocol ToolbarContent { func nodes() -> [Node] }

public struct ToolbarItem<Content: View>: ToolbarContent {
    let placement: ToolbarItemPlacement
    let content: Content
    public init(placement: ToolbarItemPlacement, @ViewBuilder content: () -> Content) {
        (self.placement, self.content) = (placement, content())
    }
    public func nodes() -> [Node] { [Node("ToolbarItem", ["placement": placement.name], render(content))] }
}

public struct ToolbarItemGroup<Content: View>: ToolbarContent {
    let placement: ToolbarItemPlacement
    let content: Content
    public init(placement: ToolbarItemPlacement, @ViewBuilder content: () -> Content) {
        (self.placement, self.content) = (placement, content())
    }
    public func nodes() -> [Node] { [Node("ToolbarItem", ["placement": placement.name], render(content))] }
}

public struct ToolbarTuple: ToolbarContent {
    let all: [Node]
    public func nodes() -> [Node] { all }
}

@resultBuilder @MainActor public enum ToolbarContentBuilder {
    public static func buildExpression<T: ToolbarContent>(_ item: T) -> T { item }
    public static func buildBlock<T: ToolbarContent>(_ item: T) -> T { item }
    public static func buildBlock<each T: ToolbarContent>(_ item: repeat each T) -> ToolbarTuple {
        var all: [Node] = []
        for one in repeat each item { all += one.nodes() }
        return ToolbarTuple(all: all)
    }
}

public struct PresentationDetent: Hashable, Sendable {
    let name: String
    public static let medium = PresentationDetent(name: "medium")
    public static let large = PresentationDetent(name: "large")
}

public struct SearchFieldPlacement: Sendable {
    public static let automatic = SearchFieldPlacement()
}

extension View {
    public func navigationTitle<S: StringProtocol>(_ title: S) -> some View { said(["title": String(title)]) }
    public func navigationBarTitleDisplayMode(_ mode: NavigationBarItem.TitleDisplayMode) -> some View { said(["titles": "\(mode)"]) }
    public func navigationDestination<D: Hashable, C: View>(
        for data: D.Type, @ViewBuilder destination: @escaping (D) -> C
    ) -> some View {
        beside { NavigationPath.current.last.flatMap { $0 as? D }.map { [Node("Destination", [:], render(destination($0)))] } ?? [] }
    }
    public func toolbar<T: ToolbarContent>(@ToolbarContentBuilder content: () -> T) -> some View {
        let content = content()
        return beside { [Node("Toolbar", [:], content.nodes())] }
    }
    public func safeAreaInset<C: View>(
        edge: VerticalEdge, alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> C
    ) -> some View {
        let content = content()
        return beside { [Node("SafeAreaInset", ["edge": edge.rawValue], render(content))] }
    }
    public func searchable<S: StringProtocol>(
        text: Binding<String>, placement: SearchFieldPlacement = .automatic, prompt: S
    ) -> some View {
        beside {
            let node = Node("SearchField", ["placeholder": String(prompt), "value": text.wrappedValue, "identifier": "search"])
            node.type = { text.wrappedValue = $0 }
            return [node]
        }
    }
    public func sheet<C: View>(isPresented: Binding<Bool>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping () -> C)
        -> some View
    {
        beside { isPresented.wrappedValue ? [Node("Sheet", [:], render(content()))] : [] }
    }
    public func fullScreenCover<C: View>(
        isPresented: Binding<Bool>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping () -> C
    ) -> some View {
        beside { isPresented.wrappedValue ? [Node("Cover", [:], render(content()))] : [] }
    }
    public func presentationDetents(_ detents: Set<PresentationDetent>) -> some View { self }
    public func alert<S: StringProtocol, A: View, M: View>(
        _ title: S, isPresented: Binding<Bool>, @ViewBuilder actions: @escaping () -> A, @ViewBuilder message: @escaping () -> M
    ) -> some View {
        beside { isPresented.wrappedValue ? [Node("Alert", ["title": String(title)], render(message()) + render(actions()))] : [] }
    }
    public func confirmationDialog<S: StringProtocol, A: View>(
        _ title: S, isPresented: Binding<Bool>, titleVisibility: Visibility, @ViewBuilder actions: @escaping () -> A
    ) -> some View {
        beside { isPresented.wrappedValue ? [Node("Dialog", ["title": String(title)], render(actions()))] : [] }
    }
    public func onOpenURL(perform action: @escaping (URL) -> Void) -> some View { self }
}

// An application.
@MainActor @preconcurrency public protocol Scene {}
@resultBuilder @MainActor public enum SceneBuilder {
    public static func buildBlock<S: Scene>(_ scene: S) -> S { scene }
}
public struct WindowGroup<Content: View>: Scene {
    let content: Content
    public init(@ViewBuilder content: () -> Content) { self.content = content() }
}
@MainActor @preconcurrency public protocol App {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
    init()
}
extension App {
    public static func main() {}
}

extension View {
    public func defaultScrollAnchor(_ anchor: UnitPoint?) -> some View { said(["anchor": anchor?.name ?? ""]) }
}

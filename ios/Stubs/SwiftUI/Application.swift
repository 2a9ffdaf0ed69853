public import UIKit
public import UniformTypeIdentifiers

// What only the app itself uses.
extension EnvironmentValues {
    private struct CapturedKey: EnvironmentKey { static let defaultValue = false }

    // iOS 17.0
    public var isSceneCaptured: Bool {
        get { self[CapturedKey.self] }
        set { self[CapturedKey.self] = newValue }
    }
}

// iOS 14.0
@MainActor @propertyWrapper public struct UIApplicationDelegateAdaptor<Delegate: NSObject & UIApplicationDelegate> {
    public init(_ type: Delegate.Type = Delegate.self) {}
    /// The system makes it; here nothing runs.
    public var wrappedValue: Delegate { preconditionFailure("no application runs here") }
}

// iOS 16.0
public struct BackgroundTask: Sendable {
    public static func appRefresh(_ identifier: String) -> BackgroundTask { BackgroundTask() }
}

extension Scene {
    public func backgroundTask(_ task: BackgroundTask, action: @escaping @Sendable () async -> Void) -> some Scene { self }
}

@MainActor @preconcurrency public protocol ViewModifier {
    associatedtype Body: View
    typealias Content = ModifiedContent
    @ViewBuilder func body(content: Content) -> Body
}

/// What a modifier is applied to.
public struct ModifiedContent: Primitive {
    let make: @MainActor () -> [Node]
    public func nodes() -> [Node] { make() }
}

struct Applied<Content: View, Modifier: ViewModifier>: Primitive {
    let content: Content
    let modifier: Modifier
    func nodes() -> [Node] { render(modifier.body(content: ModifiedContent { render(content) })) }
}

extension View {
    public func modifier<M: ViewModifier>(_ modifier: M) -> some View { Applied(content: self, modifier: modifier) }
    public func background<Behind: View>(alignment: Alignment = .center, @ViewBuilder content: () -> Behind) -> some View { self }
    // iOS 14.0
    public func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType], onCompletion: @escaping (Result<URL, any Error>) -> Void
    ) -> some View { self }
}

// iOS 14.0
public struct Link<Content: View>: View {
    let content: Content
    public init(destination: URL, @ViewBuilder label: () -> Content) { content = label() }
    public var body: some View { content }
}

// iOS 13.0
@MainActor open class UIHostingController<Content: View>: UIViewController {
    public init(rootView: Content) {}
}

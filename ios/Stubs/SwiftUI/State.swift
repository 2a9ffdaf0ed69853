@propertyWrapper @dynamicMemberLookup public struct Binding<Value> {
    let get: () -> Value
    let set: (Value) -> Void

    public init(get: @escaping () -> Value, set: @escaping (Value) -> Void) {
        self.get = get
        self.set = set
    }

    public var wrappedValue: Value {
        get { get() }
        nonmutating set { set(newValue) }
    }
    public var projectedValue: Binding<Value> { self }
    public static func constant(_ value: Value) -> Binding<Value> { .init(get: { value }, set: { _ in }) }
    public subscript<Part>(dynamicMember path: WritableKeyPath<Value, Part>) -> Binding<Part> {
        .init(
            get: { get()[keyPath: path] },
            set: {
                var whole = get()
                whole[keyPath: path] = $0
                set(whole)
            }
        )
    }
}

final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}

@propertyWrapper @MainActor @preconcurrency public struct State<Value> {
    let box: Box<Value>

    public init(wrappedValue: Value) { box = Box(wrappedValue) }
    public init(initialValue: Value) { box = Box(initialValue) }
    public var wrappedValue: Value {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
    public var projectedValue: Binding<Value> {
        let box = self.box
        return .init(get: { box.value }, set: { box.value = $0 })
    }
}

@propertyWrapper @MainActor @preconcurrency public struct FocusState<Value: Hashable> {
    let box: Box<Value>

    public init() where Value == Bool { box = Box(false) }
    public struct Binding {}
    public var wrappedValue: Value {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
    public var projectedValue: Binding { Binding() }
}

public protocol EnvironmentKey {
    associatedtype Value
    static var defaultValue: Value { get }
}

public struct EnvironmentValues {
    @MainActor static var current = EnvironmentValues()
    private var values: [ObjectIdentifier: Any] = [:]

    public init() {}
    public subscript<Key: EnvironmentKey>(key: Key.Type) -> Key.Value {
        get { values[ObjectIdentifier(key)] as? Key.Value ?? Key.defaultValue }
        set { values[ObjectIdentifier(key)] = newValue }
    }
}

public enum ColorScheme: Hashable, Sendable {
    case light
    case dark
}

public enum UserInterfaceSizeClass: Hashable, Sendable {
    case compact
    case regular
}

public enum ScenePhase: Hashable, Sendable {
    case background
    case inactive
    case active
}

extension EnvironmentValues {
    private struct SchemeKey: EnvironmentKey { static let defaultValue = ColorScheme.light }
    private struct SizeKey: EnvironmentKey { static let defaultValue: UserInterfaceSizeClass? = .compact }
    private struct PhaseKey: EnvironmentKey { static let defaultValue = ScenePhase.active }

    public var colorScheme: ColorScheme {
        get { self[SchemeKey.self] }
        set { self[SchemeKey.self] = newValue }
    }
    public var horizontalSizeClass: UserInterfaceSizeClass? {
        get { self[SizeKey.self] }
        set { self[SizeKey.self] = newValue }
    }
    public var scenePhase: ScenePhase {
        get { self[PhaseKey.self] }
        set { self[PhaseKey.self] = newValue }
    }
}

@propertyWrapper @MainActor @preconcurrency public struct Environment<Value> {
    let path: KeyPath<EnvironmentValues, Value>
    public init(_ path: KeyPath<EnvironmentValues, Value>) { self.path = path }
    public var wrappedValue: Value { EnvironmentValues.current[keyPath: path] }
}

/// Draws a part in another environment.
struct Within<Content: View>: Primitive {
    let content: Content
    let change: (inout EnvironmentValues) -> Void

    func nodes() -> [Node] {
        let before = EnvironmentValues.current
        change(&EnvironmentValues.current)
        defer { EnvironmentValues.current = before }
        return render(content)
    }
}

extension View {
    public func environment<Value>(_ path: WritableKeyPath<EnvironmentValues, Value>, _ value: Value) -> some View {
        Within(content: self) { $0[keyPath: path] = value }
    }
}

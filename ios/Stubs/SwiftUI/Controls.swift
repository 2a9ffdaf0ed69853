public import CoreGraphics

public struct Text: Sendable {
    var attributes: [String: String]
    var parts: [Text] = []

    public init<S: StringProtocol>(_ content: S) { attributes = ["text": String(content)] }
    public init(verbatim content: String) { attributes = ["text": content] }
    private init(_ attributes: [String: String], _ parts: [Text]) {
        self.attributes = attributes
        self.parts = parts
    }

    public static func + (one: Text, other: Text) -> Text {
        let text = (one.attributes["text"] ?? "") + (other.attributes["text"] ?? "")
        let parts = (one.parts.isEmpty ? [one] : one.parts) + [other]
        return Text(["text": text], parts)
    }
    public func bold() -> Text { with("weight", "bold") }
    public func font(_ font: Font?) -> Text { with("font", font?.name ?? "body") }
    public func foregroundStyle(_ color: Color) -> Text { with("color", color.css) }
    private func with(_ name: String, _ value: String) -> Text {
        var copy = self
        copy.attributes[name] = value
        return copy
    }
}

extension Text: Primitive {
    public func nodes() -> [Node] { [Node("Text", attributes, parts.flatMap { $0.nodes() })] }
}

public struct Image: Sendable {
    let attributes: [String: String]
    public init(systemName: String) { attributes = ["symbol": systemName] }
    public init(decorative image: CGImage, scale: CGFloat) {
        attributes = ["picture": "\(image.width)x\(image.height)"]
    }
    public func resizable() -> Image { self }
}

extension Image: Primitive {
    public func nodes() -> [Node] { [Node("Image", attributes)] }
}

public struct Label: Primitive {
    let title: String
    let image: String
    public init<S: StringProtocol>(_ title: S, systemImage: String) {
        self.title = String(title)
        image = systemImage
    }
    public func nodes() -> [Node] { [Node("Label", [:], [Node("Image", ["symbol": image]), Node("Text", ["text": title])])] }
}

public struct ButtonRole: Equatable, Sendable {
    let name: String
    public static let cancel = ButtonRole(name: "cancel")
    public static let destructive = ButtonRole(name: "destructive")
}

public struct Button<Content: View>: Primitive {
    let label: Content
    let role: ButtonRole?
    let action: @MainActor () -> Void

    public init(role: ButtonRole? = nil, action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Content) {
        self.label = label()
        self.role = role
        self.action = action
    }
    public func nodes() -> [Node] {
        let node = Node("Button", role.map { ["role": $0.name] } ?? [:], render(label))
        node.action = action
        return [node]
    }
}

extension Button where Content == Text {
    public init<S: StringProtocol>(_ title: S, role: ButtonRole? = nil, action: @escaping @MainActor () -> Void) {
        self.init(role: role, action: action) { Text(title) }
    }
}

extension Button where Content == Label {
    public init<S: StringProtocol>(
        _ title: S, systemImage: String, role: ButtonRole? = nil, action: @escaping @MainActor () -> Void
    ) {
        self.init(role: role, action: action) { Label(title, systemImage: systemImage) }
    }
}

public struct TextField: Primitive {
    let title: String
    let text: Binding<String>
    let kind: String

    public init<S: StringProtocol>(_ title: S, text: Binding<String>) {
        (self.title, self.text, kind) = (String(title), text, "TextField")
    }
    public init<S: StringProtocol>(_ title: S, text: Binding<String>, axis: Axis) {
        (self.title, self.text, kind) = (String(title), text, "TextField")
    }
    init(secure title: String, text: Binding<String>) { (self.title, self.text, kind) = (title, text, "SecureField") }
    public func nodes() -> [Node] {
        let node = Node(kind, ["placeholder": title, "value": text.wrappedValue])
        let text = self.text
        node.type = { text.wrappedValue = $0 }
        return [node]
    }
}

public struct SecureField: Primitive {
    let field: TextField
    public init<S: StringProtocol>(_ title: S, text: Binding<String>) { field = TextField(secure: String(title), text: text) }
    public func nodes() -> [Node] { field.nodes() }
}

public struct Picker<Choice: Hashable, Content: View>: Primitive {
    let title: String
    let selection: Binding<Choice>
    let content: Content

    public init<S: StringProtocol>(_ title: S, selection: Binding<Choice>, @ViewBuilder content: () -> Content) {
        self.title = String(title)
        self.selection = selection
        self.content = content()
    }
    public func nodes() -> [Node] {
        let choices = render(content)
        let chosen = String(describing: selection.wrappedValue)
        let selection = self.selection
        for choice in choices {
            choice.attributes["chosen"] = choice.attributes["tag"] == chosen ? "true" : "false"
            if let tag = tags.removeValue(forKey: ObjectIdentifier(choice)), let value = tag as? Choice {
                choice.action = { selection.wrappedValue = value }
            }
        }
        return [Node("Picker", ["title": title], choices)]
    }
}

/// Values of tags, until the picker around them takes them.
@MainActor var tags: [ObjectIdentifier: Any] = [:]

public struct ProgressView: Primitive {
    let attributes: [String: String]
    public init() { attributes = [:] }
    public init<S: StringProtocol>(_ title: S) { attributes = ["title": String(title)] }
    public init(value: Double?) { attributes = ["value": value.map { String($0) } ?? ""] }
    public func nodes() -> [Node] { [Node("ProgressView", attributes)] }
}

public struct Menu<Content: View, Shown: View>: Primitive {
    let content: Content
    let label: Shown
    public init(@ViewBuilder content: () -> Content, @ViewBuilder label: () -> Shown) {
        (self.content, self.label) = (content(), label())
    }
    public func nodes() -> [Node] { [Node("Menu", [:], render(label) + [Node("MenuContent", [:], render(content))])] }
}

public struct SubmitLabel: Sendable {
    let name: String
    public static let done = SubmitLabel(name: "done")
    public static let go = SubmitLabel(name: "go")
    public static let next = SubmitLabel(name: "next")
    public static let search = SubmitLabel(name: "search")
    public static let send = SubmitLabel(name: "send")
}

public protocol PrimitiveButtonStyle { var name: String { get } }
public struct BorderedButtonStyle: PrimitiveButtonStyle { public let name = "bordered" }
public struct BorderedProminentButtonStyle: PrimitiveButtonStyle { public let name = "prominent" }
public struct BorderlessButtonStyle: PrimitiveButtonStyle { public let name = "borderless" }
public struct PlainButtonStyle: PrimitiveButtonStyle { public let name = "plain" }
extension PrimitiveButtonStyle where Self == BorderedButtonStyle { public static var bordered: Self { .init() } }
extension PrimitiveButtonStyle where Self == BorderedProminentButtonStyle { public static var borderedProminent: Self { .init() } }
extension PrimitiveButtonStyle where Self == BorderlessButtonStyle { public static var borderless: Self { .init() } }
extension PrimitiveButtonStyle where Self == PlainButtonStyle { public static var plain: Self { .init() } }

public protocol ListStyle { var name: String { get } }
public struct PlainListStyle: ListStyle { public let name = "plain" }
public struct InsetGroupedListStyle: ListStyle { public let name = "grouped" }
extension ListStyle where Self == PlainListStyle { public static var plain: Self { .init() } }
extension ListStyle where Self == InsetGroupedListStyle { public static var insetGrouped: Self { .init() } }

public protocol PickerStyle { var name: String { get } }
public struct SegmentedPickerStyle: PickerStyle { public let name = "segmented" }
public struct InlinePickerStyle: PickerStyle { public let name = "inline" }
extension PickerStyle where Self == SegmentedPickerStyle { public static var segmented: Self { .init() } }
extension PickerStyle where Self == InlinePickerStyle { public static var inline: Self { .init() } }

public struct Visibility: Sendable {
    public static let hidden = Visibility()
}

public struct ControlSize: Sendable {
    let name: String
    public static let large = ControlSize(name: "large")
}

public struct UITextContentType: Sendable {
    let name: String
    public static let username = UITextContentType(name: "username")
    public static let password = UITextContentType(name: "password")
    public static let newPassword = UITextContentType(name: "newPassword")
    public static let URL = UITextContentType(name: "URL")
}

public enum UIKeyboardType: Sendable {
    case `default`
    case URL
    case numberPad
    case numbersAndPunctuation
}

public struct TextInputAutocapitalization: Sendable {
    let name: String
    public static var never: TextInputAutocapitalization { .init(name: "never") }
    public static var sentences: TextInputAutocapitalization { .init(name: "sentences") }
}

extension View {
    public func buttonStyle<S: PrimitiveButtonStyle>(_ style: S) -> some View { inherited(["style": style.name]) }
    public func controlSize(_ size: ControlSize) -> some View { inherited(["size": size.name]) }
    public func listStyle<S: ListStyle>(_ style: S) -> some View { said(["style": style.name]) }
    public func listRowBackground(_ color: Color?) -> some View { said(["row": color?.css ?? ""]) }
    public func listRowSeparator(_ visibility: Visibility) -> some View { said(["separator": "hidden"]) }
    public func scrollContentBackground(_ visibility: Visibility) -> some View { said(["paper": "hidden"]) }
    public func pickerStyle<S: PickerStyle>(_ style: S) -> some View { said(["style": style.name]) }
    public func labelsHidden() -> some View { said(["labels": "hidden"]) }
    public func textContentType(_ type: UITextContentType?) -> some View { said(["content": type?.name ?? ""]) }
    public func keyboardType(_ type: UIKeyboardType) -> some View { said(["keyboard": "\(type)"]) }
    public func textInputAutocapitalization(_ kind: TextInputAutocapitalization?) -> some View { said(["capitals": kind?.name ?? ""]) }
    public func autocorrectionDisabled(_ disabled: Bool = true) -> some View { said(["corrected": "\(!disabled)"]) }
    public func submitLabel(_ label: SubmitLabel) -> some View { said(["submit": label.name]) }
    public func onSubmit(_ action: @escaping () -> Void) -> some View {
        Modified(content: self) { nodes in
            for node in nodes.flatMap(\.all) where node.type != nil {
                let inner = node.action
                node.action = {
                    inner?()
                    action()
                }
            }
            return nodes
        }
    }
    public func focused(_ binding: FocusState<Bool>.Binding) -> some View { said(["focusable": "true"]) }
    public func onTapGesture(count: Int = 1, perform action: @escaping () -> Void) -> some View {
        Modified(content: self) { nodes in
            for node in nodes { node.action = action }
            return nodes
        }
    }
    public func onAppear(perform action: (() -> Void)? = nil) -> some View {
        Modified(content: self) { nodes in
            if let action { nodes.first?.appeared.append(action) }
            return nodes
        }
    }
    public func onChange<Value: Equatable>(of value: Value, _ action: @escaping (Value, Value) -> Void) -> some View { self }
    public func task(_ action: @escaping @Sendable @MainActor () async -> Void) -> some View { self }
    public func refreshable(action: @escaping @Sendable @MainActor () async -> Void) -> some View { said(["refreshable": "true"]) }

    public func contextMenu<Items: View>(@ViewBuilder menuItems: @escaping () -> Items) -> some View {
        beside { [Node("ContextMenu", [:], render(menuItems()))] }
    }
    public func swipeActions<Items: View>(
        edge: HorizontalEdge = .trailing, allowsFullSwipe: Bool = true, @ViewBuilder content: @escaping () -> Items
    ) -> some View {
        beside { [Node("SwipeActions", ["edge": edge.rawValue, "full": "\(allowsFullSwipe)"], render(content()))] }
    }
}

// What is said to those who do not see.
public struct AccessibilityTraits: Sendable {
    let name: String
    public static let isButton = AccessibilityTraits(name: "button")
    public static let isHeader = AccessibilityTraits(name: "header")
    public static let isSelected = AccessibilityTraits(name: "selected")
    public static let updatesFrequently = AccessibilityTraits(name: "updates")
}

public struct AccessibilityChildBehavior: Sendable {
    let name: String
    public static let combine = AccessibilityChildBehavior(name: "combine")
    public static let contain = AccessibilityChildBehavior(name: "contain")
    public static let ignore = AccessibilityChildBehavior(name: "ignore")
}

extension View {
    public func accessibilityIdentifier(_ identifier: String) -> some View { said(["identifier": identifier]) }
    public func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { said(["label": String(label)]) }
    public func accessibilityValue<S: StringProtocol>(_ value: S) -> some View { said(["spoken": String(value)]) }
    public func accessibilityHint<S: StringProtocol>(_ hint: S) -> some View { said(["hint": String(hint)]) }
    public func accessibilityHidden(_ hidden: Bool) -> some View { said(["silent": "\(hidden)"]) }
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { said(["traits": traits.name]) }
    public func accessibilityElement(children: AccessibilityChildBehavior = .ignore) -> some View { said(["element": children.name]) }
    public func accessibilityAction<S: StringProtocol>(named name: S, _ handler: @escaping () -> Void) -> some View {
        beside {
            let node = Node("AccessibilityAction", ["label": String(name)])
            node.action = handler
            return [node]
        }
    }
}

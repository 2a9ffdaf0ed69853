import QrocKit
import SwiftUI

/// The main action of a screen.
struct MainButton: View {
    let title: String
    let identifier: String
    var working: String?
    var enabled = true
    let action: @MainActor () -> Void
    @Environment(\.palette) private var palette

    var body: some View {
        Button(action: action) {
            HStack(spacing: 8) {
                if working != nil { ProgressView() }
                Text(working ?? title)
            }
            .frame(maxWidth: .infinity, minHeight: 32)
        }
        .buttonStyle(.borderedProminent)
        .controlSize(.large)
        .tint(palette.accent.color)
        .disabled(!enabled || working != nil)
        .accessibilityIdentifier(identifier)
    }
}

/// What can be done instead of the main action.
struct SideButton: View {
    let title: String
    let identifier: String
    var enabled = true
    var isDangerous = false
    let action: @MainActor () -> Void

    var body: some View {
        Button(role: isDangerous ? .destructive : nil, action: action) {
            Text(title).frame(maxWidth: .infinity, minHeight: 32)
        }
        .buttonStyle(.bordered)
        .controlSize(.large)
        .disabled(!enabled)
        .accessibilityIdentifier(identifier)
    }
}

/// A field for what nobody should read over a shoulder, which can be shown for a moment.
struct SecretField: View {
    let title: String
    let text: Binding<String>
    let identifier: String
    let kind: CodeKind
    @State private var isShown = false
    @Environment(\.strings) private var strings

    var body: some View {
        HStack(spacing: 8) {
            if isShown {
                TextField(title, text: text).codeField(kind).accessibilityIdentifier(identifier)
            } else {
                SecureField(title, text: text).codeField(kind).accessibilityIdentifier(identifier)
            }
            Button {
                isShown = !isShown
            } label: {
                Image(systemName: isShown ? "eye.slash" : "eye")
            }
            .buttonStyle(.borderless)
            .frame(minWidth: 44, minHeight: 44)
            .accessibilityLabel(isShown ? strings.hidePassword : strings.showPassword)
            .accessibilityIdentifier(identifier + ".show")
        }
    }
}

/// Something that policy may forbid: then it is shown with a lock, and says why when it is touched.
struct GatedButton: View {
    let gate: Gate
    let title: String
    let symbol: String
    let identifier: String
    let action: @MainActor () -> Void
    @State private var isAsked = false
    @Environment(\.forbidden) private var forbidden
    @Environment(\.palette) private var palette
    @Environment(\.strings) private var strings

    var body: some View {
        if let why = forbidden[gate] {
            Button(title, systemImage: "lock") { isAsked = true }
                .foregroundStyle(palette.secondary.color)
                .accessibilityIdentifier(identifier)
                .accessibilityHint(why)
                .alert(title, isPresented: Binding(get: { isAsked }, set: { isAsked = $0 })) {
                    Button(strings.close, role: .cancel) {}
                } message: {
                    Text(why)
                }
        } else {
            Button(title, systemImage: symbol, action: action).accessibilityIdentifier(identifier)
        }
    }
}

/// A word with a colour that means something, and a sign for those who see none.
struct Chip: View {
    let text: String
    let symbol: String
    let color: Color

    var body: some View {
        HStack(spacing: 4) {
            Image(systemName: symbol)
            Text(text)
        }
        .font(.footnote)
        .foregroundStyle(color)
        .accessibilityElement(children: .combine)
    }
}

/// Somebody, by the first letters of the name.
struct Avatar: View {
    let name: String
    let symbol: String?
    @Environment(\.palette) private var palette

    var body: some View {
        ZStack {
            Circle().fill(palette.raised.color)
            if let symbol {
                Image(systemName: symbol).foregroundStyle(palette.secondary.color)
            } else {
                Text(initials).font(.headline).foregroundStyle(palette.secondary.color)
            }
        }
        .frame(width: 44, height: 44)
        .accessibilityHidden(true)
    }

    private var initials: String {
        let words = name.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
        return String(words.prefix(2).compactMap(\.first)).uppercased()
    }
}

/// A field whose text is held by a model: what is typed is an event.
@MainActor func typed(_ text: String, _ event: @escaping @MainActor (String) -> Void) -> Binding<String> {
    Binding(get: { text }, set: event)
}

/// A question that is open as long as the model says so.
@MainActor func open(_ isOpen: Bool, close: @escaping @MainActor () -> Void) -> Binding<Bool> {
    Binding(get: { isOpen }, set: { if !$0 { close() } })
}

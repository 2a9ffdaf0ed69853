import SwiftUI

// What only a phone has: on a Mac, where `swift build` compiles these views too, it is left out.
extension View {
    /// A field for an address, a name or a number: nothing is corrected or begins with a capital.
    func codeField(_ kind: CodeKind) -> some View {
        #if os(macOS)
            autocorrectionDisabled()
        #else
            autocorrectionDisabled()
                .textInputAutocapitalization(.never)
                .keyboardType(kind.keyboard)
                .textContentType(kind.content)
        #endif
    }

    /// A small title in the bar.
    func titled(_ title: String) -> some View {
        #if os(macOS)
            navigationTitle(title)
        #else
            navigationTitle(title).navigationBarTitleDisplayMode(.inline)
        #endif
    }
}

/// What is typed into a field.
enum CodeKind {
    case address
    case user
    case password
    case newPassword
    case pin
    case coordinates
    case person
    case recoveryKey

    #if !os(macOS)
        var keyboard: UIKeyboardType {
            switch self {
            case .address: .URL
            case .pin: .numberPad
            case .coordinates: .numbersAndPunctuation
            case .user, .password, .newPassword, .person, .recoveryKey: .default
            }
        }

        var content: UITextContentType? {
            switch self {
            case .address: .URL
            case .user: .username
            case .password, .pin: .password
            case .newPassword: .newPassword
            case .coordinates, .person, .recoveryKey: nil
            }
        }
    #endif
}

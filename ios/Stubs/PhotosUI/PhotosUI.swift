// A stand-in on Linux for the part of PhotosUI that the app names.
public import Foundation
public import SwiftUI
public import UniformTypeIdentifiers

public protocol Transferable {}
extension Data: Transferable {}

// iOS 16.0
public struct PhotosPickerItem: Hashable, Sendable {
    public var supportedContentTypes: [UTType] { [] }
    public func loadTransferable<T: Transferable>(type: T.Type) async throws -> T? { nil }
}

public struct PHPickerFilter: Hashable, Sendable {
    public static let images = PHPickerFilter()
}

extension View {
    public func photosPicker(
        isPresented: Binding<Bool>, selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter?
    ) -> some View { self }
}

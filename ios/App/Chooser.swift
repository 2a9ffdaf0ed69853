import Foundation
import PhotosUI
import QrocPhone
import SwiftUI
import UIKit
import UniformTypeIdentifiers

/// Lets the officer choose a photo, a file or a folder, one at a time.
@MainActor @Observable final class Chooser {
    enum Kind {
        case photo
        case file
        case folder
    }

    /// What is being chosen.
    private(set) var kind: Kind?
    @ObservationIgnored private var answer: CheckedContinuation<URL?, Never>?
    /// The folder that may be written to now.
    @ObservationIgnored private var opened: URL?

    /// A copy in the scratch folder, which this app alone reads.
    func file(photo: Bool) async -> URL? { await choose(photo ? .photo : .file) }

    /// A folder of the officer's; writing is allowed until the next one is chosen.
    func folder() async -> URL? { await choose(.folder) }

    private func choose(_ kind: Kind) async -> URL? {
        finish(nil)
        return await withCheckedContinuation { continuation in
            answer = continuation
            self.kind = kind
        }
    }

    /// Nothing, or what was chosen.
    func finish(_ url: URL?) {
        kind = nil
        let waiting = answer
        answer = nil
        waiting?.resume(returning: url)
    }

    func took(_ result: Result<URL, any Error>) {
        guard case .success(let url) = result else { return finish(nil) }
        if kind == .folder {
            opened?.stopAccessingSecurityScopedResource()
            opened = url.startAccessingSecurityScopedResource() ? url : nil
            return finish(url)
        }
        let isOpen = url.startAccessingSecurityScopedResource()
        defer { if isOpen { url.stopAccessingSecurityScopedResource() } }
        let copy = place(url.lastPathComponent)
        finish((try? FileManager.default.copyItem(at: url, to: copy)) == nil ? nil : copy)
    }

    func took(_ item: PhotosPickerItem) async {
        let kind = item.supportedContentTypes.first?.preferredFilenameExtension ?? "jpg"
        guard let data = try? await item.loadTransferable(type: Data.self) else { return finish(nil) }
        let file = place("photo.\(kind)")
        finish((try? data.write(to: file, options: .completeFileProtection)) == nil ? nil : file)
    }

    private func place(_ name: String) -> URL {
        let folder = Folders.scratch.appendingPathComponent(UUID().uuidString)
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appendingPathComponent(name)
    }
}

extension View {
    /// The system's own choosers, over everything.
    func choosing(_ chooser: Chooser) -> some View { modifier(Choosing(chooser: chooser)) }
}

private struct Choosing: ViewModifier {
    let chooser: Chooser
    @State private var photo: PhotosPickerItem?

    func body(content: Content) -> some View {
        content
            // iOS 16.0
            .photosPicker(isPresented: shown(.photo), selection: $photo, matching: .images)
            .onChange(of: photo) { _, item in
                guard let item else { return }
                photo = nil
                Task { await chooser.took(item) }
            }
            .fileImporter(isPresented: shown(.file), allowedContentTypes: [.item]) { chooser.took($0) }
            .background {
                // Two of a kind on one view: only the last would be shown.
                Color.clear.fileImporter(isPresented: shown(.folder), allowedContentTypes: [.folder]) {
                    chooser.took($0)
                }
            }
    }

    private func shown(_ kind: Chooser.Kind) -> Binding<Bool> {
        Binding(
            get: { chooser.kind == kind },
            set: { isShown in
                guard !isShown, chooser.kind == kind, kind != .photo || photo == nil else { return }
                // The choice itself is told after the chooser has gone.
                Task {
                    try? await Task.sleep(for: .seconds(1))
                    if chooser.kind == kind { chooser.finish(nil) }
                }
            }
        )
    }
}

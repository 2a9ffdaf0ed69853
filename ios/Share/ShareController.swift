import Foundation
import Qroc
import QrocKit
import QrocPhone
import QrocUI
import SwiftUI
import UIKit
import UniformTypeIdentifiers

/// The sheet that other apps show: hands what they share to `ShareModel`, which decides.
final class ShareController: UIViewController {
    private var model: ShareModel?

    override func viewDidLoad() {
        super.viewDidLoad()
        Folders.prepare()
        let language = Bundle.main.preferredLocalizations.first.map { String($0.prefix(2)) } ?? "en"
        let model = ShareModel(
            profile: Folders.profile, vaults: DeviceVaults(EnclaveVault()), language: language
        ) { [weak self] in
            self?.extensionContext?.completeRequest(returningItems: nil, completionHandler: nil)
        }
        self.model = model
        let sheet = UIHostingController(rootView: ShareSheet(model))
        addChild(sheet)
        sheet.view.frame = view.bounds
        sheet.view.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        view.addSubview(sheet.view)
        sheet.didMove(toParent: self)
        let items = extensionContext?.inputItems.compactMap { $0 as? NSExtensionItem } ?? []
        let providers = items.flatMap { $0.attachments ?? [] }
        Task {
            guard (try? Client.initialize(Platform())) != nil else { return await model.take(nil) }
            await model.take(await Self.read(providers))
        }
    }

    /// Copies what is shared to where this process alone reads it; nothing where part of it cannot be read.
    private static func read(_ providers: [NSItemProvider]) async -> Brought? {
        var brought = Brought()
        for provider in providers {
            if provider.hasItemConformingToTypeIdentifier(UTType.fileURL.identifier)
                || provider.hasItemConformingToTypeIdentifier(UTType.image.identifier)
                || provider.hasItemConformingToTypeIdentifier(UTType.movie.identifier)
            {
                guard let file = await copy(provider) else { return nil }
                brought.files.append(file)
            } else if let text = await text(provider) {
                brought.text = [brought.text, text].compactMap { $0 }.joined(separator: "\n")
            } else {
                guard let file = await copy(provider) else { return nil }
                brought.files.append(file)
            }
        }
        return brought
    }

    private static func copy(_ provider: NSItemProvider) async -> URL? {
        await withCheckedContinuation { continuation in
            _ = provider.loadFileRepresentation(forTypeIdentifier: UTType.data.identifier) { url, _ in
                // Gone when this returns.
                guard let url else { return continuation.resume(returning: nil) }
                let folder = Folders.scratch.appendingPathComponent(UUID().uuidString)
                let copy = folder.appendingPathComponent(url.lastPathComponent)
                let files = FileManager.default
                try? files.createDirectory(
                    at: folder, withIntermediateDirectories: true,
                    attributes: [.protectionKey: FileProtectionType.complete])
                let isThere = (try? files.copyItem(at: url, to: copy)) != nil
                continuation.resume(returning: isThere ? copy : nil)
            }
        }
    }

    private static func text(_ provider: NSItemProvider) async -> String? {
        await withCheckedContinuation { continuation in
            if provider.canLoadObject(ofClass: URL.self) {
                _ = provider.loadObject(ofClass: URL.self) { url, _ in
                    continuation.resume(returning: url?.absoluteString)
                }
            } else if provider.canLoadObject(ofClass: String.self) {
                _ = provider.loadObject(ofClass: String.self) { text, _ in continuation.resume(returning: text) }
            } else {
                continuation.resume(returning: nil)
            }
        }
    }
}

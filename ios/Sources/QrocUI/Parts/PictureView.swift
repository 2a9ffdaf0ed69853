import QrocKit
import SwiftUI

#if canImport(CoreGraphics)
    import CoreGraphics
#endif

/// A picture, or its place while it is not here: the layout does not jump.
struct PictureView: View {
    let picture: Picture?
    let width: Int
    let height: Int
    @Environment(\.palette) private var palette

    var body: some View {
        if let picture, let image = picture.content as? CGImage {
            Image(decorative: image, scale: 1).resizable().aspectRatio(ratio, contentMode: .fit)
                .frame(maxWidth: 280, maxHeight: 360)
                .clipShape(RoundedRectangle(cornerRadius: 12))
        } else {
            ZStack {
                RoundedRectangle(cornerRadius: 12).fill(palette.raised.color)
                Image(systemName: "photo").font(.title2).foregroundStyle(palette.secondary.color)
            }
            .aspectRatio(ratio, contentMode: .fit)
            .frame(width: 240, height: min(320, 240 / ratio))
        }
    }

    private var ratio: CGFloat {
        guard width > 0, height > 0 else { return 4 / 3 }
        return min(4, max(0.25, CGFloat(width) / CGFloat(height)))
    }
}

extension View {
    /// A picture that fills the screen, until it is closed.
    func fullScreenPicture(_ message: Message?, close: @escaping @MainActor () -> Void) -> some View {
        #if os(macOS)
            sheet(isPresented: open(message != nil, close: close)) { FullPicture(message: message, close: close) }
        #else
            fullScreenCover(isPresented: open(message != nil, close: close)) {
                FullPicture(message: message, close: close)
            }
        #endif
    }
}

private struct FullPicture: View {
    let message: Message?
    let close: @MainActor () -> Void
    @Environment(\.strings) private var strings

    var body: some View {
        ZStack(alignment: .topLeading) {
            Color.black
            if let message, case .picture(let file) = message.body, let image = file.picture?.content as? CGImage {
                Image(decorative: image, scale: 1).resizable().aspectRatio(contentMode: .fit)
                    .frame(maxWidth: .infinity, maxHeight: .infinity)
                    .accessibilityLabel(strings.photoFrom(message.senderName))
            }
            Button(action: close) { Image(systemName: "xmark.circle.fill").font(.largeTitle) }
                .padding(16)
                .accessibilityLabel(strings.close)
                .accessibilityIdentifier("viewer.close")
        }
    }
}

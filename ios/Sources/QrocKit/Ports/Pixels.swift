/// What a platform's canvas holds, and what the core wants.
public enum Pixels {
    /// Takes the opacity out of red, green and blue: a canvas holds them multiplied by it, the core wants them as they are.
    public static func straight(_ rgba: [UInt8]) -> [UInt8] {
        var out = rgba
        for pixel in stride(from: 0, to: rgba.count - 3, by: 4) {
            let opacity = Int(rgba[pixel + 3])
            guard opacity > 0, opacity < 255 else { continue }
            for part in pixel..<pixel + 3 {
                out[part] = UInt8(min(255, (Int(rgba[part]) * 255 + opacity / 2) / opacity))
            }
        }
        return out
    }
}

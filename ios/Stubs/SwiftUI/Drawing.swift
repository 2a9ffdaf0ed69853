public import CoreGraphics

public struct Color: Hashable, Sendable {
    let css: String

    public enum RGBColorSpace: Sendable {
        case sRGB
    }
    public init(_ space: RGBColorSpace = .sRGB, red: Double, green: Double, blue: Double, opacity: Double = 1) {
        func part(_ value: Double) -> Int { Int((value * 255).rounded()) }
        css = "rgba(\(part(red)),\(part(green)),\(part(blue)),\(opacity))"
    }
    private init(css: String) { self.css = css }
    public static let clear = Color(css: "transparent")
    public static let black = Color(css: "rgba(0,0,0,1)")
    public static let white = Color(css: "rgba(255,255,255,1)")
    public func opacity(_ opacity: Double) -> Color {
        let parts = css.split(separator: ",")
        return parts.count == 4 ? Color(css: parts.prefix(3).joined(separator: ",") + ",\(opacity))") : self
    }
}

extension Color: Primitive {
    public func nodes() -> [Node] { [Node("Color", ["color": css])] }
}

@MainActor @preconcurrency public protocol Shape: View {
    nonisolated var name: String { get }
}

extension Shape {
    public func fill(_ color: Color) -> some View { Filled(name: name, attributes: ["color": color.css]) }
    public func stroke(_ color: Color, lineWidth: CGFloat = 1) -> some View {
        Filled(name: name, attributes: ["line": color.css, "width": "\(lineWidth)"])
    }
}

struct Filled: Primitive {
    let name: String
    let attributes: [String: String]
    func nodes() -> [Node] { [Node("Shape", attributes.merging(["shape": name]) { one, _ in one })] }
}

public struct RoundedRectangle: Sendable {
    public let name: String
    public init(cornerRadius: CGFloat) { name = "rounded \(cornerRadius)" }
}

extension RoundedRectangle: Shape, Primitive {
    public func nodes() -> [Node] { [Node("Shape", ["shape": name])] }
}

public struct Capsule: Sendable {
    public let name = "capsule"
    public init() {}
}

extension Capsule: Shape, Primitive {
    public func nodes() -> [Node] { [Node("Shape", ["shape": name])] }
}

public struct Circle: Sendable {
    public let name = "circle"
    public init() {}
}

extension Circle: Shape, Primitive {
    public func nodes() -> [Node] { [Node("Shape", ["shape": name])] }
}

public struct Rectangle: Sendable {
    public let name = "rectangle"
    public init() {}
}

extension Rectangle: Shape, Primitive {
    public func nodes() -> [Node] { [Node("Shape", ["shape": name])] }
}

public struct Path: Sendable {
    var svg = ""
    public init() {}
    public init(ellipseIn rect: CGRect) {
        let (rx, ry) = (rect.width / 2, rect.height / 2)
        svg = "M\(rect.minX) \(rect.midY)a\(rx) \(ry) 0 1 0 \(rect.width) 0a\(rx) \(ry) 0 1 0 \(-rect.width) 0Z"
    }
    public init(roundedRect rect: CGRect, cornerRadius: CGFloat) {
        svg = "M\(rect.minX) \(rect.minY)h\(rect.width)v\(rect.height)h\(-rect.width)Z"
    }
    public mutating func move(to point: CGPoint) { svg += "M\(point.x) \(point.y)" }
    public mutating func addLine(to point: CGPoint) { svg += "L\(point.x) \(point.y)" }
    public mutating func closeSubpath() { svg += "Z" }
}

public struct StrokeStyle: Sendable {
    let width: CGFloat
    let dash: [CGFloat]
    public init(lineWidth: CGFloat = 1, dash: [CGFloat] = []) { (width, self.dash) = (lineWidth, dash) }
}

public struct GraphicsContext {
    final class Drawn {
        var svg: [String] = []
    }
    let drawn = Drawn()

    public struct Shading: Sendable {
        let css: String
        public static func color(_ color: Color) -> Shading { Shading(css: color.css) }
    }
    public func fill(_ path: Path, with shading: Shading) { drawn.svg.append("<path d='\(path.svg)' fill='\(shading.css)'/>") }
    public func stroke(_ path: Path, with shading: Shading, lineWidth: CGFloat = 1) {
        stroke(path, with: shading, style: StrokeStyle(lineWidth: lineWidth))
    }
    public func stroke(_ path: Path, with shading: Shading, style: StrokeStyle) {
        let dash = style.dash.map { "\($0)" }.joined(separator: " ")
        drawn.svg.append(
            "<path d='\(path.svg)' fill='none' stroke='\(shading.css)' stroke-width='\(style.width)' stroke-dasharray='\(dash)'/>")
    }
    public func draw(_ text: Text, at point: CGPoint, anchor: UnitPoint = .center) {
        let anchors = ["leading": "start", "trailing": "end"]
        let color = text.attributes["color"] ?? "currentColor"
        drawn.svg.append(
            "<text x='\(point.x)' y='\(point.y)' fill='\(color)' font-size='13' dominant-baseline='middle' "
                + "text-anchor='\(anchors[anchor.name] ?? "middle")'>\(text.attributes["text"] ?? "")</text>")
    }
}

public struct Canvas: Primitive {
    let draw: (inout GraphicsContext, CGSize) -> Void
    public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) { draw = renderer }
    public func nodes() -> [Node] {
        var context = GraphicsContext()
        draw(&context, Canvas.size)
        return [Node("Canvas", ["svg": context.drawn.svg.joined()])]
    }
    /// What it is drawn at here.
    @MainActor static let size = CGSize(width: 390, height: 400)
}

public struct GeometryProxy: Sendable {
    public let size: CGSize
}

public struct GeometryReader<Content: View>: Primitive {
    let content: (GeometryProxy) -> Content
    public init(@ViewBuilder content: @escaping (GeometryProxy) -> Content) { self.content = content }
    public func nodes() -> [Node] { render(content(GeometryProxy(size: Canvas.size))) }
}

@MainActor @preconcurrency public protocol Gesture {
    associatedtype Value
}

public struct DragGesture: Gesture {
    public struct Value: Sendable {
        public var translation: CGSize
        public var location: CGPoint
    }
    public init(minimumDistance: CGFloat = 10) {}
    public func onChanged(_ action: @escaping (Value) -> Void) -> DragGesture { self }
    public func onEnded(_ action: @escaping (Value) -> Void) -> DragGesture { self }
}

public struct MagnifyGesture: Gesture {
    public struct Value: Sendable {
        public var magnification: CGFloat
    }
    public init() {}
    public func onChanged(_ action: @escaping (Value) -> Void) -> MagnifyGesture { self }
    public func onEnded(_ action: @escaping (Value) -> Void) -> MagnifyGesture { self }
}

extension View {
    public func gesture<G: Gesture>(_ gesture: G) -> some View { self }
    public func simultaneousGesture<G: Gesture>(_ gesture: G) -> some View { self }
}

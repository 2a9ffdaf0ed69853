import Foundation
import SwiftUI

@testable import QrocUI

/// Draws what a screen says as a page: an approximation, to be looked at. It is not what an iPhone draws.
@MainActor struct Html {
    let palette: Palette

    private static let signs = [
        "gearshape": "⚙", "magnifyingglass": "🔍", "square.and.pencil": "📝", "person.3": "👥", "megaphone": "📣",
        "light.beacon.max": "🚨", "clock": "🕒", "exclamationmark.circle": "❗", "lock": "🔒", "lock.open": "🔓",
        "lock.slash": "🔒", "wifi.slash": "📵", "chevron.forward": "›", "checkmark": "✓", "eye": "👁", "map": "🗺",
        "photo": "🖼", "doc": "📄", "trash": "🗑", "xmark": "✕", "plus.circle.fill": "⊕", "arrow.up.circle.fill": "⬆",
        "checkmark.shield": "🛡", "checkmark.circle": "✓", "exclamationmark.triangle": "⚠", "person": "👤",
        "plus.magnifyingglass": "＋", "minus.magnifyingglass": "−", "iphone": "📱", "person.badge.plus": "＋👤",
    ]

    func page(_ nodes: [Node], title: String) -> String {
        let bar = nodes.flatMap(\.all).first { $0.kind == "Toolbar" }
        let named = nodes.flatMap(\.all).compactMap { $0.attributes["title"] }.first ?? title
        let items = bar.map { $0.children.map { "<span>\(draw($0.children))</span>" }.joined() } ?? ""
        let inset = nodes.flatMap(\.all).first { $0.kind == "SafeAreaInset" }.map { draw($0.children) } ?? ""
        let ink = css(palette.body)
        return """
            <!doctype html><meta charset="utf-8"><style>
            *{box-sizing:border-box} body{margin:0;width:390px;height:844px;overflow:hidden;display:flex;
            flex-direction:column;font:16px Roboto,"Noto Color Emoji";background:\(css(palette.background));color:\(ink)}
            nav{display:flex;gap:14px;align-items:center;justify-content:space-between;padding:14px 16px;font-weight:600}
            main{flex:1;overflow:hidden;display:flex;flex-direction:column} .v,.h,.z{display:flex;min-width:0}
            .v{flex-direction:column} .h{flex-direction:row;align-items:center} .sp{flex:1} .sp:empty{min-width:0}
            .b{color:\(css(palette.accent))} .prominent{background:\(css(palette.accent));color:\(css(palette.onAccent));
            border-radius:10px;padding:8px 14px;justify-content:center} .bordered{background:\(css(palette.raised));
            border-radius:10px;padding:4px 10px} .off{opacity:.45} .sec{margin:8px 16px;background:\(css(palette.surface));
            border-radius:12px;padding:4px 16px} .row{padding:10px 0;border-bottom:1px solid \(css(palette.line))}
            .plain .row{padding:8px 16px;background:\(css(palette.surface))} .head,.foot{font-size:13px;margin:8px 32px;
            color:\(css(palette.secondary))} .field{padding:4px 0;flex:1} .seg{display:flex;background:\(css(palette.raised));
            border-radius:9px;padding:2px} .seg span{flex:1;text-align:center;padding:6px;border-radius:8px;font-size:14px}
            .seg .on{background:\(css(palette.surface));font-weight:600} .alert{position:fixed;inset:260px 40px auto;
            background:\(css(palette.surface));border-radius:16px;padding:20px;box-shadow:0 0 0 999px #0008} .one{
            white-space:nowrap;overflow:hidden;text-overflow:ellipsis;min-width:0} .h:has(>.sp),.b:has(.sp){width:100%}
            .h>.v{min-width:0} nav .b>.h{gap:0} nav .b>.h>span+span{display:none} .v>.z{max-width:100%}
            </style><body><nav><span>\(escape(named))</span><span style="display:flex;gap:14px">\(items)</span></nav>
            <main>\(draw(nodes))</main>\(inset)
            """
    }

    private func css(_ shade: Shade) -> String {
        func part(_ value: Double) -> Int { Int((value * 255).rounded()) }
        return "rgb(\(part(shade.red)),\(part(shade.green)),\(part(shade.blue)))"
    }

    private func draw(_ nodes: [Node]) -> String { nodes.map(draw).joined() }

    private func draw(_ node: Node) -> String {
        let inner = { draw(node.children) }
        let gap = "gap:\(node.attributes["spacing"] ?? "8")px"
        switch node.kind {
        case "Text":
            return node.children.isEmpty ? text(node) : "<span class=one style='\(font(node))'>\(inner())</span>"
        case "Image": return image(node)
        case "VStack": return "<div class=v style='\(gap);align-items:\(side(node))'>\(inner())</div>"
        case "Label": return "<div class=h style='gap:8px'>\(inner())</div>"
        case "HStack": return "<div class=h style='\(gap)'>\(inner())</div>"
        case "ZStack", "overlay":
            let place = node.attributes["alignment"] == "bottomTrailing" ? "end" : "center"
            return "<div class=z style='display:grid;place-items:\(place);width:100%'>\(stacked(node))</div>"
        case "Spacer": return "<div class=sp></div>"
        case "Divider": return "<div style='height:1px;background:\(css(palette.line))'></div>"
        case "Button", "Menu": return button(node)
        case "Picker": return picker(node)
        case "TextField", "SecureField", "SearchField": return field(node)
        case "List", "Form": return list(node)
        case "Section": return section(node)
        case "padding": return "<div style='padding:\(padding(node))'>\(inner())</div>"
        case "frame": return "<div class=z style='\(frame(node))'>\(inner())</div>"
        case "background":
            let radius = node.attributes["shape"].map(corner) ?? "0"
            return
                "<div class=v style='background:\(node.attributes["color"] ?? "");border-radius:\(radius);flex:0 1 auto'>"
                + inner() + "</div>"
        case "Shape": return shape(node)
        case "Color": return "<div style='background:\(node.attributes["color"] ?? "")'></div>"
        case "Canvas":
            return "<svg viewBox='0 0 390 400' style='width:100%;height:100%;min-height:140px;display:block'>"
                + "\(node.attributes["svg"] ?? "")</svg>"
        case "ProgressView": return "<span>◌</span>"
        case "Alert":
            return "<div class='alert v'><b>\(escape(node.attributes["title"] ?? ""))</b><p>\(inner())</div>"
        case "Sheet", "Cover", "Toolbar", "SafeAreaInset", "ContextMenu", "SwipeActions", "MenuContent",
            "AccessibilityAction":
            return ""
        default: return inner()
        }
    }

    private func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }

    private func text(_ node: Node) -> String {
        let one = node.attributes["lines"] == "1" ? " class=one" : ""
        return "<span\(one) style='\(font(node))'>\(escape(node.attributes["text"] ?? ""))</span>"
    }

    private func font(_ node: Node) -> String {
        let name = (node.attributes["font"] ?? "body").split(separator: " ")
        let sizes = [
            "largeTitle": 34, "title2": 22, "title3": 20, "headline": 17, "body": 17, "subheadline": 15, "footnote": 13,
            "caption": 12,
        ]
        var out = "font-size:\(sizes[String(name.first ?? "body")] ?? 17)px;"
        if name.first == "headline" || name.contains("bold") || node.attributes["weight"] == "bold" {
            out += "font-weight:600;"
        }
        if node.attributes["italic"] != nil { out += "font-style:italic;" }
        if let color = node.attributes["color"] { out += "color:\(color);" }
        if let align = node.attributes["align"] { out += "text-align:\(align);" }
        return out
    }

    private func image(_ node: Node) -> String {
        guard let symbol = node.attributes["symbol"] else { return "<div style='background:#789;height:200px'></div>" }
        return "<span style='\(font(node))'>\(Self.signs[symbol] ?? "◆")</span>"
    }

    private func side(_ node: Node) -> String {
        ["leading": "flex-start", "trailing": "flex-end"][node.attributes["alignment"] ?? ""] ?? "stretch"
    }

    private func stacked(_ node: Node) -> String {
        node.children.map { "<div style='grid-area:1/1;min-width:0;max-width:100%'>\(draw($0))</div>" }.joined()
    }

    private func button(_ node: Node) -> String {
        let style = node.all.compactMap { $0.attributes["style"] }.first ?? ""
        let off = node.attributes["disabled"] == "true" ? " off" : ""
        let shown = node.children.filter { $0.kind != "MenuContent" }
        let red = node.attributes["role"] == "destructive" ? "color:\(css(palette.danger))" : ""
        return "<span class='h b \(style)\(off)' style='gap:8px;\(red)'>\(draw(shown))</span>"
    }

    private func picker(_ node: Node) -> String {
        if node.attributes["style"] == "segmented" {
            let choices = node.children.map { choice in
                let on = choice.attributes["chosen"] == "true" ? "on" : ""
                return "<span class='\(on)'>\(escape(choice.attributes["text"] ?? ""))</span>"
            }
            return "<div class=seg>\(choices.joined())</div>"
        }
        let chosen = node.children.first { $0.attributes["chosen"] == "true" }?.attributes["text"] ?? ""
        let title = escape(node.attributes["title"] ?? "")
        return "<div class=h><span>\(title)</span><div class=sp></div><span class=b>\(escape(chosen)) ⌄</span></div>"
    }

    private func field(_ node: Node) -> String {
        let value = node.attributes["value"] ?? ""
        let dots = node.kind == "SecureField" ? String(repeating: "•", count: value.count) : value
        let color = css(value.isEmpty ? palette.secondary : palette.body)
        let shown = value.isEmpty ? node.attributes["placeholder"] ?? "" : dots
        return "<span class=field style='color:\(color)'>\(escape(shown))</span>"
    }

    private func list(_ node: Node) -> String {
        let rows = node.children.map { child in
            child.kind == "Section" || child.kind.hasPrefix("S") && child.kind != "Shape"
                ? draw(child) : "<div class=row>\(draw(child))</div>"
        }
        return "<div class='v \(node.attributes["style"] ?? "")'>\(rows.joined())</div>"
    }

    private func section(_ node: Node) -> String {
        let head = node.children.filter { $0.kind == "Header" }
        let foot = node.children.filter { $0.kind == "Footer" }
        let rows = node.children.filter { $0.kind != "Header" && $0.kind != "Footer" }
        let drawn = rows.map { "<div class=row>\(draw($0))</div>" }.joined()
        return "<div class=head>\(draw(head.flatMap(\.children)))</div><div class=sec>\(drawn)</div>"
            + "<div class=foot>\(draw(foot.flatMap(\.children)))</div>"
    }

    private func padding(_ node: Node) -> String {
        if let all = node.attributes["all"] { return all + "px" }
        let edges = Int(node.attributes["edges"] ?? "") ?? 15
        let length = (node.attributes["length"] ?? "16") + "px"
        return [1, 8, 2, 4].map { edges & $0 == 0 ? "0" : length }.joined(separator: " ")
    }

    private func frame(_ node: Node) -> String {
        let names = [
            "width": "width", "height": "height", "minWidth": "min-width", "minHeight": "min-height",
            "maxWidth": "max-width", "maxHeight": "max-height",
        ]
        let parts = node.attributes.compactMap { name, value -> String? in
            guard let property = names[name] else { return nil }
            return value == "inf" ? "flex:1 1 auto;width:100%" : "\(property):\(value)px"
        }
        return "display:flex;flex-direction:column;justify-content:center;" + parts.joined(separator: ";")
    }

    private func corner(_ shape: String) -> String {
        if shape.hasPrefix("rounded ") { return shape.dropFirst(8) + "px" }
        return shape == "rectangle" ? "0" : "999px"
    }

    private func shape(_ node: Node) -> String {
        let radius = corner(node.attributes["shape"] ?? "")
        return
            "<div style='background:\(node.attributes["color"] ?? "");border-radius:\(radius);width:100%;height:100%;"
            + "min-width:3px;min-height:12px'></div>"
    }
}

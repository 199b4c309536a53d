import Foundation

/// Widths of texts for layout. No font is opened, and readers' fonts differ: these are about DejaVu Sans's, the widest of
/// those that a system may show for "sans-serif", so that what has room here has it anywhere.
enum TextMetrics {
    /// About how wide a text is at most in a sans-serif font of that size, in CSS pixels.
    static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
        let ems = text.unicodeScalars.reduce(0.0) { sum, scalar in
            switch scalar {
            case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", " ", "/", "·": sum + 0.33
            case "f", "t", "r", "(", ")", "-", "[", "]", "!": sum + 0.41
            case "m", "w", "M", "W", "%", "@", "…", "→": sum + 0.98
            case "A"..."Z", "×", "+", "±", "−", "–": sum + 0.76
            case "\u{1100}"...: sum + 1.1
            default: sum + 0.64
            }
        }
        return ems * size * (bold ? 1.1 : 1)
    }

    /// The upright rectangle about a text.
    static func frame(of text: String, at place: Point, _ style: TextStyle) -> Frame {
        let width = width(text, size: style.size, bold: style.bold)
        let start =
            switch style.anchor {
            case .start: 0.0
            case .middle: -width / 2
            case .end: -width
            }
        let (sine, cosine) = (sin(style.rotation * .pi / 180), cos(style.rotation * .pi / 180))
        let corners = [start, start + width].flatMap { x in
            [-0.8, 0.22].map { y in
                Point(place.x + x * cosine - y * style.size * sine, place.y + x * sine + y * style.size * cosine)
            }
        }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        return Frame(x: xs.min()!, y: ys.min()!, width: xs.max()! - xs.min()!, height: ys.max()! - ys.min()!)
    }

    /// The text, or its beginning with an ellipsis where it is wider than that.
    static func fitted(_ text: String, width limit: Double, size: Double, bold: Bool = false) -> String {
        guard width(text, size: size, bold: bold) > limit else { return text }
        var shortened = text.prefix(200)
        while !shortened.isEmpty, width(shortened + "…", size: size, bold: bold) > limit { shortened.removeLast() }
        return shortened.isEmpty ? "" : shortened + "…"
    }
}

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
            case "—", "Æ", "Œ", "æ", "œ": sum + 1
            case _ where isWide(scalar): sum + 1.1
            case _ where takesNoRoom(scalar): sum
            default: sum + 0.64
            }
        }
        return ems * size * (bold ? 1.1 : 1)
    }

    /// Whether East Asian typography gives the character a whole square (Unicode's TR 11, wide and full width), or it is
    /// an emoji.
    static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x231a...0x231b, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
            0xa000...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff01...0xff60,
            0xffe0...0xffe6, 0x17000...0x18cff, 0x1b000...0x1b2ff, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
            0x1f900...0x1f9ff, 0x20000...0x3fffd:
            true
        default: false
        }
    }

    /// Whether the character is drawn upon the one before it, or not at all.
    static func takesNoRoom(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
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

/// Widths of texts, near enough for layout: no font is opened, and readers' fonts differ anyway.
enum TextMetrics {
    /// About how wide a text is in a sans-serif font of that size, in CSS pixels.
    static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
        let ems = text.reduce(0.0) { sum, character in
            switch character {
            case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "/", "·": sum + 0.31
            case "f", "t", "r", "(", ")", "-", "[", "]": sum + 0.38
            case "m", "w", "M", "W", "%", "@", "…", "→": sum + 0.93
            case "A"..."Z", "×": sum + 0.69
            default: sum + (character.isASCII ? 0.58 : 0.8)
            }
        }
        return ems * size * (bold ? 1.08 : 1)
    }

    /// The text, or its beginning with an ellipsis where it is wider than that.
    static func fitted(_ text: String, width limit: Double, size: Double, bold: Bool = false) -> String {
        guard width(text, size: size, bold: bold) > limit else { return text }
        var shortened = text.prefix(200)
        while !shortened.isEmpty, width(shortened + "…", size: size, bold: bold) > limit { shortened.removeLast() }
        return shortened.isEmpty ? "" : shortened + "…"
    }
}

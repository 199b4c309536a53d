// How many columns of a terminal a text takes.

extension String {
    /// Columns of a terminal: East Asian wide characters and emoji take two, combining marks none.
    package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// The longest beginning that fits into so many columns.
    package func fitting(_ columns: Int) -> Substring {
        var width = 0
        var end = startIndex
        while end < endIndex {
            width += self[end].displayWidth
            if width > columns { break }
            end = index(after: end)
        }
        return self[..<end]
    }
}

extension Character {
    /// Columns of a terminal.
    fileprivate var displayWidth: Int {
        let scalars = unicodeScalars
        // A sign that is text by itself becomes a picture by the selector behind it; two letters of a region are one flag.
        if scalars.count > 1, scalars.contains("\u{FE0F}") || scalars.allSatisfy(\.isRegionalIndicator) {
            return 2
        }
        return scalars.reduce(0) { Swift.max($0, $1.displayWidth) }
    }
}

extension Unicode.Scalar {
    fileprivate var isRegionalIndicator: Bool { 0x1F1E6...0x1F1FF ~= value }

    /// Columns by itself, as wcwidth says it where the locale is one of UTF-8; controls take none.
    fileprivate var displayWidth: Int {
        if value < 0x300 { return 0x20..<0x7F ~= value || value >= 0xA0 && value != 0xAD ? 1 : 0 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator: return 0
        default: break
        }
        // The vowels and final consonants of Korean letters stand in the first one's block.
        if 0x1160...0x11FF ~= value || 0xD7B0...0xD7FF ~= value { return 0 }
        return properties.isEmojiPresentation || Self.isWide(value) ? 2 : 1
    }

    /// Of class W or F of Unicode's Standard Annex 11, emoji apart.
    private static func isWide(_ value: UInt32) -> Bool {
        value >= 0x1100 && wide.contains { $0 ~= value }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}

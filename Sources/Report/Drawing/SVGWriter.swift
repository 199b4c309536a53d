import Foundation

/// Writes a drawing as SVG 1.1 with the few features that browsers and librsvg share.
///
/// A part of the theme is written twice: as a plain attribute, and as a class whose rule uses a custom property. A
/// reader that knows no custom properties (librsvg, Inkscape) keeps the attribute, which is the light colour.
struct SVGWriter {
    let theme: Theme
    private var text = ""

    init(theme: Theme) { self.theme = theme }

    static func document(of figure: Figure, theme: Theme) -> String {
        var writer = SVGWriter(theme: theme)
        writer.open(figure)
        for mark in figure.drawing.heading + figure.drawing.marks { writer.write(mark) }
        writer.text += "</svg>\n"
        return writer.text
    }

    private mutating func open(_ figure: Figure) {
        let width = Self.number(figure.width)
        let height = Self.number(figure.height)
        // Inside a page the style sheet sets the size, so that a figure shrinks with a narrow screen.
        let size = theme == .page ? "" : " width=\"\(width)\" height=\"\(height)\""
        // HTML knows the namespaces.
        let namespaces =
            theme == .page
            ? "" : " xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
        text +=
            "<svg\(namespaces)\(size)"
            + " viewBox=\"0 \(Self.number(figure.top)) \(width) \(height)\" role=\"img\" font-family=\"\(Self.fonts)\">\n"
            + "<title>\(escaped(figure.title))</title>\n<desc>\(escaped(figure.summary))</desc>\n"
        if theme == .adaptive { text += "<style>\(Theme.styleSheet)</style>\n" }
        if theme != .page {
            write(
                .rectangle(
                    Frame(x: 0, y: figure.top, width: figure.width, height: figure.height), radius: 0, .filled(.surface)
                ))
        }
    }

    private static let fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

    // MARK: - Marks

    private mutating func write(_ mark: Mark) {
        switch mark {
        case .rectangle(let frame, let radius, let style):
            let corner = radius > 0 ? attribute("rx", radius) : ""
            text += "<rect\(place(frame))\(corner)\(attributes(of: style))/>\n"
        case .circle(let centre, let radius, let style):
            text +=
                "<circle\(attribute("cx", centre.x))\(attribute("cy", centre.y))\(attribute("r", radius))"
                + "\(attributes(of: style))/>\n"
        case .line(let points, let closed, let style):
            let steps = points.enumerated().map { index, point in
                (index == 0 ? "M" : "L") + Self.number(point.x) + " " + Self.number(point.y)
            }
            text += "<path d=\"\(steps.joined())\(closed ? "Z" : "")\"\(attributes(of: style))/>\n"
        case .text(let words, let point, let style):
            text += "<text\(attributes(of: style, at: point))>\(escaped(words))</text>\n"
        case .image(let png, let frame):
            let data = "data:image/png;base64," + png.base64EncodedString()
            // Browsers read the style, librsvg the attribute.
            text +=
                "<image\(place(frame)) preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\""
                + " style=\"image-rendering:pixelated\" \(theme == .page ? "" : "xlink:")href=\"\(data)\"/>\n"
        case .hover(let frame, let words):
            // Print and raster pictures have no pointer.
            guard theme.usesClasses else { return }
            text += "<rect\(place(frame)) fill-opacity=\"0\"><title>\(escaped(words))</title></rect>\n"
        case .group(let marks, let offset, let title):
            let moved = offset == Point(0, 0) ? "" : " transform=\"translate(\(Self.pair(offset)))\""
            text += "<g\(moved)>\n"
            if let title { text += "<title>\(escaped(title))</title>\n" }
            for mark in marks { write(mark) }
            text += "</g>\n"
        }
    }

    // MARK: - Attributes

    private func place(_ frame: Frame) -> String {
        attribute("x", frame.x) + attribute("y", frame.y) + attribute("width", frame.width)
            + attribute("height", frame.height)
    }

    private func attributes(of style: Style) -> String {
        var style = style
        // Greys of lines are few: dashes tell the rest apart.
        if theme == .grey, style.dashes.isEmpty, case .series(let index) = style.stroke, style.fill == nil {
            style.dashes = Self.greyDashes[index % Self.greyDashes.count]
        }
        var parts = paint("fill", style.fill) + paint("stroke", style.stroke)
        if style.fill != nil, style.fillOpacity < 1 { parts += attribute("fill-opacity", style.fillOpacity) }
        if style.stroke != nil {
            parts += attribute("stroke-width", style.strokeWidth)
            if style.strokeOpacity < 1 { parts += attribute("stroke-opacity", style.strokeOpacity) }
            parts += " stroke-linejoin=\"round\" stroke-linecap=\"\(style.dashes.isEmpty ? "round" : "butt")\""
            if !style.dashes.isEmpty {
                parts += " stroke-dasharray=\"\(style.dashes.map(Self.number).joined(separator: " "))\""
            }
        }
        return parts + classes([("f", style.fill), ("s", style.stroke)])
    }

    private func attributes(of style: TextStyle, at point: Point) -> String {
        var parts = attribute("x", point.x) + attribute("y", point.y) + attribute("font-size", style.size)
        if style.anchor != .start { parts += " text-anchor=\"\(style.anchor.rawValue)\"" }
        if style.bold { parts += " font-weight=\"600\"" }
        if style.rotation != 0 { parts += " transform=\"rotate(\(Self.number(style.rotation)) \(Self.pair(point)))\"" }
        return parts + paint("fill", style.colour) + classes([("f", style.colour)])
    }

    private static let greyDashes: [[Double]] = [[], [5, 2.5], [1.5, 2], [8, 2, 1.5, 2], [], [5, 2.5]]

    private func paint(_ name: String, _ colour: Colour?) -> String {
        guard let colour else { return name == "fill" ? " fill=\"none\"" : "" }
        return " \(name)=\"\(theme.palette[colour].description)\""
    }

    private func classes(_ colours: [(kind: String, colour: Colour?)]) -> String {
        guard theme.usesClasses else { return "" }
        let names = colours.compactMap { kind, colour in colour?.part.map { "gk-\(kind)-\($0)" } }
        return names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
    }

    private func attribute(_ name: String, _ value: Double) -> String { " \(name)=\"\(Self.number(value))\"" }

    private static func pair(_ point: Point) -> String { number(point.x) + " " + number(point.y) }

    /// At most two places after the point; what is no number is written as 0, for the picture must stay readable.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let whole = abs(hundredths) / 100
        let rest = abs(hundredths) % 100
        if rest == 0 { return sign + String(whole) }
        return sign + String(whole) + "." + (rest % 10 == 0 ? String(rest / 10) : rest < 10 ? "0\(rest)" : String(rest))
    }
}

/// A text that XML and HTML show as it is: markup escaped, characters that XML forbids replaced.
func escaped(_ text: String) -> String { escaped(text, keepsLines: false) }

/// The same with its line feeds and tabs, for the text of an element that shows them; an attribute has one line.
func escapedLines(_ text: String) -> String { escaped(text, keepsLines: true) }

private func escaped(_ text: String, keepsLines: Bool) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case "\t" where keepsLines, "\n" where keepsLines: result.unicodeScalars.append(scalar)
        case "\t", "\n", "\r": result += " "
        // Control characters and the two scalars that XML 1.0 leaves out; marks that turn the direction of writing
        // would let a name rearrange what stands around it.
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}", "\u{202A}"..."\u{202E}",
            "\u{2066}"..."\u{2069}":
            result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

import CRsvg
import Foundation
import Storage

/// A picture, made from values alone.
public struct Figure: Sendable {
    /// The stem of its file's name.
    public let name: String
    /// What it shows, in a few words.
    public let title: String
    /// The same in a sentence, for those who cannot see it.
    public let summary: String
    /// CSS pixels.
    public let width: Double
    public let height: Double
    /// Where the picture begins in the drawing: below the heading, where that is left out.
    let top: Double
    let drawing: Drawing

    init(
        name: String, title: String, summary: String, width: Double, height: Double, top: Double = 0, drawing: Drawing
    ) {
        self.name = name
        self.title = title
        self.summary = summary
        self.width = width
        self.height = height
        self.top = top
        self.drawing = drawing
    }

    /// The height that a heading takes.
    private static let headingHeight = 24.0

    /// The same picture without its name in it, for a text whose captions name figures.
    public var withoutTitle: Figure {
        guard !drawing.heading.isEmpty else { return self }
        return Figure(
            name: name, title: title, summary: summary, width: width, height: height - Self.headingHeight,
            top: top + Self.headingHeight, drawing: drawing.withoutHeading)
    }

    /// An SVG document, or for ``Theme/page`` an element to stand in a page.
    public func svg(_ theme: Theme = .adaptive) -> String { SVGWriter.document(of: self, theme: theme) }

    /// A PNG file, drawn by librsvg. It says its resolution, 96 pixels an inch times the scale, so that programs that
    /// heed it show and print it in its own size.
    ///
    /// - Parameters:
    ///   - theme: ``Theme/light``, ``Theme/dark`` or ``Theme/grey``; the others are drawn light.
    ///   - scale: pixels a CSS pixel.
    ///   - dpi: the resolution to say, in pixels an inch; nil for the one above.
    /// - Throws: ``ReportError/cannotDraw(figure:problem:)``.
    public func png(_ theme: Theme = .light, scale: Double = 2, dpi: Double? = nil) throws(ReportError) -> Data {
        let svg = Array(self.svg(Self.fixed(theme)).utf8)
        let size = [width, height].map { Int32(max(1, min($0 * scale, 1e6)).rounded()) }
        let file = try drawn { count, fault in
            svg.withUnsafeBytes { buffer in
                gk_rsvg_png(
                    buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, size[0], size[1], &count, &fault,
                    fault.count)
            }
        }
        return PNGFacts.adding(dpi ?? 96 * scale, to: file)
    }

    /// A PDF file of one page, drawn by librsvg: lines stay lines, texts stay texts.
    ///
    /// - Parameters:
    ///   - theme: as of ``png(_:scale:dpi:)``.
    ///   - points: the page's width in points (1/72 inch); nil for the figure's own size, 96 CSS pixels an inch.
    /// - Throws: ``ReportError/cannotDraw(figure:problem:)``.
    public func pdf(_ theme: Theme = .light, width points: Double? = nil) throws(ReportError) -> Data {
        let svg = Array(self.svg(Self.fixed(theme)).utf8)
        let points = points ?? width * 0.75
        return try drawn { count, fault in
            svg.withUnsafeBytes { buffer in
                gk_rsvg_pdf(
                    buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, points, points * height / width,
                    title, OutputKind.pdfCreator, &count, &fault, fault.count)
            }
        }
    }

    private static func fixed(_ theme: Theme) -> Theme { theme == .dark || theme == .grey ? theme : .light }

    private func drawn(
        _ draw: (_ count: inout Int, _ fault: inout [CChar]) -> UnsafeMutablePointer<UInt8>?
    ) throws(ReportError) -> Data {
        var count = 0
        var fault = [CChar](repeating: 0, count: 256)
        guard let bytes = draw(&count, &fault) else {
            let problem = String(decoding: fault.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw .cannotDraw(figure: name, problem: problem)
        }
        defer { gk_rsvg_free(bytes) }
        return Data(bytes: bytes, count: count)
    }
}

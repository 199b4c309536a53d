import CRsvg
import Foundation

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
    let drawing: Drawing

    init(name: String, title: String, summary: String, width: Double, height: Double, drawing: Drawing) {
        self.name = name
        self.title = title
        self.summary = summary
        self.width = width
        self.height = height
        self.drawing = drawing
    }

    /// An SVG document, or for ``Theme/page`` an element to stand in a page.
    public func svg(_ theme: Theme = .adaptive) -> String { SVGWriter.document(of: self, theme: theme) }

    /// A PNG file, drawn by librsvg.
    ///
    /// - Parameters:
    ///   - theme: ``Theme/light`` or ``Theme/dark``; the others are drawn light.
    ///   - scale: pixels a CSS pixel.
    /// - Throws: ``ReportError/cannotDraw(figure:problem:)``.
    public func png(_ theme: Theme = .light, scale: Double = 2) throws(ReportError) -> Data {
        let svg = Array(self.svg(theme == .dark ? .dark : .light).utf8)
        let size = [width, height].map { Int32(max(1, min($0 * scale, 1e6)).rounded()) }
        var count = 0
        var fault = [CChar](repeating: 0, count: 256)
        let bytes = svg.withUnsafeBytes { buffer in
            gk_rsvg_png(
                buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, size[0], size[1], &count, &fault,
                fault.count)
        }
        guard let bytes else {
            let problem = String(decoding: fault.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw .cannotDraw(figure: name, problem: problem)
        }
        defer { gk_rsvg_free(bytes) }
        return PNGImage.marked(Data(bytes: bytes, count: count))
    }
}

/// Tags over time: a row a tag, the most probable at the top, a column a segment.
public enum TaggramFigure {
    private static let row = 15.0
    /// Columns that are drawn; of longer tracks neighbours are joined by their mean.
    private static let greatestColumns = 2000

    /// - Parameters:
    ///   - name: the stem of the file's name.
    ///   - segments: probabilities, [segments][tags].
    ///   - probabilities: of the whole track, by which the rows are ordered.
    ///   - seconds: of the whole track.
    ///   - rows: tags that are shown at most.
    public static func figure(
        name: String, title: String, tags: [String], segments: [Float], probabilities: [Double], seconds: Double,
        rows: Int = 50
    ) -> Figure {
        precondition(!tags.isEmpty && segments.count % tags.count == 0 && !segments.isEmpty, "[segments][tags]")
        let count = segments.count / tags.count
        let shown = Array(
            tags.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }.prefix(max(rows, 1)))
        let names = shown.map { TextMetrics.width(tags[$0], size: 11) }.max() ?? 0
        let width = 640.0
        let plot = Frame(
            x: 16 + names, y: 34, width: width - names - 16 - 60, height: row * Double(shown.count))
        var drawing = Drawing()
        drawing.title(title, width: width - 16)

        let columns = min(count, greatestColumns)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(columns * shown.count)
        for tag in shown {
            for column in 0..<columns {
                let part = column * count / columns..<max((column + 1) * count / columns, column * count / columns + 1)
                let sum = part.reduce(0) { $0 + Double(segments[$1 * tags.count + tag]) }
                pixels.append(ColourMap.index(of: sum / Double(part.count)))
            }
        }
        drawing.image(
            PNGImage(width: columns, height: shown.count, palette: ColourMap.viridis.colours, pixels: pixels).data,
            in: plot)
        drawing.rectangle(plot, .stroked(.frame))
        for (place, tag) in shown.enumerated() {
            let y = plot.y + (Double(place) + 0.5) * row + 4
            drawing.text(tags[tag], at: Point(plot.x - 6, y), TextStyle(size: 11, anchor: .end))
            drawing.text(percent(probabilities[tag]), at: Point(plot.right + 6, y), TextStyle(size: 11, colour: .muted))
        }
        let ticks = Ticks(0...max(seconds, 1e-3), count: 6)
        for value in ticks.values {
            let x = plot.x + value / max(seconds, 1e-3) * plot.width
            drawing.line([Point(x, plot.bottom), Point(x, plot.bottom + 4)], .stroked(.frame))
            drawing.text(
                ticks.label(value), at: Point(x, plot.bottom + 16),
                TextStyle(size: 11, colour: .muted, anchor: .middle))
        }
        drawing.text(
            "time (s)", at: Point(plot.centre.x, plot.bottom + 32),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
        let key = Frame(x: plot.x, y: plot.bottom + 44, width: plot.width, height: 7)
        drawing.image(
            PNGImage(width: 256, height: 1, palette: ColourMap.viridis.colours, pixels: (0...255).map { $0 }).data,
            in: key)
        let style = TextStyle(size: 10, colour: .muted)
        drawing.text("0%", at: Point(key.x, key.bottom + 10), style)
        drawing.text(
            "probability 100%", at: Point(key.right, key.bottom + 10),
            TextStyle(size: 10, colour: .muted, anchor: .end))
        let first = shown.prefix(3).map { "\(tags[$0]) \(percent(probabilities[$0]))" }.joined(separator: ", ")
        return Figure(
            name: name, title: title,
            summary:
                "Probabilities of \(counted(shown.count, "tag")) over \(counted(count, "segment")); the most probable: "
                + "\(first).",
            width: width, height: key.bottom + 20, drawing: drawing)
    }
}

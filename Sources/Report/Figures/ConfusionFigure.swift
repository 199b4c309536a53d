import Evaluation

/// A confusion matrix: a row a true genre, a column a predicted one.
public enum ConfusionFigure {
    /// Of more, no cell could be read.
    static let greatestGenres = 60

    /// Of segments and of tracks; none where the genres are too many.
    public static func figures(of scores: Scores) -> [Figure] {
        guard scores.genres.count <= greatestGenres else { return [] }
        return [
            figure(genres: scores.genres, counts: scores.confusion, unit: "segments"),
            figure(genres: scores.genres, counts: scores.trackConfusion, unit: "tracks"),
        ]
    }

    /// - Parameters:
    ///   - counts: [true genre][predicted genre].
    ///   - unit: what is counted: "segments", "tracks".
    ///   - title, name: of the figure and its file; by default after the unit.
    public static func figure(
        genres: [String], counts: [[Int]], unit: String, title: String? = nil, name: String? = nil
    ) -> Figure {
        let names = genres.map { TextMetrics.fitted($0, width: greatestName, size: 11) }
        let longest = max(30, names.map { TextMetrics.width($0, size: 11) }.max() ?? 0)
        let cell = Point(cellWidth(greatest: counts.joined().max() ?? 0), cellHeight)
        let matrix = Frame(
            x: longest + 28,
            // Below the title and the axis's; names of columns are slanted.
            y: 52 + (longest + 11) * 0.71, width: cell.x * Double(genres.count), height: cell.y * Double(genres.count))

        var drawing = Drawing()
        drawing.text(
            TextMetrics.fitted(title ?? "Confusions (\(unit))", width: 420, size: 13, bold: true), at: Point(8, 20),
            TextStyle(size: 13, bold: true))
        for (row, values) in counts.enumerated() {
            let total = values.reduce(0, +)
            for (column, value) in values.enumerated() {
                let share = total > 0 ? Double(value) / Double(total) : 0
                let place = Frame(
                    x: matrix.x + Double(column) * cell.x, y: matrix.y + Double(row) * cell.y, width: cell.x,
                    height: cell.y)
                addCell(
                    to: &drawing, place: place, value: value, share: share, isRight: row == column,
                    title: "\(genres[row]) called \(genres[column]): \(value) of \(total) \(unit) (\(percent(share)))")
            }
            drawing.text(
                names[row], at: Point(matrix.x - 6, matrix.y + (Double(row) + 0.5) * cell.y + 4),
                TextStyle(size: 11, anchor: .end))
            drawing.text(
                names[row], at: Point(matrix.x + (Double(row) + 0.5) * cell.x - 2, matrix.y - 6),
                TextStyle(size: 11, rotation: -45))
        }
        drawing.text(
            "true genre", at: Point(13, matrix.centre.y),
            TextStyle(size: 11, colour: .muted, anchor: .middle, rotation: -90))
        drawing.text(
            "predicted genre", at: Point(matrix.centre.x, 42),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
        addKey(to: &drawing, below: matrix)
        let right = genres.indices.reduce(0) { $0 + counts[$1][$1] }
        return Figure(
            name: name ?? "confusion-\(unit)", title: "Confusion matrix of \(unit)",
            summary: "A table of colours: true genres down, predicted genres across; each cell holds the number of "
                + "\(unit) and its share of the row. \(right) of \(counts.joined().reduce(0, +)) lie on the diagonal.",
            // Few genres need less room than title, key and slanted names.
            width: max(matrix.right, drawing.textFrames.map(\.right).max() ?? 0) + 8, height: matrix.bottom + 48,
            drawing: drawing)
    }

    /// Longer names are shortened.
    private static let greatestName = 110.0
    private static let cellHeight = 35.0

    /// The greatest count, bold, keeps clear of its cell's edges.
    private static func cellWidth(greatest count: Int) -> Double {
        max(cellHeight, TextMetrics.width(String(count), size: countSize, bold: true) + 8)
    }

    private static let countSize = 11.5

    private static func addCell(
        to drawing: inout Drawing, place: Frame, value: Int, share: Double, isRight: Bool, title: String
    ) {
        var cell = Drawing()
        let level = Colour.heatLevel(share)
        cell.rectangle(
            Frame(x: place.x + 0.75, y: place.y + 0.75, width: place.width - 1.5, height: place.height - 1.5),
            radius: 2, .filled(.heat(level)))
        if isRight {
            cell.rectangle(
                Frame(x: place.x + 1.25, y: place.y + 1.25, width: place.width - 2.5, height: place.height - 2.5),
                radius: 2, .stroked(.ink, width: 1.2))
        }
        if value == 0 {
            cell.text(
                "0", at: Point(place.centre.x, place.centre.y + 4),
                TextStyle(size: 10, colour: .onHeat(0), anchor: .middle))
        } else {
            cell.text(
                String(value), at: Point(place.centre.x, place.centre.y - 0.5),
                TextStyle(size: countSize, colour: .onHeat(level), anchor: .middle, bold: isRight))
            cell.text(
                decimal(share * 100, places: share < 0.0995 ? 1 : 0) + "%",
                at: Point(place.centre.x, place.centre.y + 11.5),
                TextStyle(size: 10, colour: .onHeat(level), anchor: .middle))
        }
        drawing.add(cell, title: title)
    }

    private static func addKey(to drawing: inout Drawing, below matrix: Frame) {
        let width = min(max(matrix.width, 120), 160)
        let x = matrix.x + max(matrix.width - width - 60, 0) / 2
        let y = matrix.bottom + 12
        let step = width / Double(Palette.heatLevels + 1)
        for level in 0...Palette.heatLevels {
            drawing.rectangle(
                Frame(x: x + Double(level) * step, y: y, width: step, height: 9), .filled(.heat(level)))
        }
        let style = TextStyle(size: 10, colour: .muted, anchor: .middle)
        for share in [0, 0.5, 1] {
            drawing.text("\(Int(share * 100)) %", at: Point(x + step / 2 + share * (width - step), y + 21), style)
        }
        drawing.text("of the row", at: Point(x + width + 22, y + 8), TextStyle(size: 10, colour: .muted))
    }
}

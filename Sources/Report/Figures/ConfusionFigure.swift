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
        let count = genres.count
        let cell = 35.0
        let longest = genres.map { TextMetrics.width($0, size: 11) }.max() ?? 0
        let left = min(max(longest, 30), 110) + 26
        // Names of columns are slanted.
        let top = 30 + min(max(longest, 30), 110) * 0.72 + 20
        let matrix = Frame(x: left, y: top, width: cell * Double(count), height: cell * Double(count))
        let last = min(TextMetrics.width(genres.last ?? "", size: 11), 110)
        let width = matrix.right + max(8, last * 0.71 - cell / 2 + 6)
        let height = matrix.bottom + 48

        var drawing = Drawing()
        drawing.text(title ?? "Confusions (\(unit))", at: Point(8, 20), TextStyle(size: 13, bold: true))
        for (row, values) in counts.enumerated() {
            let total = values.reduce(0, +)
            for (column, value) in values.enumerated() {
                let share = total > 0 ? Double(value) / Double(total) : 0
                let place = Frame(
                    x: matrix.x + Double(column) * cell, y: matrix.y + Double(row) * cell, width: cell, height: cell)
                addCell(
                    to: &drawing, place: place, value: value, share: share, isRight: row == column,
                    title: "\(genres[row]) called \(genres[column]): \(value) of \(total) \(unit) (\(percent(share)))")
            }
            let name = TextMetrics.fitted(genres[row], width: 110, size: 11)
            drawing.text(
                name, at: Point(matrix.x - 6, matrix.y + (Double(row) + 0.5) * cell + 4),
                TextStyle(size: 11, anchor: .end))
            drawing.text(
                TextMetrics.fitted(genres[row], width: 110, size: 11),
                at: Point(matrix.x + (Double(row) + 0.5) * cell - 2, matrix.y - 6),
                TextStyle(size: 11, rotation: -45))
        }
        drawing.text(
            "true genre", at: Point(13, matrix.centre.y),
            TextStyle(size: 11, colour: .muted, anchor: .middle, rotation: -90))
        drawing.text(
            "predicted genre", at: Point(matrix.centre.x, 40),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
        addKey(to: &drawing, below: matrix)
        let right = genres.indices.reduce(0) { $0 + counts[$1][$1] }
        return Figure(
            name: name ?? "confusion-\(unit)", title: "Confusion matrix of \(unit)",
            summary: "A table of colours: true genres down, predicted genres across; each cell holds the number of "
                + "\(unit) and its share of the row. \(right) of \(counts.joined().reduce(0, +)) lie on the diagonal.",
            width: width, height: height, drawing: drawing)
    }

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
            let digits = String(value)
            cell.text(
                digits, at: Point(place.centre.x, place.centre.y - 0.5),
                TextStyle(size: digits.count > 4 ? 9 : 11.5, colour: .onHeat(level), anchor: .middle, bold: isRight))
            cell.text(
                decimal(share * 100, places: share < 0.0995 ? 1 : 0) + "%",
                at: Point(place.centre.x, place.centre.y + 11.5),
                TextStyle(size: 9, colour: .onHeat(level), anchor: .middle))
        }
        drawing.add(cell, title: title)
    }

    private static func addKey(to drawing: inout Drawing, below matrix: Frame) {
        let width = min(matrix.width, 160)
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

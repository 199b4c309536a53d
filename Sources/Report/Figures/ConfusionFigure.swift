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
        let longest = max(24, names.map { TextMetrics.width($0, size: 11) }.max() ?? 0)
        let matrix = Frame(
            x: longest + 28,
            // Below the title and the axis's; names of columns stand upright.
            y: 50 + longest, width: cell * Double(genres.count), height: cell * Double(genres.count))

        var drawing = Drawing()
        drawing.title(title ?? "Confusion matrix (\(unit))", width: max(matrix.right, 340) - 16)
        for (row, values) in counts.enumerated() {
            let total = values.reduce(0, +)
            for (column, value) in values.enumerated() {
                let share = total > 0 ? Double(value) / Double(total) : 0
                let place = Frame(
                    x: matrix.x + Double(column) * cell, y: matrix.y + Double(row) * cell, width: cell, height: cell)
                addCell(
                    to: &drawing, place: place, share: share, isCorrect: row == column,
                    title:
                        "\(genres[row]) classified as \(genres[column]): \(grouped(value)) of \(grouped(total)) \(unit) "
                        + "(\(percent(share)))")
            }
            drawing.text(
                names[row], at: Point(matrix.x - 5, matrix.y + (Double(row) + 0.5) * cell + 4),
                TextStyle(size: 11, anchor: .end))
            drawing.text(
                names[row], at: Point(matrix.x + (Double(row) + 0.5) * cell + 4, matrix.y - 5),
                TextStyle(size: 11, rotation: -90))
        }
        drawing.text(
            "true genre", at: Point(13, matrix.centre.y),
            TextStyle(size: 11, colour: .muted, anchor: .middle, rotation: -90))
        drawing.text(
            "predicted genre", at: Point(matrix.x, 40), TextStyle(size: 11, colour: .muted))
        addKey(to: &drawing, below: matrix)
        let correct = genres.indices.reduce(0) { $0 + counts[$1][$1] }
        return Figure(
            name: name ?? "confusion-\(unit)",
            title: title.map { "\($0): confusion matrix of \(unit)" } ?? "Confusion matrix of \(unit)",
            summary:
                "A table of colours: true genres down, predicted genres across; each cell holds its percentage of the "
                + "true genre's \(unit). \(correct) of \(counts.joined().reduce(0, +)) lie on the diagonal.",
            // Few genres need less room than title and key.
            width: max(matrix.right, drawing.textFrames.map(\.right).max() ?? 0) + 8, height: matrix.bottom + 54,
            drawing: drawing)
    }

    /// Longer names are shortened.
    private static let greatestName = 110.0
    /// Ten of them and the names fit a phone's screen.
    private static let cell = 26.0

    /// Percent of the row; nothing for nothing. The count shows where the pointer rests.
    private static func addCell(
        to drawing: inout Drawing, place: Frame, share: Double, isCorrect: Bool, title: String
    ) {
        var cell = Drawing()
        let level = Colour.heatLevel(share)
        cell.rectangle(
            Frame(x: place.x + 0.5, y: place.y + 0.5, width: place.width - 1, height: place.height - 1), radius: 2,
            .filled(.heat(level)))
        if isCorrect {
            cell.rectangle(
                Frame(x: place.x + 1, y: place.y + 1, width: place.width - 2, height: place.height - 2), radius: 2,
                .stroked(share > 0 ? .ink : .frame, width: share > 0 ? 1.2 : 1))
        }
        if share > 0 {
            cell.text(
                share < 0.005 ? "<1" : decimal(share * 100, places: 0), at: Point(place.centre.x, place.centre.y + 3.8),
                TextStyle(size: 10.5, colour: .onHeat(level), anchor: .middle, bold: isCorrect))
        }
        drawing.add(cell, title: title)
    }

    /// The shades with the share at which each ends.
    private static func addKey(to drawing: inout Drawing, below matrix: Frame) {
        let step = 17.0
        let x = max(matrix.right - step * Double(Palette.heatLevels) - 2, 24)
        let y = matrix.bottom + 12
        for level in 1...Palette.heatLevels {
            drawing.rectangle(
                Frame(x: x + Double(level - 1) * step, y: y, width: step, height: 9), .filled(.heat(level)))
        }
        for level in [1, 3, 5, 7, 10] {
            drawing.text(
                "\(level * level)", at: Point(x + Double(level) * step, y + 21),
                TextStyle(size: 10, colour: .muted, anchor: .end))
        }
        drawing.text(
            "% of the true genre, up to", at: Point(x + step * Double(Palette.heatLevels), y + 34),
            TextStyle(size: 10, colour: .muted, anchor: .end))
    }
}

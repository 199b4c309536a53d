/// Values as dots with their intervals as whiskers, a row each, on one scale of percent; marks of other values beside them.
struct IntervalChart {
    struct Dot {
        /// Percent.
        var value: Double
        /// Percent; nil where there is no interval.
        var interval: ClosedRange<Double>?
        /// Index into ``IntervalChart/kinds``.
        var kind: Int
    }

    struct Row {
        var name: String
        var dots: [Dot]
        /// Values by others, in percent, as rings of ``IntervalChart/markKind``.
        var marks: [Double] = []
    }

    /// Rows under a head.
    struct Group {
        var name: String
        var rows: [Row]
    }

    var title: String
    var horizontalTitle: String
    var groups: [Group]
    /// Of the dots, in the order of their colours; none needs a legend.
    var kinds: [String]
    /// What the marks are; nil for none.
    var markKind: String?

    private static let width = 364.0
    private static let greatestName = 150.0
    private static let lane = 13.0

    func figure(name: String, summary: String) -> Figure {
        var drawing = Drawing()
        drawing.title(title, width: Self.width - 16)
        let names = groups.flatMap { $0.rows.map(\.name) }
        let left =
            16 + min(max(names.map { TextMetrics.width($0, size: 11) }.max() ?? 0, 30), Self.greatestName)
        var y = addLegend(to: &drawing, top: 26) + 4
        let top = y
        let scale = LinearScale(range, to: left, Self.width - 14)
        var body = Drawing()
        for group in groups {
            if !group.name.isEmpty {
                body.text(group.name, at: Point(8, y + 13), TextStyle(size: 11, colour: .muted, bold: true))
                y += 18
            }
            for row in group.rows {
                let height = Self.lane * Double(max(row.dots.count, 1)) + 7
                add(row, to: &body, y: y, height: height, left: left, scale: scale)
                y += height
            }
            y += 4
        }
        addAxis(to: &drawing, from: top, to: y, left: left, scale: scale)
        drawing.add(body)
        return Figure(
            name: name, title: title, summary: summary, width: Self.width, height: y + 44, drawing: drawing)
    }

    /// Round ends about everything that is drawn, within 0 to 100.
    private var range: ClosedRange<Double> {
        let values = groups.flatMap(\.rows).flatMap { row in
            row.marks
                + row.dots.flatMap { [$0.value, $0.interval?.lowerBound, $0.interval?.upperBound].compactMap { $0 } }
        }.filter(\.isFinite).map { min(max($0, 0), 100) }
        guard let least = values.min(), let greatest = values.max() else { return 0...100 }
        let step = greatest - least > 25 ? 10.0 : greatest - least > 8 ? 5.0 : 2.0
        let low = max(((least - step * 0.1) / step).rounded(.down) * step, 0)
        let high = min(((greatest + step * 0.1) / step).rounded(.up) * step, 100)
        return low...max(high, low + step)
    }

    private func addLegend(to drawing: inout Drawing, top: Double) -> Double {
        var x = 8.0
        var y = top
        func room(for words: String) {
            let needed = 24 + TextMetrics.width(words, size: 11)
            if x > 8, x + needed > Self.width - 8 { (x, y) = (8, y + 17) }
        }
        for (index, words) in kinds.enumerated() where !words.isEmpty {
            room(for: words)
            drawing.line([Point(x, y + 8), Point(x + 18, y + 8)], .stroked(.series(index), width: 1.6))
            drawing.circle(Point(x + 9, y + 8), radius: 3.6, .filled(.series(index)))
            drawing.text(words, at: Point(x + 23, y + 12), TextStyle(size: 11))
            x += 24 + TextMetrics.width(words, size: 11) + 12
        }
        if let markKind {
            room(for: markKind)
            addMark(to: &drawing, at: Point(x + 9, y + 8))
            drawing.text(markKind, at: Point(x + 23, y + 12), TextStyle(size: 11))
        }
        return y + 17
    }

    private func addMark(to drawing: inout Drawing, at place: Point) {
        let side = 4.6
        drawing.line(
            [
                Point(place.x, place.y - side), Point(place.x + side, place.y), Point(place.x, place.y + side),
                Point(place.x - side, place.y),
            ], closed: true, Style(fill: .surface, stroke: .series(1), strokeWidth: 1.6))
    }

    private func addAxis(
        to drawing: inout Drawing, from top: Double, to bottom: Double, left: Double, scale: LinearScale
    ) {
        let ticks = Ticks(scale.domain, count: 5)
        for value in ticks.values {
            let x = scale(value)
            drawing.line([Point(x, top), Point(x, bottom)], .stroked(.grid))
            drawing.text(
                ticks.label(value), at: Point(x, bottom + 16), TextStyle(size: 11, colour: .muted, anchor: .middle))
        }
        drawing.line([Point(left, bottom), Point(Self.width - 14, bottom)], .stroked(.frame))
        drawing.text(
            horizontalTitle, at: Point((left + Self.width - 14) / 2, bottom + 34),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
    }

    private func add(
        _ row: Row, to drawing: inout Drawing, y: Double, height: Double, left: Double, scale: LinearScale
    ) {
        func place(_ value: Double) -> Double {
            scale(min(max(value, scale.domain.lowerBound), scale.domain.upperBound))
        }
        drawing.text(
            TextMetrics.fitted(row.name, width: Self.greatestName, size: 11), at: Point(left - 8, y + height / 2 + 4),
            TextStyle(size: 11, anchor: .end))
        for (index, dot) in row.dots.enumerated() where dot.value.isFinite {
            let middle = y + 3.5 + (Double(index) + 0.5) * Self.lane
            let colour = Colour.series(dot.kind)
            var marks = Drawing()
            if let interval = dot.interval {
                let (low, high) = (place(interval.lowerBound), place(interval.upperBound))
                marks.line([Point(low, middle), Point(high, middle)], .stroked(colour, width: 1.6))
                for end in [low, high] {
                    marks.line([Point(end, middle - 3.5), Point(end, middle + 3.5)], .stroked(colour, width: 1.6))
                }
            }
            marks.circle(Point(place(dot.value), middle), radius: 3.6, .filled(colour))
            let kind = kinds.indices.contains(dot.kind) && !kinds[dot.kind].isEmpty ? ", \(kinds[dot.kind])" : ""
            let interval = dot.interval.map {
                " (95% CI \(decimal($0.lowerBound, places: 1))% to \(decimal($0.upperBound, places: 1))%)"
            }
            drawing.add(marks, title: "\(row.name)\(kind): \(decimal(dot.value, places: 1))%\(interval ?? "")")
        }
        for value in row.marks where value.isFinite {
            var mark = Drawing()
            addMark(to: &mark, at: Point(place(value), y + height / 2))
            drawing.add(mark, title: "\(row.name), \(markKind ?? "other"): \(decimal(value, places: 2))%")
        }
    }
}

/// Lines over one horizontal axis, with grid, ticks, titles of the axes and a legend.
struct LineChart {
    struct Series {
        var name: String
        var points: [Point]
        var colour: Colour
        var width = 1.8
        var dashes: [Double] = []
        /// How far the values spread to both sides of each point, drawn as a band; empty for none.
        var spread: [Double] = []
    }

    var title: String
    /// With its unit.
    var horizontalTitle: String
    /// With its unit.
    var verticalTitle: String
    var series: [Series]
    /// Values that the vertical axis covers; its ends are moved out to ticks.
    var values: ClosedRange<Double>
    /// The vertical ticks' unit, put after each number.
    var unit = ""
    /// The unit of values that are told where the pointer rests.
    var hoverUnit = ""
    /// A horizontal place to point out, and what it is.
    var marker: (x: Double, words: String)?
    /// Room for so many lines of the legend at least, so that the plots of charts side by side are alike.
    var legendLines = 1

    private static let left = 50.0
    private static let right = 12.0
    private static let legendLine = 17.0

    /// The chart in a picture of that size, in CSS pixels.
    func drawing(width: Double, height: Double) -> Drawing {
        var drawing = Drawing()
        drawing.title(title, width: width - 16)
        let legendBottom = addLegend(to: &drawing, width: width, top: 26)
        let plot = Frame(
            x: Self.left, y: legendBottom + 10, width: width - Self.left - Self.right,
            height: height - legendBottom - 10 - 42)

        let ticks = Self.verticalTicks(values, plot: plot)
        let low = (values.lowerBound / ticks.step + 1e-9).rounded(.down) * ticks.step
        let high = (values.upperBound / ticks.step - 1e-9).rounded(.up) * ticks.step
        let vertical = LinearScale(low...max(low, high), to: plot.bottom, plot.y)
        addVerticalAxis(to: &drawing, plot: plot, scale: vertical)

        let all = series.flatMap(\.points).map(\.x)
        let horizontal = LinearScale((all.min() ?? 0)...(all.max() ?? 1), to: plot.x + 6, plot.right - 6)
        addHorizontalAxis(to: &drawing, plot: plot, scale: horizontal)

        for line in series { add(line, to: &drawing, horizontal: horizontal, vertical: vertical, plot: plot) }
        if let marker { add(marker, to: &drawing, horizontal: horizontal, plot: plot) }
        // What the axis leaves out is said.
        if let greatest = series.flatMap(\.points).max(by: { $0.y < $1.y }), greatest.y > vertical.domain.upperBound {
            let x = horizontal(greatest.x)
            let isNearEnd = x > plot.centre.x
            drawing.text(
                "↑ " + decimal(greatest.y, places: 1), at: Point(x + (isNearEnd ? -7 : 7), plot.y + 10),
                TextStyle(size: 11, colour: .muted, anchor: isNearEnd ? .end : .start))
        }
        addHover(to: &drawing, horizontal: horizontal, plot: plot)
        return drawing
    }

    /// A line over the plot's height, its words at the side that has more room.
    private func add(
        _ marker: (x: Double, words: String), to drawing: inout Drawing, horizontal: LinearScale, plot: Frame
    ) {
        let x = horizontal(marker.x)
        guard x >= plot.x, x <= plot.right else { return }
        drawing.line([Point(x, plot.y), Point(x, plot.bottom)], .stroked(.muted, width: 1, dashes: [2, 3]))
        let isRight = x > plot.centre.x
        drawing.text(
            marker.words, at: Point(x + (isRight ? -5 : 5), plot.bottom - 6),
            TextStyle(size: 11, colour: .muted, anchor: isRight ? .end : .start))
    }

    /// No pointer tells more places apart.
    private static let mostHovers = 400

    /// Over each place of the horizontal axis a strip that tells the values there.
    private func addHover(to drawing: inout Drawing, horizontal: LinearScale, plot: Frame) {
        let places = Set(series.flatMap { $0.points.map(\.x) }).sorted()
        guard places.count > 1 else { return }
        var words: [Double: [String]] = [:]
        for line in series {
            for (index, point) in line.points.enumerated() {
                let spread =
                    index < line.spread.count
                    ? " ± " + decimal(line.spread[index], places: self.places(of: point.y)) : ""
                words[point.x, default: []].append(
                    "\(line.name) \(decimal(point.y, places: self.places(of: point.y)))\(spread)\(hoverUnit)")
            }
        }
        let every = (places.count - 1) / Self.mostHovers + 1
        for index in stride(from: 0, to: places.count, by: every) {
            let x = horizontal(places[index])
            let left = index >= every ? (horizontal(places[index - every]) + x) / 2 : plot.x
            let right = index + every < places.count ? (horizontal(places[index + every]) + x) / 2 : plot.right
            drawing.hover(
                Frame(x: left, y: plot.y, width: max(right - left, 0), height: plot.height),
                "\(horizontalTitle) \(decimal(places[index], places: 0)): "
                    + (words[places[index]] ?? []).joined(separator: "; "))
        }
    }

    private func places(of value: Double) -> Int { hoverUnit == "%" ? 1 : abs(value) < 10 ? 3 : 1 }

    private func addLegend(to drawing: inout Drawing, width: Double, top: Double) -> Double {
        var x = Self.left
        var y = top + Self.legendLine / 2
        for line in series {
            let name = TextMetrics.fitted(line.name, width: width - Self.left - 40, size: 11)
            let needed = 24 + TextMetrics.width(name, size: 11) + 14
            if x > Self.left, x + needed > width { (x, y) = (Self.left, y + Self.legendLine) }
            drawing.line([Point(x, y), Point(x + 18, y)], stroke(of: line, width: max(line.width, 1.3)))
            drawing.text(name, at: Point(x + 24, y + 4), TextStyle(size: 11))
            x += needed
        }
        let bottom = max(y, top + Self.legendLine * (Double(legendLines) - 0.5)) + Self.legendLine / 2
        return series.isEmpty ? top : bottom
    }

    private func stroke(of line: Series, width: Double) -> Style {
        Style(stroke: line.colour, strokeWidth: width, dashes: line.dashes)
    }

    private static func verticalTicks(_ values: ClosedRange<Double>, plot: Frame) -> Ticks {
        Ticks(values, count: max(2, Int(plot.height / 30)))
    }

    private func addVerticalAxis(to drawing: inout Drawing, plot: Frame, scale: LinearScale) {
        let ticks = Self.verticalTicks(scale.domain, plot: plot)
        for value in ticks.values {
            let y = scale(value)
            drawing.line([Point(plot.x, y), Point(plot.right, y)], .stroked(.grid))
            drawing.text(
                ticks.label(value) + unit, at: Point(plot.x - 6, y + 4),
                TextStyle(size: 11, colour: .muted, anchor: .end))
        }
        drawing.text(
            verticalTitle, at: Point(13, plot.centre.y),
            TextStyle(size: 11, colour: .muted, anchor: .middle, rotation: -90))
    }

    private func addHorizontalAxis(to drawing: inout Drawing, plot: Frame, scale: LinearScale) {
        drawing.line([Point(plot.x, plot.bottom), Point(plot.right, plot.bottom)], .stroked(.frame))
        let ticks = Ticks(scale.domain, count: max(2, Int(plot.width / 52)), whole: true)
        for value in ticks.values {
            let x = scale(value)
            drawing.line([Point(x, plot.bottom), Point(x, plot.bottom + 4)], .stroked(.frame))
            drawing.text(
                ticks.label(value), at: Point(x, plot.bottom + 17),
                TextStyle(size: 11, colour: .muted, anchor: .middle))
        }
        drawing.text(
            horizontalTitle, at: Point(plot.centre.x, plot.bottom + 34),
            TextStyle(size: 11, colour: .muted, anchor: .middle))
    }

    private func add(
        _ line: Series, to drawing: inout Drawing, horizontal: LinearScale, vertical: LinearScale, plot: Frame
    ) {
        func place(_ x: Double, _ y: Double) -> Point {
            Point(horizontal(x), min(max(vertical(y), plot.y), plot.bottom))
        }
        if !line.spread.isEmpty {
            let spread = zip(line.points, line.spread)
            let upper = spread.map { place($0.x, $0.y + $1) }
            let lower = spread.map { place($0.x, $0.y - $1) }
            drawing.line(upper + lower.reversed(), closed: true, .filled(line.colour, opacity: 0.18))
        }
        let places = line.points.map { place($0.x, $0.y) }
        drawing.line(places, stroke(of: line, width: line.width))
        // Lines of few points show them.
        if series.allSatisfy({ $0.points.count <= 12 }) {
            for point in places { drawing.circle(point, radius: min(line.width, 2.4) + 0.6, .filled(line.colour)) }
        }
    }
}

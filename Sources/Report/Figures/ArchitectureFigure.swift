import NeuralNetwork

/// A net as a drawing, read from its plan: towers side by side, what follows below them, where the net is made of these;
/// any other as its layers in a column, indented as its branches are.
///
/// Beside each tower's convolution stand its input map and its kernel, both to one scale for the whole net.
public enum ArchitectureFigure {
    private static let towerWidth = 196.0
    private static let gap = 12.0
    private static let margin = 8.0
    private static let blockHeight = 76.0
    private static let stageHeight = 44.0
    private static let arrow = 16.0
    /// The side of the input's glyph.
    private static let glyph = 52.0

    /// - Parameter name: the stem of the file's name.
    public static func figure(of plan: NetworkPlan, name: String = "architecture") -> Figure {
        guard let net = TowerNet(plan) else { return LayerColumn.figure(of: plan, name: name) }
        var drawing = Drawing()
        let columns = max(net.towers.count, 1)
        let width = max(2 * margin + Double(columns) * (towerWidth + gap) - gap, 340)
        let centre = width / 2
        drawing.title(plan.blueprint.name, width: width / 2)
        drawing.heading(
            "\(grouped(plan.parameterCount)) parameters", at: Point(width - margin, 20),
            TextStyle(size: 11, colour: .muted, anchor: .end))

        var y = 32.0
        let input = plan.blueprint.input
        addStage(
            to: &drawing, y: y, centre: centre, title: "input: one segment",
            detail: "\(input.mels) mel bands × \(input.frames) frames, one channel")
        y += stageHeight
        if !net.towers.isEmpty { y = addTowers(of: net, plan, to: &drawing, from: y, centre: centre, width: width) }
        var count = net.towers.compactMap { $0.blocks.last?.output.shape.count }.reduce(0, +)
        if count == 0 { count = input.area }

        if let recurrent = net.recurrent {
            addArrow(to: &drawing, from: Point(centre, y), to: Point(centre, y + arrow))
            y += arrow
            addStage(
                to: &drawing, y: y, centre: centre, title: title(of: recurrent), detail: detail(of: recurrent),
                accent: .series(3))
            y += stageHeight
        }
        for (index, stage) in net.dense.enumerated() {
            addArrow(to: &drawing, from: Point(centre, y), to: Point(centre, y + arrow))
            y += arrow
            let isLast = index == net.dense.count - 1
            let inputs = stage.segments.reduce(0) { $0 + $1.shape.count }
            let parts =
                ["\(grouped(inputs)) → \(grouped(stage.units.count))", activation(stage.slope)]
                + [stage.dropout > 0 ? "dropout \(stage.dropout)" : nil, isLast ? "softmax" : nil]
            addStage(
                to: &drawing, y: y, centre: centre,
                title: isLast ? "dense, \(stage.units.count) genres" : "dense, \(grouped(stage.units.count)) units",
                detail: parts.compactMap { $0 }.joined(separator: " · "), accent: .series(2))
            y += stageHeight
        }
        y += 20
        if !net.towers.isEmpty {
            for words in ["squares: a convolution's input map (mel up, time", "right) and its kernel, to scale"] {
                drawing.text(words, at: Point(centre, y), TextStyle(size: 10.5, colour: .muted, anchor: .middle))
                y += 14
            }
        }
        return Figure(
            name: name, title: "The net \(plan.blueprint.name)", summary: words(for: net), width: width,
            height: y + 10, drawing: drawing)
    }

    // MARK: - Towers

    /// - Returns: the lower edge of what joins the towers.
    private static func addTowers(
        of net: TowerNet, _ plan: NetworkPlan, to drawing: inout Drawing, from top: Double, centre: Double,
        width: Double
    ) -> Double {
        let total = Double(net.towers.count) * (towerWidth + gap) - gap
        var bottom = top
        var ends: [Double] = []
        for (index, tower) in net.towers.enumerated() {
            let x = (width - total) / 2 + Double(index) * (towerWidth + gap)
            let middle = x + towerWidth / 2
            addElbow(to: &drawing, from: Point(centre, top), to: Point(middle, top + 24))
            var y = top + 24
            drawing.text(
                TextMetrics.fitted("\(tower.name) tower", width: towerWidth / 2 - 5, size: 10.5),
                at: Point(x + 1, y - 5), TextStyle(size: 10.5, colour: .muted))
            for (place, block) in tower.blocks.enumerated() {
                if place > 0 {
                    addArrow(to: &drawing, from: Point(middle, y), to: Point(middle, y + arrow))
                    y += arrow
                }
                addBlock(
                    block, to: &drawing, frame: Frame(x: x, y: y, width: towerWidth, height: blockHeight), plan: plan)
                y += blockHeight
            }
            ends.append(middle)
            bottom = max(bottom, y)
        }
        guard ends.count > 1 else { return bottom }
        let joint = bottom + 26
        for middle in ends {
            drawing.line(
                [Point(middle, bottom), Point(middle, bottom + 12), Point(centre, bottom + 12), Point(centre, joint)],
                .stroked(.frame, width: 1.2))
        }
        let features = net.towers.compactMap { $0.blocks.last?.output.shape.count }.reduce(0, +)
        let words = net.recurrent == nil ? "joined: \(grouped(features)) features" : "joined"
        drawing.text(words, at: Point(centre + 8, bottom + 24), TextStyle(size: 10.5, colour: .muted))
        return joint
    }

    private static func addBlock(
        _ block: BlockStage, to drawing: inout Drawing, frame: Frame, plan: NetworkPlan
    ) {
        drawing.rectangle(frame, radius: 5, Style(fill: .panel, stroke: .frame))
        let input = plan.blueprint.input
        let unit = glyph / Double(max(input.mels, input.frames))
        let map = block.input.shape.extent
        let size = Frame(x: 0, y: 0, width: Double(map.frames) * unit, height: Double(map.mels) * unit)
        let centre = Point(frame.x + 8 + glyph / 2, frame.centre.y)
        let place = Frame(
            x: centre.x - size.width / 2, y: centre.y - size.height / 2, width: size.width, height: size.height)
        drawing.rectangle(place, .stroked(.frame))
        let kernel = Frame(
            x: place.x, y: place.bottom - min(Double(block.kernel.mels) * unit, place.height),
            width: min(Double(block.kernel.frames) * unit, place.width),
            height: min(Double(block.kernel.mels) * unit, place.height))
        drawing.rectangle(kernel, Style(fill: .series(0), fillOpacity: 0.55, stroke: .series(0)))

        let x = frame.x + 8 + glyph + 10
        drawing.text(
            "conv \(sizes(block.kernel)) → \(grouped(block.channels))", at: Point(x, frame.y + 18),
            TextStyle(size: 12, bold: true))
        let follows = [block.pool.area > 1 ? "max pool \(sizes(block.pool))" : nil, activation(block.slope)]
            .compactMap { $0 }
        for (line, words) in follows.enumerated() {
            drawing.text(words, at: Point(x, frame.y + 34 + 15 * Double(line)), TextStyle(size: 10.5))
        }
        drawing.text(
            "out " + shape(block.output.shape), at: Point(x, frame.y + 66), TextStyle(size: 10.5, colour: .muted))
    }

    // MARK: - Stages

    private static func addStage(
        to drawing: inout Drawing, y: Double, centre: Double, title: String, detail: String, accent: Colour = .frame
    ) {
        let width = 324.0
        let frame = Frame(x: centre - width / 2, y: y, width: width, height: stageHeight)
        drawing.rectangle(frame, radius: 5, Style(fill: .panel, stroke: .frame))
        drawing.rectangle(Frame(x: frame.x, y: frame.y + 5, width: 3, height: frame.height - 10), .filled(accent))
        drawing.text(title, at: Point(centre, y + 18), TextStyle(size: 12, anchor: .middle, bold: true))
        drawing.text(
            TextMetrics.fitted(detail, width: width - 10, size: 10.5), at: Point(centre, y + 34),
            TextStyle(size: 10.5, anchor: .middle))
    }

    private static func title(of stage: RecurrentStage) -> String {
        let settings = stage.settings
        let extras = [
            settings.layers > 1 ? "\(settings.layers) layers" : nil, settings.bidirectional ? "both directions" : nil,
        ].compactMap { $0 }
        return (["\(settings.cell.rawValue.uppercased()), \(settings.hidden) units"] + extras).joined(separator: ", ")
    }

    private static func detail(of stage: RecurrentStage) -> String {
        let inputs = stage.sources.reduce(0) { sum, source in
            let shape = source.features.shape
            return sum + shape.count / (stage.steps == nil ? 1 : shape.extent.frames)
        }
        let sequence =
            stage.steps.map { "over time: \($0) steps of \(grouped(inputs)) features" }
            ?? "across the batch: a step a segment of \(grouped(inputs)) features"
        return sequence + (stage.dropout > 0 ? " · dropout \(stage.dropout)" : "")
    }

    // MARK: - Lines

    private static func addArrow(to drawing: inout Drawing, from start: Point, to end: Point) {
        drawing.line([start, Point(end.x, end.y - 4)], .stroked(.frame, width: 1.2))
        drawing.line(
            [Point(end.x - 4, end.y - 6), end, Point(end.x + 4, end.y - 6)], closed: true, .filled(.frame))
    }

    private static func addElbow(to drawing: inout Drawing, from start: Point, to end: Point) {
        drawing.line([start, Point(start.x, start.y + 8), Point(end.x, start.y + 8)], .stroked(.frame, width: 1.2))
        addArrow(to: &drawing, from: Point(end.x, start.y + 8), to: end)
    }

    // MARK: - Words

    private static func sizes(_ extent: Extent) -> String { "\(extent.mels)×\(extent.frames)" }
    private static func shape(_ shape: FeatureShape) -> String { "\(grouped(shape.channels))×\(sizes(shape.extent))" }

    private static func activation(_ slope: Float) -> String? { Activation.leakyReLU(slope: slope).words }

    private static func words(for net: TowerNet) -> String {
        let towers = net.towers.map { tower in
            "the \(tower.name) tower with "
                + tower.blocks.map { "\(sizes($0.kernel)) to \($0.channels) channels" }.joined(separator: ", ")
        }
        return "Boxes from input to output: " + towers.joined(separator: "; ")
            + (net.recurrent.map { "; \(title(of: $0))" } ?? "")
            + "; dense layers of \(net.dense.map { String($0.units.count) }.joined(separator: " and "))."
    }
}

/// A net of towers, then perhaps a recurrent layer, then dense layers.
struct TowerNet {
    struct Tower {
        let name: String
        var blocks: [BlockStage]
    }

    private(set) var towers: [Tower] = []
    private(set) var recurrent: RecurrentStage?
    private(set) var dense: [DenseStage] = []

    /// Nil for any other net.
    init?(_ plan: NetworkPlan) {
        for stage in plan.stages {
            switch stage {
            case .blocks(let blocks) where recurrent == nil && dense.isEmpty:
                for block in blocks {
                    let name = block.name.split(separator: ".").dropLast().joined(separator: ".")
                    if let index = towers.firstIndex(where: { $0.name == name }) {
                        towers[index].blocks.append(block)
                    } else {
                        towers.append(Tower(name: name, blocks: [block]))
                    }
                }
            case .recurrent(let stage) where recurrent == nil && dense.isEmpty: recurrent = stage
            case .dense(let stage): dense.append(stage)
            case .blocks, .recurrent, .convolution, .norm, .node: return nil
            }
        }
        guard towers.count <= 4, !plan.blueprint.hasWindows else { return nil }
    }
}

/// A net of any shape: what runs together in a row, the rows in a column.
enum LayerColumn {
    private static let rowHeight = 22.0
    private static let margin = 8.0

    static func figure(of plan: NetworkPlan, name: String) -> Figure {
        let rows = plan.rows
        let indents = rows.map { Double($0.name.split(separator: ".").count - 1) * 10 }
        let names = zip(rows, indents).map { TextMetrics.width($0.name, size: 10.5) + $1 }.max() ?? 0
        let words = rows.map { TextMetrics.width(title($0), size: 10.5) }.max() ?? 0
        let shapes = rows.map { TextMetrics.width("→ \($0.output)", size: 10.5) }.max() ?? 0
        let width = max(4 * margin + names + words + shapes + 16, 340)
        var drawing = Drawing()
        drawing.text(
            TextMetrics.fitted(plan.blueprint.name, width: width / 2, size: 13, bold: true), at: Point(margin, 20),
            TextStyle(size: 13, bold: true))
        drawing.text(
            "\(grouped(plan.parameterCount)) parameters", at: Point(width - margin, 20),
            TextStyle(size: 11, colour: .muted, anchor: .end))
        let input = plan.blueprint.input
        var y = 32.0
        let lines =
            [(title: "input: one segment", name: "", indent: 0.0, output: "1x\(input.mels)x\(input.frames)")]
            + zip(rows, indents).map { (title: title($0), name: $0.name, indent: $1, output: $0.output) }
        for line in lines {
            drawing.rectangle(
                Frame(x: margin, y: y, width: width - 2 * margin, height: rowHeight - 3), radius: 4,
                Style(fill: .panel, stroke: .frame))
            drawing.text(
                line.name, at: Point(2 * margin + line.indent, y + 14), TextStyle(size: 10.5, colour: .muted))
            drawing.text(line.title, at: Point(2 * margin + names + 8, y + 14), TextStyle(size: 10.5))
            drawing.text(
                "→ \(line.output)", at: Point(width - 2 * margin, y + 14), TextStyle(size: 10.5, anchor: .end))
            y += rowHeight
        }
        return Figure(
            name: name, title: "The net \(plan.blueprint.name)",
            summary: "The net's layers from input to output: "
                + rows.map { "\($0.name) \(title($0)) to \($0.output)" }.joined(separator: "; ") + ".",
            width: width, height: y + 10, drawing: drawing)
    }

    private static func title(_ row: LayerRow) -> String { row.words.isEmpty ? "dense" : row.words }
}

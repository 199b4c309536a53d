import Foundation
import Training

/// How a training went, epoch by epoch.
public enum Curves {
    /// So that a phone's screen shows all of it in letters that can be read.
    private static let width = 364.0
    private static let height = 280.0

    /// Accuracies on segments and tracks in training and on the validation tracks.
    ///
    /// - Parameter best: the best epoch, which is marked; nil for none.
    public static func accuracy(_ epochs: [EpochRecord], best: EpochRecord? = nil) -> Figure {
        accuracy(of: [epochs], title: "Accuracy", name: "accuracy", best: best)
    }

    /// The same of several runs of one kind: their means, with bands of a standard deviation to both sides.
    ///
    /// - Parameter range: percent that the vertical axis covers, for charts that are to be compared; nil for as much as
    ///   the lines need.
    public static func accuracy(
        of runs: [[EpochRecord]], title: String, name: String, range: ClosedRange<Double>? = nil,
        best: EpochRecord? = nil
    ) -> Figure {
        let lines = accuracyLines(of: runs)
        let chart = LineChart(
            title: title, horizontalTitle: "epoch", verticalTitle: "accuracy (%)", series: lines,
            values: range ?? percentages(of: lines), hoverUnit: "%", marker: best.map(marker))
        return Figure(
            name: name, title: "\(title) by epoch",
            summary:
                "Lines over the epochs\(of(runs)): the accuracy on the training segments, and on the validation tracks by "
                + "segment (raw) and by track (max, maj)."
                + last(lines) { "raw \(decimal($0[1], places: 1))%, max \(decimal($0[2], places: 1))%" },
            width: width, height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// The best epoch, at its place.
    private static func marker(_ best: EpochRecord) -> (x: Double, words: String) {
        (Double(best.epoch), "best: epoch \(best.epoch)")
    }

    /// Max and maj lie close together: maj is a thin dotted line upon the other, without a band.
    private static func accuracyLines(of runs: [[EpochRecord]]) -> [LineChart.Series] {
        func series(_ words: String, _ colour: Colour, width: Double, _ value: @escaping (EpochRecord) -> Double)
            -> LineChart.Series
        {
            let (points, spread) = means(of: runs) { share($0, value) * 100 }
            return .init(name: words, points: points, colour: colour, width: width, spread: spread)
        }
        let max = series("validation, max", .series(2), width: 2.2, \.max)
        var maj = series("validation, maj", .ink, width: 1.3, \.maj)
        maj.dashes = [1.5, 2.5]
        maj.spread = []
        return [
            series("training, raw", .series(1), width: 1.6, \.trainAccuracy),
            series("validation, raw", .series(0), width: 2.4, \.raw), max, maj,
        ]
    }

    /// Percent that hold all accuracies of several charts of ``accuracy(of:title:name:range:)``.
    static func accuracyRange(of charts: [[[EpochRecord]]]) -> ClosedRange<Double> {
        percentages(of: charts.flatMap(accuracyLines))
    }

    /// Mean cross-entropy per segment in training and on the validation tracks.
    public static func loss(_ epochs: [EpochRecord], best: EpochRecord? = nil) -> Figure {
        loss(of: [epochs], title: "Cross-entropy", name: "loss", best: best)
    }

    /// The same of several runs of one kind: their means, with bands of a standard deviation to both sides.
    public static func loss(
        of runs: [[EpochRecord]], title: String, name: String, best: EpochRecord? = nil
    ) -> Figure {
        func series(
            _ words: String, _ colour: Int, width: Double = 1.8, _ value: @escaping (EpochRecord) -> Double
        ) -> LineChart.Series {
            let (points, spread) = means(of: runs, value)
            return .init(name: words, points: points, colour: .series(colour), width: width, spread: spread)
        }
        let lines = [series("training", 1, \.trainLoss), series("validation", 0, width: 2.4, \.validationLoss)]
        let chart = LineChart(
            title: title, horizontalTitle: "epoch", verticalTitle: "cross-entropy (nats per segment)", series: lines,
            values: losses(of: lines), marker: best.map(marker), legendLines: 2)
        return Figure(
            name: name, title: "\(title) by epoch",
            summary:
                "Lines over the epochs\(of(runs)): the mean cross-entropy of the training segments and of the "
                + "validation segments."
                + last(lines) {
                    "\(decimal($0[0], places: 3)) in training, \(decimal($0[1], places: 3)) on validation"
                },
            width: width, height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// The learning rate of each epoch's last step; nil where it is the same in all, or not known.
    public static func learningRate(_ epochs: [EpochRecord]) -> Figure? {
        let rates = epochs.compactMap { record in record.learningRate.map { (record.epoch, $0) } }
        guard let greatest = rates.map(\.1).max(), greatest > 0, rates.contains(where: { $0.1 != greatest }) else {
            return nil
        }
        // A unit in which the numbers are short.
        let exponent = Int(log10(greatest).rounded(.down))
        let line = LineChart.Series(
            name: "learning rate", points: rates.map { Point(Double($0.0), $0.1 * power(10, -Double(exponent))) },
            colour: .series(0), width: 2.4)
        let chart = LineChart(
            title: "Learning rate", horizontalTitle: "epoch", verticalTitle: "learning rate (1e\(exponent))",
            series: [line], values: 0...line.points.map(\.y).max()!, legendLines: 2)
        return Figure(
            name: "learning-rate", title: "Learning rate by epoch",
            summary: "A line over the epochs: the learning rate of each one's last step, from "
                + "\(scientific(rates[0].1)) to \(scientific(rates[rates.count - 1].1)).",
            width: width, height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// One run among several.
    public struct Run: Sendable {
        public var name: String
        public var epochs: [EpochRecord]

        public init(name: String, epochs: [EpochRecord]) {
            self.name = name
            self.epochs = epochs
        }
    }

    /// What is compared from run to run.
    public enum Measure: String, Sendable, CaseIterable {
        case raw, max, maj, validationLoss, trainLoss

        func value(_ record: EpochRecord) -> Double {
            switch self {
            case .raw: record.raw
            case .max: record.max
            case .maj: record.maj
            case .validationLoss: record.validationLoss
            case .trainLoss: record.trainLoss
            }
        }

        var isShare: Bool { self == .raw || self == .max || self == .maj }

        var title: String {
            switch self {
            case .raw, .max, .maj: "Validation accuracy (\(rawValue))"
            case .validationLoss: "Validation cross-entropy"
            case .trainLoss: "Training cross-entropy"
            }
        }
    }

    /// One measure of several runs in one chart.
    public static func comparison(
        of runs: [Run], by measure: Measure, range: ClosedRange<Double>? = nil
    ) -> Figure {
        let series = runs.enumerated().map { index, run in
            LineChart.Series(
                name: run.name,
                points: run.epochs.map {
                    Point(Double($0.epoch), measure.isShare ? share($0, measure.value) * 100 : measure.value($0))
                }, colour: .series(index), dashes: dashes(ofSeries: index))
        }
        return comparison(series, measure: measure, name: "compared-\(measure.rawValue)", range: range)
    }

    /// Means over the runs of each group, with bands of a standard deviation to both sides.
    ///
    /// - Parameters:
    ///   - groups: runs of one kind, say of several seeds; only epochs that all of a group's runs have count.
    ///   - range: percent that the vertical axis of a share covers; nil for as much as the lines need.
    public static func comparison(
        ofGroups groups: [(name: String, runs: [Run])], by measure: Measure, name: String = "groups",
        range: ClosedRange<Double>? = nil
    ) -> Figure {
        let series = groups.enumerated().map { index, group in
            let (points, spread) = means(of: group.runs.map(\.epochs)) {
                measure.isShare ? share($0, measure.value) * 100 : measure.value($0)
            }
            return LineChart.Series(
                name: group.name + (group.runs.count > 1 ? " (\(group.runs.count) runs)" : ""), points: points,
                colour: .series(index), dashes: dashes(ofSeries: index), spread: spread)
        }
        return comparison(series, measure: measure, name: "\(name)-\(measure.rawValue)", range: range)
    }

    private static func comparison(
        _ series: [LineChart.Series], measure: Measure, name: String, range: ClosedRange<Double>? = nil
    ) -> Figure {
        let chart = LineChart(
            title: measure.title, horizontalTitle: "epoch",
            verticalTitle: measure.isShare ? "accuracy (%)" : "cross-entropy (nats per segment)", series: series,
            values: measure.isShare ? range ?? percentages(of: series) : losses(of: series),
            hoverUnit: measure.isShare ? "%" : "")
        // Each line of the legend holds at least one run.
        let height = Self.height + 17 * Double(max(0, series.count - 2))
        return Figure(
            name: name, title: "\(measure.title), \(counted(series.count, "line"))",
            summary:
                "A line a run, or a mean of several, over the epochs: \(series.map(\.name).joined(separator: ", ")).",
            width: width,
            height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// Percent that hold raw and max of all these runs, for charts that are to be compared.
    static func range(of runs: [Run]) -> ClosedRange<Double> {
        percentages(
            of: runs.map { run in
                LineChart.Series(
                    name: "",
                    points: run.epochs.flatMap { record in
                        [record.raw, record.max].map { Point(0, min(max($0, 0), 1) * 100) }
                    }, colour: .ink)
            })
    }

    /// Three colours by four kinds of line and so on: neighbours differ in colour, and those of like colours in dashes.
    private static func dashes(ofSeries index: Int) -> [Double] {
        [[], [6, 3], [2, 3], [8, 3, 2, 3]][index / 3 % 4]
    }

    private static func share(_ record: EpochRecord, _ value: (EpochRecord) -> Double) -> Double {
        min(max(value(record), 0), 1)
    }

    /// From the ten below the least to the ten above the greatest.
    private static func percentages(of series: [LineChart.Series]) -> ClosedRange<Double> {
        let values = series.flatMap(\.points).map(\.y)
        let low = ((values.min() ?? 0) / 10).rounded(.down) * 10
        let high = ((values.max() ?? 100) / 10).rounded(.up) * 10
        return low...max(high, low + 10)
    }

    /// From zero. A first epoch far above the rest is cut off, or nothing else could be told apart.
    private static func losses(of series: [LineChart.Series]) -> ClosedRange<Double> {
        let values = series.flatMap(\.points).map(\.y).filter { $0.isFinite && $0 >= 0 }.sorted()
        guard let greatest = values.last, greatest > 0 else { return 0...1 }
        let usual = values[values.count * 9 / 10]
        return 0...min(greatest, max(usual * 1.6, greatest / 1000))
    }

    /// Means over runs, as far as all of them go, and the deviations of more than one.
    private static func means(of runs: [[EpochRecord]], _ value: (EpochRecord) -> Double) -> ([Point], [Double]) {
        let spreads = (0..<(runs.map(\.count).min() ?? 0)).map { place in Spread(runs.map { value($0[place]) }) }
        let points = spreads.enumerated().map { Point(Double(runs[0][$0].epoch), $1.mean) }
        return (points, runs.count > 1 ? spreads.map { $0.deviation ?? 0 } : [])
    }

    private static func of(_ runs: [[EpochRecord]]) -> String { runs.count > 1 ? ", means of \(runs.count) runs" : "" }

    private static func last(_ lines: [LineChart.Series], _ words: ([Double]) -> String) -> String {
        guard let end = lines.first?.points.last else { return "" }
        return " After epoch \(Int(end.x)): " + words(lines.compactMap { $0.points.last?.y }) + "."
    }
}

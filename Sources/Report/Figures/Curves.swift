import Training

/// How a training went, epoch by epoch.
public enum Curves {
    private static let width = 420.0
    private static let height = 300.0

    /// Shares of right segments and tracks in training and on the held-out tracks.
    public static func accuracy(_ epochs: [EpochRecord]) -> Figure {
        func points(_ value: (EpochRecord) -> Double) -> [Point] {
            epochs.map { Point(Double($0.epoch), share($0, value) * 100) }
        }
        let series: [LineChart.Series] = [
            .init(name: "training, raw", points: points(\.trainAccuracy), colour: .series(1)),
            .init(name: "held out, raw", points: points(\.raw), colour: .series(0), width: 2.4),
            .init(name: "held out, max", points: points(\.max), colour: .series(2), width: 1.4),
            .init(name: "held out, maj", points: points(\.maj), colour: .series(3), width: 1.4, dashes: [5, 3]),
        ]
        let chart = LineChart(
            title: "Accuracy", horizontalTitle: "epoch", verticalTitle: "right (%)", series: series,
            values: percentages(of: series))
        return Figure(
            name: "accuracy", title: "Accuracy by epoch",
            summary:
                "Lines over the epochs: the share of right training segments, and of right held-out segments (raw) "
                + "and tracks (max, maj)." + last(epochs) { "raw \(percent($0.raw)), max \(percent($0.max))" },
            width: width, height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// Mean cross-entropy a segment in training and on the held-out tracks.
    public static func loss(_ epochs: [EpochRecord]) -> Figure {
        func points(_ value: (EpochRecord) -> Double) -> [Point] {
            epochs.map { Point(Double($0.epoch), value($0)) }
        }
        let series: [LineChart.Series] = [
            .init(name: "training", points: points(\.trainLoss), colour: .series(1)),
            .init(name: "held out", points: points(\.validationLoss), colour: .series(0), width: 2.4),
        ]
        let chart = LineChart(
            title: "Loss", horizontalTitle: "epoch", verticalTitle: "cross-entropy (nats a segment)", series: series,
            values: losses(of: series))
        return Figure(
            name: "loss", title: "Loss by epoch",
            summary: "Lines over the epochs: the mean cross-entropy of the training segments and of the held-out ones."
                + last(epochs) {
                    "\(decimal($0.trainLoss, places: 3)) in training, \(decimal($0.validationLoss, places: 3)) held out"
                },
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
            case .raw, .max, .maj: "Held-out accuracy (\(rawValue))"
            case .validationLoss: "Held-out loss"
            case .trainLoss: "Training loss"
            }
        }
    }

    /// One measure of several runs in one chart.
    public static func comparison(of runs: [Run], by measure: Measure) -> Figure {
        let series = runs.enumerated().map { index, run in
            LineChart.Series(
                name: run.name,
                points: run.epochs.map {
                    Point(Double($0.epoch), measure.isShare ? share($0, measure.value) * 100 : measure.value($0))
                }, colour: .series(index), dashes: dashes(ofSeries: index))
        }
        return comparison(series, measure: measure, name: "compared-\(measure.rawValue)")
    }

    /// Means over the runs of each group, with bands of a standard deviation to both sides.
    ///
    /// - Parameter groups: runs of one kind, say of several seeds; only epochs that all of a group's runs have count.
    public static func comparison(ofGroups groups: [(name: String, runs: [Run])], by measure: Measure) -> Figure {
        let series = groups.enumerated().map { index, group in
            var points: [Point] = []
            var spread: [Double] = []
            let length = group.runs.map(\.epochs.count).min() ?? 0
            for place in 0..<length {
                let values = group.runs.map {
                    measure.isShare
                        ? share($0.epochs[place], measure.value) * 100 : measure.value($0.epochs[place])
                }
                let summary = Spread(values)
                points.append(Point(Double(group.runs[0].epochs[place].epoch), summary.mean))
                spread.append(summary.deviation ?? 0)
            }
            return LineChart.Series(
                name: group.name + (group.runs.count > 1 ? " (\(group.runs.count) runs)" : ""), points: points,
                colour: .series(index), dashes: dashes(ofSeries: index), spread: spread)
        }
        return comparison(series, measure: measure, name: "groups-\(measure.rawValue)")
    }

    private static func comparison(_ series: [LineChart.Series], measure: Measure, name: String) -> Figure {
        let chart = LineChart(
            title: measure.title, horizontalTitle: "epoch",
            verticalTitle: measure.isShare ? "right (%)" : "cross-entropy (nats a segment)", series: series,
            values: measure.isShare ? percentages(of: series) : losses(of: series))
        // Each line of the legend holds at least one run.
        let height = Self.height + 17 * Double(max(0, series.count - 2))
        return Figure(
            name: name, title: "\(measure.title) of \(series.count) runs",
            summary: "A line a run over the epochs: \(series.map(\.name).joined(separator: ", ")).", width: width,
            height: height, drawing: chart.drawing(width: width, height: height))
    }

    /// The palette repeats after six; then dashes tell the lines apart.
    private static func dashes(ofSeries index: Int) -> [Double] {
        switch index / Palette.light.series.count % 3 {
        case 0: []
        case 1: [6, 3]
        default: [2, 3]
        }
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

    private static func last(_ epochs: [EpochRecord], _ words: (EpochRecord) -> String) -> String {
        epochs.last.map { " After epoch \($0.epoch): " + words($0) + "." } ?? ""
    }
}

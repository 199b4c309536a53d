import Evaluation
import Foundation
import Training

/// A reproduction's figures for programs: results.json beside the page.
///
/// Accuracies are shares of 1. It names no path, so that it can be passed on.
struct ReproductionResults: Encodable {
    struct Row: Encodable {
        let net: String
        let batch: Int
        let after: [Milestone]
        /// Of the last epoch, all runs together: [true genre][predicted genre], segments.
        let confusion: [[Int]]?
        let runs: [Run]
    }

    struct Milestone: Encodable {
        let epochs: Int
        let raw: Measure
        let max: Measure
        let maj: Measure
        /// Table I's raw accuracy in percent, where it has the net.
        let published: Double?
    }

    struct Measure: Encodable {
        let mean: Double
        let deviation: Double?
        /// Ends of the 95% interval of the mean over the runs; nil for one run.
        let low: Double?
        let high: Double?
        /// Mean over the runs of each run's mean of the five epochs that end there; nil where there are fewer.
        let meanOfFiveEpochs: Double?

        private enum CodingKeys: String, CodingKey {
            case mean, deviation, low, high
            case meanOfFiveEpochs = "mean_of_five_epochs"
        }
    }

    /// One training; the lists hold a value an epoch.
    struct Run: Encodable {
        let seed: UInt64
        let seconds: Double
        let trainLoss: [Double]
        let trainAccuracy: [Double]
        let validationLoss: [Double]
        let raw: [Double]
        let max: [Double]
        let maj: [Double]

        private enum CodingKeys: String, CodingKey {
            case seed, seconds, raw, max, maj
            case trainLoss = "train_loss"
            case trainAccuracy = "train_accuracy"
            case validationLoss = "validation_loss"
        }
    }

    /// Whether it only shows that everything works: then its accuracies are no result.
    let smokeRun: Bool
    let recipes: [String]
    let splits: [String]
    let genres: [String]
    let toolVersions: [String]
    let nets: [Row]
    let batches: [Row]?

    private enum CodingKeys: String, CodingKey {
        case recipes, splits, genres, nets, batches
        case smokeRun = "smoke_run"
        case toolVersions = "tool_versions"
    }

    init(_ report: ReproductionReport) {
        func row(_ row: ReproductionReport.Row) -> Row {
            Row(
                net: row.group.net.name, batch: row.group.batch,
                after: report.reproduction.milestones.compactMap { Self.milestone($0, of: row, in: report) },
                confusion: ReproductionReport.pooled(row)?.confusion, runs: row.runs.map(Self.run))
        }
        smokeRun = report.reproduction.isSmokeRun
        recipes = Set(report.runs.map(\.card.recipe.name)).sorted()
        splits = Set(report.runs.compactMap(\.card.split)).sorted()
        genres = report.runs.first?.card.genres ?? []
        toolVersions = Set(report.runs.map(\.card.toolVersion)).sorted()
        nets = report.nets.map(row)
        batches = report.batches.isEmpty ? nil : report.batches.map(row)
    }

    private static func milestone(_ epochs: Int, of row: ReproductionReport.Row, in report: ReproductionReport)
        -> Milestone?
    {
        func measure(_ value: (EpochRecord) -> Double) -> Measure? {
            report.spread(row.runs, after: epochs, value).map { spread in
                Measure(
                    mean: spread.mean, deviation: spread.deviation, low: spread.interval?.low,
                    high: spread.interval?.high,
                    meanOfFiveEpochs: report.meanOfFiveEpochs(row.runs, upTo: epochs, value))
            }
        }
        guard let raw = measure(\.raw), let max = measure(\.max), let maj = measure(\.maj) else { return nil }
        return Milestone(
            epochs: epochs, raw: raw, max: max, maj: maj,
            published: PublishedResult.find(row.group.net.name, epochs: epochs, in: PublishedResult.tableI)?.raw)
    }

    private static func run(_ run: FinishedRun) -> Run {
        // More digits are noise.
        func values(_ value: (EpochRecord) -> Double) -> [Double] {
            run.epochs.map { (value($0) * 1e5).rounded() / 1e5 }
        }
        return Run(
            seed: run.settings.seed, seconds: run.epochs.reduce(0) { $0 + $1.seconds }.rounded(),
            trainLoss: values(\.trainLoss), trainAccuracy: values(\.trainAccuracy),
            validationLoss: values(\.validationLoss), raw: values(\.raw), max: values(\.max), maj: values(\.maj))
    }
}

extension ReproductionReport {
    /// The figures for programs, as JSON.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(ReproductionResults(self)) + Data("\n".utf8)
    }
}

import Datasets
import Foundation
import NeuralNetwork
import Report
import Training

/// Writes report.html and figures/ into the folder of a run that has just ended, and the figures for TensorBoard. The run
/// stands whatever happens here: a fault is said on standard error.
///
/// - Parameters:
///   - page: whether a page is wanted.
///   - events: gets the figures, and its end; nil for none.
/// - Returns: the page; nil where none was written.
@discardableResult
func reportAfterTraining(_ run: TrainingRun, page isWanted: Bool = true, events: RunEvents? = nil, threads: Int?)
    -> URL?
{
    do {
        let finished = try FinishedRun(run.folder.url)
        let assessment = try Assessment(of: finished.model, on: run.data.set, pool: ThreadPool(threads: threads))
        let report = RunReport(run: finished, assessment: assessment, audit: try readAudit(for: finished, given: nil))
        try events?.finish(figures: report.figures, epoch: finished.epochs.last!.epoch)
        guard isWanted else { return nil }
        let page = run.folder.report
        try report.write(page: page, figures: figuresFolder(beside: page))
        return page
    } catch {
        note("genre: no report was written: \(error)")
        return nil
    }
}

extension RunEvents {
    /// The event file of a run that is about to start, in its folder's "tensorboard".
    convenience init(of run: TrainingRun) throws {
        try self.init(
            folder: run.folder.url.appendingPathComponent("tensorboard"),
            hyperparameters: try JSONValue(run.configuration))
    }
}

/// Writes comparison.html into the folder of a series whose runs have all ended. The runs stand whatever
/// happens here.
func comparisonAfterTraining(_ series: SeriesFolder) -> URL? {
    do {
        let page = series.url.appendingPathComponent("comparison.html")
        try ComparisonReport(runs: try series.runs.map { try FinishedRun($0.folder.url) })
            .write(page: page, figures: figuresFolder(beside: page))
        return page
    } catch {
        note("genre: no comparison was written: \(error)")
        return nil
    }
}

/// What an audit of the run's data found: the file given, or audit.json of the run's folder where there is one.
func readAudit(for run: FinishedRun, given: String?) throws -> JSONValue? {
    let own = run.folder.url.appendingPathComponent("audit.json")
    if let given { return try FinishedRun.json(URL(fileURLWithPath: given), folder: run.folder.url) }
    guard FileManager.default.fileExists(atPath: own.path) else { return nil }
    return try FinishedRun.json(own, folder: run.folder.url)
}

/// Where a page's figures go: report.html has "figures", any other page.html has "page-figures".
func figuresFolder(beside page: URL) -> URL {
    let stem = page.deletingPathExtension().lastPathComponent
    return page.deletingLastPathComponent()
        .appendingPathComponent(stem == "report" ? "figures" : "\(stem)-figures")
}

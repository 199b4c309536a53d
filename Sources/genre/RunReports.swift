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
        // Where every track trained, folds inside judged, by other heads than this one.
        let assessment =
            finished.judgedTracks.isEmpty
            ? nil : try Assessment(of: finished.model, on: run.data.set, pool: ThreadPool(threads: threads))
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

/// Writes a training's epochs for TensorBoard, into its folder's "tensorboard". What an earlier part of the training left
/// there is replaced once this one is under way.
final class TensorBoardLog: TrainingCallback {
    private let run: TrainingRun
    /// Nil before the training has started.
    private(set) var events: RunEvents?

    init(_ run: TrainingRun) { self.run = run }

    func receive(_ event: TrainingEvent, from trainer: Trainer) throws {
        if case .started = event {
            events = try RunEvents(folder: run.folder.tensorboard, hyperparameters: try JSONValue(run.configuration))
        }
        try events?.receive(event, from: trainer)
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
    if let given { return try FinishedRun.audit(URL(fileURLWithPath: given), folder: run.folder.url) }
    guard FileManager.default.fileExists(atPath: own.path) else { return nil }
    return try FinishedRun.audit(own, folder: run.folder.url)
}

/// Where a page's figures go: report.html has "figures", any other page.html has "page-figures".
func figuresFolder(beside page: URL) -> URL {
    let stem = page.deletingPathExtension().lastPathComponent
    return page.deletingLastPathComponent()
        .appendingPathComponent(stem == "report" ? "figures" : "\(stem)-figures")
}

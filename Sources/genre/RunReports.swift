import Datasets
import Foundation
import NeuralNetwork
import Report
import Training

/// Writes report.html and figures/ into the folder of a run that has just ended. The run stands whatever happens here: a
/// fault is said on standard error.
///
/// - Parameter set: the run's data, still open.
/// - Returns: the page; nil where it could not be written.
@discardableResult
func reportAfterTraining(_ folder: RunFolder, set: SegmentSet, threads: Int?) -> URL? {
    do {
        let run = try FinishedRun(folder.url)
        let page = folder.url.appendingPathComponent("report.html")
        let assessment = try Assessment(of: run.model, on: set, pool: ThreadPool(threads: threads))
        try RunReport(run: run, assessment: assessment, audit: try readAudit(for: run, given: nil))
            .write(page: page, figures: figuresFolder(beside: page))
        return page
    } catch {
        note("genre: no report was written: \(error)")
        return nil
    }
}

/// Writes comparison.html into the folder of a series whose runs have all ended, as ``reportAfterTraining(_:set:threads:)``.
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

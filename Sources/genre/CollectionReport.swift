import Foundation
import Prediction
import Report

/// What is said of a collection beside its results: progress on the terminal, and at the end the files that failed.
final class CollectionReport: @unchecked Sendable {  // one thread at a time; warnings go straight out
    /// Failures that are shown where all of them stand in the results.
    private static let shownFailures = 50

    /// Files that were found, in whichever shard.
    var found = 0
    var alreadyDone = 0
    private let totalCount: InputCount
    private let failuresAreKept: Bool
    private let pace = Pace()
    private let line = ProgressLine()
    private var done = 0
    private var failures: [String] = []
    private var failed = 0
    /// Verdicts by genre.
    private var genres: [String: Int] = [:]
    private var unsure = 0
    private var short = 0
    private var damaged = 0
    private var partlySilent = 0

    /// - Parameters:
    ///   - count: of all files, those done before among them.
    ///   - failuresAreKept: whether the results say what failed, too.
    init(count: InputCount, failuresAreKept: Bool) {
        totalCount = count
        self.failuresAreKept = failuresAreKept
    }

    func warn(_ text: String) {
        line.clear()
        note("genre: \(StandardStreams.oneLine(text))")
    }

    func clear() { line.clear() }

    func count<Value>(_ input: AudioInputs.Input, _ result: Result<Value, any Error>) {
        done += 1
        guard case .failure(let error) = result else { return }
        failed += 1
        let text = "\(error)"
        if !failuresAreKept || failures.count < Self.shownFailures {
            let isNamed = text.contains(input.url.path) || text.contains(input.name)
            failures.append(StandardStreams.oneLine(isNamed ? text : "\(input.name): \(text)"))
        }
    }

    func progress() {
        let rate = "\(decimal(Double(done) / max(pace.seconds(), 1e-3), places: 1)) a second"
        guard let total = totalCount.total else { return line.show("\(done) files  \(rate)") }
        let passed = done + alreadyDone
        line.show(
            "\(bar(passed, of: total)) \(pace.left(done: done, of: max(total - alreadyDone, done)))  "
                + "\(passed)/\(total) files  \(rate)")
    }

    /// Counts a verdict, for the summary.
    func add(_ prediction: TrackPrediction, isUnsure: Bool) {
        genres[prediction.genre, default: 0] += 1
        if isUnsure { unsure += 1 }
        if prediction.isPadded { short += 1 }
        if prediction.sound.remarks.isDamaged { damaged += 1 }
        if prediction.sound.silentSeconds >= 0.5 { partlySilent += 1 }
    }

    /// "blues 2, jazz 31; 4 unsure, 1 short": the most frequent genre first.
    private var summary: String {
        let counts = genres.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \(grouped($0.value))" }
        let others = [
            (unsure, "unsure"), (short, "short"), (partlySilent, "partly silent"), (damaged, "damaged"),
        ].filter { $0.0 > 0 }.map { "\(grouped($0.0)) \($0.1)" }
        return counts.joined(separator: ", ") + (others.isEmpty ? "" : "; " + others.joined(separator: ", "))
    }

    /// Says how it went.
    ///
    /// - Returns: whether all is well: there was something to hear, and no file failed.
    func end() -> Bool {
        line.clear()
        for failure in failures { note("genre: \(failure)") }
        if failed > failures.count { note("genre: … and \(failed - failures.count) more; the results name them") }
        if found == 0 { note("genre: there is no audio in what was named: nothing was heard") }
        if done > 1 || alreadyDone > 0 {
            let seconds = max(pace.seconds(), 1e-3)
            note(
                "\(done - failed) of \(counted(done, "file")) heard in \(decimal(seconds, places: 1)) s, "
                    + "\(decimal(Double(done) / seconds, places: 1)) a second"
                    + (failed > 0 ? "; \(failed) failed" : "")
                    + (alreadyDone > 0 ? "; \(alreadyDone) were done before" : ""))
            if !genres.isEmpty { note("  \(summary)") }
        }
        return found > 0 && failed == 0
    }
}

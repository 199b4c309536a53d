import Foundation
import Prediction
import Report

/// What is said of a collection beside its results: progress on the terminal, and at the end the files that failed.
final class CollectionReport: @unchecked Sendable {  // one thread at a time; warnings go straight out
    private static let shownFailures = 50

    /// Files that were found, in whichever shard.
    var found = 0
    var alreadyDone = 0
    private let pace = Pace()
    private let line = ProgressLine()
    private var done = 0
    private var failures: [String] = []
    private var failed = 0

    func warn(_ text: String) {
        line.clear()
        note("genre: \(text)")
    }

    func clear() { line.clear() }

    func count(_ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>) {
        done += 1
        guard case .failure(let error) = result else { return }
        failed += 1
        let text = "\(error)"
        if failures.count < Self.shownFailures {
            failures.append(
                text.contains(input.url.path) || text.contains(input.name) ? text : "\(input.name): \(text)")
        }
    }

    func progress() {
        line.show("\(done) tracks  \(decimal(Double(done) / max(pace.seconds(), 1e-3), places: 1)) a second")
    }

    /// Says how it went.
    ///
    /// - Returns: whether all is well: there was something to hear, and no file failed.
    func end() -> Bool {
        line.clear()
        for failure in failures { note("genre: \(failure)") }
        if failed > failures.count { note("genre: … and \(failed - failures.count) more") }
        if found == 0 { note("genre: there is no audio in what was named: nothing was heard") }
        if done > 1 || alreadyDone > 0 {
            let seconds = max(pace.seconds(), 1e-3)
            note(
                "\(done - failed) of \(done) files heard in \(decimal(seconds, places: 1)) s, "
                    + "\(decimal(Double(done) / seconds, places: 1)) a second"
                    + (failed > 0 ? "; \(failed) failed" : "")
                    + (alreadyDone > 0 ? "; \(alreadyDone) were done before" : ""))
        }
        return found > 0 && failed == 0
    }
}

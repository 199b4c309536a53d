import Evaluation
import Report
import Training

/// A series as text: a line a member, then mean and deviation, then the pooled scores.
func table(of series: TrainingSeries) -> String {
    let width = max(12, (series.members.map(\.name.displayWidth).max() ?? 0) + 2)
    func row(_ name: String, _ scores: Scores) -> String {
        name.left(width) + [scores.raw, scores.max, scores.maj].map { percent($0).right(9) }.joined()
            + String(scores.segments).right(11) + String(scores.tracks).right(8)
    }
    func row(_ name: String, _ value: (Spread) -> Double?) -> String {
        let measures: [(Scores) -> Double] = [\.raw, \.max, \.maj]
        return name.left(width) + measures.map { percent(value(series.spread(of: $0))).right(9) }.joined()
    }
    var lines = [
        "".left(width) + ["raw", "max", "maj"].map { $0.right(9) }.joined() + "segments".right(11) + "tracks".right(8)
    ]
    lines += series.members.map { row($0.name, $0.scores) }
    lines += [
        row("mean", \.mean), row("deviation", \.deviation), row("best", \.best),
    ]
    let intervals: [String] = [(\Scores.raw), \.max, \.maj].map { (measure: KeyPath<Scores, Double>) in
        series.spread(of: { $0[keyPath: measure] }).interval.map {
            "\(decimal($0.low * 100, places: 1))-\(decimal($0.high * 100, places: 1))%"
        } ?? "–"
    }
    lines += [
        "",
        "95% interval of the mean: "
            + zip(["raw", "max", "maj"], intervals).map { "\($0) \($1)" }.joined(separator: ", "),
    ]
    if let pooled = series.pooled {
        lines += [row("pooled", pooled), "", "all folds together:\n" + table(of: pooled)]
    }
    return lines.joined(separator: "\n")
}

/// A series as `--json` prints it.
struct SeriesResult: Encodable {
    struct Member: Encodable {
        let name: String
        let seed: UInt64
        let run: String
        let model: String
        let scores: ScoresObject
    }

    let run: String
    let split: String
    let epochs: Int
    let raw: Spread
    let max: Spread
    let maj: Spread
    let members: [Member]
    let pooled: ScoresObject?

    init(_ series: TrainingSeries, folder: SeriesFolder, epochs: Int) {
        run = folder.url.path
        split = series.rule
        self.epochs = epochs
        raw = series.spread(of: \.raw)
        max = series.spread(of: \.max)
        maj = series.spread(of: \.maj)
        members = zip(series.members, folder.runs).map { member, run in
            Member(
                name: member.name, seed: member.seed, run: run.folder.url.path, model: run.folder.model.path,
                scores: ScoresObject(member.scores))
        }
        pooled = series.pooled.map(ScoresObject.init)
    }
}

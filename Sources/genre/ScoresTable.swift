import Evaluation
import Report

/// Scores on one line: the three accuracies, and of what.
func line(of scores: Scores) -> String {
    "raw \(percent(scores.raw))   max \(percent(scores.max))   maj \(percent(scores.maj))   "
        + "(\(scores.segments) segments of \(scores.tracks) tracks, loss \(String(format: "%.3f", scores.loss)))"
}

/// Scores as text: the three accuracies, the confusion matrix, the measures of each genre.
func table(of scores: Scores) -> String {
    var lines = [line(of: scores), ""]
    let width = max(9, scores.genres.map(\.count).max() ?? 0) + 1
    let cell = max(6, scores.confusion.joined().map { String($0).count }.max() ?? 0) + 1
    lines.append("segments: true genre down, predicted across")
    lines.append(
        "".left(width) + scores.genres.map { String($0.prefix(cell - 1)).right(cell) }.joined()
            + "  " + "precision".right(10) + "recall".right(9) + "F1".right(9))
    for (row, measures) in zip(scores.confusion, scores.perGenre) {
        lines.append(
            measures.genre.left(width) + row.map { String($0).right(cell) }.joined() + "  "
                + percent(measures.precision).right(10) + percent(measures.recall).right(9)
                + percent(measures.f1).right(9))
    }
    return lines.joined(separator: "\n")
}

/// Of each genre how many tracks were told rightly, how sure that is, and what the others were called.
func trackTable(of scores: Scores) -> String {
    let width = max(9, scores.genres.map(\.count).max() ?? 0) + 1
    var lines = [
        "tracks told rightly".left(width + 22) + "95 % interval".right(16) + "   else called"
    ]
    func line(_ name: String, _ right: Int, _ total: Int, _ others: String) -> String {
        let interval = Interval(ofShare: right, of: total)
        let bounds = [interval.low, interval.high].map { decimal($0 * 100, places: 1) }.joined(separator: " to ")
        return name.left(width) + "\(right) of \(total)".right(12)
            + percent(total > 0 ? Double(right) / Double(total) : nil).right(10) + bounds.right(16)
            + (others.isEmpty ? "" : "   " + others)
    }
    for (index, row) in scores.trackConfusion.enumerated() {
        let others = row.indices.filter { $0 != index && row[$0] > 0 }.sorted { (row[$1], $0) < (row[$0], $1) }
        lines.append(
            line(
                scores.genres[index], row[index], row.reduce(0, +),
                others.map { "\(scores.genres[$0]) \(row[$0])" }.joined(separator: ", ")))
    }
    let right = scores.genres.indices.reduce(0) { $0 + scores.trackConfusion[$1][$1] }
    lines.append(line("all", right, scores.trackConfusion.joined().reduce(0, +), ""))
    return lines.joined(separator: "\n")
}

/// Scores as `--json` prints them; the lists have the order of `genres`.
struct ScoresObject: Encodable {
    let raw: Double
    let max: Double
    let maj: Double
    let loss: Double
    let segments: Int
    let tracks: Int
    let genres: [String]
    let confusion: [[Int]]
    let trackConfusion: [[Int]]
    let precision: [Double?]
    let recall: [Double?]
    let f1: [Double?]
    let support: [Int]

    init(_ scores: Scores) {
        raw = scores.raw
        max = scores.max
        maj = scores.maj
        loss = scores.loss
        segments = scores.segments
        tracks = scores.tracks
        genres = scores.genres
        confusion = scores.confusion
        trackConfusion = scores.trackConfusion
        precision = scores.perGenre.map(\.precision)
        recall = scores.perGenre.map(\.recall)
        f1 = scores.perGenre.map(\.f1)
        support = scores.perGenre.map(\.support)
    }

    private enum CodingKeys: String, CodingKey {
        case raw, max, maj, loss, segments, tracks, genres, confusion, precision, recall, f1, support
        case trackConfusion = "track_confusion"
    }
}

import Datasets
import Evaluation
import Foundation
import Report

/// Scores on one line: the three accuracies, and of what.
func line(of scores: Scores) -> String {
    "raw \(percent(scores.raw))   max \(percent(scores.max))   maj \(percent(scores.maj))   "
        + "(\(counted(scores.segments, "segment")) of \(counted(scores.tracks, "track")), "
        + "loss \(TrainingProgress.loss(scores.loss)))"
}

/// Scores as text: the three accuracies, the confusion matrix, the measures of each genre.
///
/// Matrix and measures stand beside each other where the columns allow it, else one below the other; a matrix that does not
/// fit by itself is left out, and the worst confusions are named.
func table(of scores: Scores, columns: Int = Terminal.columns(of: STDOUT_FILENO)) -> String {
    let names = max(9, scores.genres.map(\.displayWidth).max() ?? 0) + 1
    let digits = scores.confusion.joined().map { String($0).count }.max() ?? 1
    let measures = 3 * 8
    // As wide as there is room for, so that the heads say most.
    let room = scores.genres.isEmpty ? 0 : (columns - names - measures - 1) / scores.genres.count
    let isBeside = room >= max(digits + 1, 4)
    let alone = scores.genres.isEmpty ? 0 : (columns - names) / scores.genres.count
    let cell = min(isBeside ? room : alone, 10)
    let hasMatrix = cell >= max(digits + 1, 4)

    let heads = abbreviated(scores.genres, width: max(cell - 1, 3))
    let measureHeads = ["precision", "recall", "F1"].map { $0 == "precision" ? "prec." : $0 }.map { $0.right(8) }
        .joined()
    func matrixRow(_ row: [Int]) -> String { row.map { String($0).right(cell) }.joined() }
    func measuresRow(_ measures: GenreScores) -> String {
        [measures.precision, measures.recall, measures.f1].map { percent($0).right(8) }.joined()
    }

    var lines = [line(of: scores), ""]
    if hasMatrix {
        lines.append("segments: true genre down, predicted across")
        lines.append(
            "".left(names) + heads.map { $0.right(cell) }.joined() + (isBeside ? " " + measureHeads : ""))
        for (row, measures) in zip(scores.confusion, scores.perGenre) {
            lines.append(measures.genre.left(names) + matrixRow(row) + (isBeside ? " " + measuresRow(measures) : ""))
        }
    } else {
        lines += worstConfusions(of: scores)
    }
    if !isBeside {
        lines += ["", "segments of each genre".left(max(names, 24)) + measureHeads]
        lines += scores.perGenre.map { $0.genre.left(max(names, 24)) + measuresRow($0) }
    }
    return lines.map(StandardStreams.oneLine).joined(separator: "\n")
}

/// The greatest entries beside the diagonal, in words.
private func worstConfusions(of scores: Scores) -> [String] {
    let pairs = scores.confusion.enumerated().flatMap { row, counts in
        counts.enumerated().filter { $0.offset != row && $0.element > 0 }
            .map { (truth: row, called: $0.offset, count: $0.element) }
    }.sorted { ($1.count, $0.truth, $0.called) < ($0.count, $1.truth, $1.called) }
    guard !pairs.isEmpty else { return [] }
    return ["most frequent confusions of segments (--json has the whole matrix)"]
        + pairs.prefix(10).map {
            "  \(counted($0.count, "segment")) of \(scores.genres[$0.truth]) classified as \(scores.genres[$0.called])"
        }
}

/// Names cut to a width, each still different from the others: where beginnings are equal, the end is kept too.
func abbreviated(_ names: [String], width: Int) -> [String] {
    var result = names.map { $0.displayWidth <= width ? $0 : String($0.fitting(width)) }
    func isShared(_ index: Int) -> Bool {
        result.indices.contains { $0 != index && result[$0] == result[index] }
    }
    for index in names.indices where isShared(index) && result[index] != names[index] {
        let same = names.indices.filter { result[$0] == result[index] && $0 != index }
        // A beginning, a mark, and the part where the names differ.
        let name = Array(names[index])
        let common = same.map { other in zip(name, names[other]).prefix { $0 == $1 }.count }.max() ?? 0
        let rest = String(name[min(common, name.count)...])
        let tail = rest.fitting(max(1, width / 2))
        let short = String(names[index].fitting(max(1, width - 1 - String(tail).displayWidth))) + "…" + tail
        result[index] = short.displayWidth <= width ? short : String(short.fitting(width))
    }
    // What is still equal gets a number.
    for index in names.indices where isShared(index) {
        let number = String(index + 1)
        result[index] = String(names[index].fitting(max(0, width - number.count))) + number
    }
    return result
}

/// Of each genre how many tracks were classified correctly, the interval of that share, and how the others were classified.
func trackTable(of scores: Scores) -> String {
    let width = max(9, scores.genres.map(\.displayWidth).max() ?? 0) + 1
    var lines = [
        "tracks classified correctly".left(width + 20) + "95% interval".right(15) + "   otherwise classified as"
    ]
    func line(_ name: String, _ right: Int, _ total: Int, _ others: String) -> String {
        let interval = Interval(ofShare: right, of: total)
        let bounds = [interval.low, interval.high].map { decimal($0 * 100, places: 1) }.joined(separator: " to ")
        return name.left(width) + "\(right) of \(total)".right(11)
            + percent(total > 0 ? Double(right) / Double(total) : nil).right(9) + bounds.right(15)
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
    return lines.map(StandardStreams.oneLine).joined(separator: "\n")
}

/// How sure an accuracy on so many tracks is.
func certainty(of scores: Scores) -> String {
    let hits = scores.genres.indices.reduce(0) { $0 + scores.trackConfusion[$1][$1] }
    let interval = Interval(ofShare: hits, of: scores.tracks)
    let bounds = [interval.low, interval.high].map { decimal($0 * 100, places: 1) }.joined(separator: " to ")
    let words = "max: \(hits) of \(counted(scores.tracks, "track")); 95% interval \(bounds)%"
    // Below this the interval is wider than a third of the scale, whatever the accuracy between 15 and 85 %.
    guard scores.tracks < 30 else { return words }
    return words
        + "\ncaution: \(counted(scores.tracks, "track")) cannot tell good models from poor ones; judge on more, "
        + "or use --split kfold:5"
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
    /// Of audio: the damaged tracks among those judged, those of which one channel was taken since the channels cancel, and
    /// the segments left out since there is nothing to hear in them.
    let damaged: [String]?
    let cancelling: [String]?
    let silentSegments: Int?

    /// - Parameters:
    ///   - sounds: the data that was judged.
    ///   - tracks: those of its tracks that were judged.
    init(_ scores: Scores, sounds: LoadedDataset, tracks: [Int]) {
        let judged = Set(tracks.map { sounds.set.tracks[$0].id })
        var damaged: [String] = []
        var cancelling: [String] = []
        var silentSegments = 0
        for remark in sounds.remarks where judged.contains(remark.track) {
            switch remark.kind {
            case .decoded(let sound):
                if sound.isDamaged { damaged.append(remark.track) }
                if sound.channelTaken != nil { cancelling.append(remark.track) }
            case .silent(let segments): silentSegments += segments
            }
        }
        let isAudio = sounds.allowsDamaged != nil
        self.init(
            scores, damaged: isAudio ? damaged : nil, cancelling: isAudio ? cancelling : nil,
            silentSegments: isAudio ? silentSegments : nil)
    }

    init(_ scores: Scores) { self.init(scores, damaged: nil, cancelling: nil, silentSegments: nil) }

    init(_ scores: Scores, damaged: [String]?, cancelling: [String]?, silentSegments: Int?) {
        self.damaged = damaged
        self.cancelling = cancelling
        self.silentSegments = silentSegments
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
        case raw, max, maj, loss, segments, tracks, genres, confusion, precision, recall, f1, support, damaged,
            cancelling
        case silentSegments = "silent_segments"
        case trackConfusion = "track_confusion"
    }
}

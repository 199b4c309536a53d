import Evaluation
import Foundation
import Prediction
import Report

/// Predictions as text, JSON and CSV.
struct PredictionFormat {
    /// As the user called it, without folders, or the one that was taken where none was named.
    let model: String
    let genres: [String]
    let top: Int
    let unsure: Double
    let timeline: Bool
    /// Columns of the terminal that text goes to; nil where it goes to none: then there is no bar, and a track is one line.
    var columns: Int?
    /// Said with every result where results are kept; nil for nothing.
    var origin: Origin?

    /// What a result comes from.
    struct Origin {
        /// The model as the user called it, without folders.
        let model: String
        /// Of the model and of the options that shape a result, hexadecimal: equal where results can stand together.
        let digest: String
    }

    // MARK: text

    func text(_ input: AudioInputs.Input, _ prediction: TrackPrediction) -> String {
        var notes: [String] = []
        if prediction.confidence < unsure { notes.append("unsure") }
        notes += SoundWords.marks(prediction.sound)
        let others = prediction.top(top).dropFirst().filter { $0.confidence >= Self.leastShown }
        if !others.isEmpty {
            notes.append("also " + others.map { "\($0.genre) \(percent($0.confidence))" }.joined(separator: ", "))
        }
        var lines = verdict(prediction, name: StandardStreams.oneLine(input.name), notes: notes.joined(separator: "; "))
        if timeline {
            for stretch in prediction.stretches {
                let times = [stretch.start, stretch.end].map { playingTime($0).right(7) }.joined(separator: " -")
                let verdict = stretch.genre.map {
                    "\(genres[$0].left(genreWidth)) \(percent(stretch.probability).right(6))"
                }
                lines.append("\(times)  \(verdict ?? "silent")")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Confidence from which other genres than the verdict are shown.
    private static let leastShown = 0.05
    private static let barWidth = 8

    private var genreWidth: Int { genres.map(\.displayWidth).max() ?? 0 }

    /// Verdict first, so that verdicts line up whatever the names, then the name and what else there is to say.
    private func verdict(_ prediction: TrackPrediction, name: String, notes: String) -> [String] {
        var head = "\(prediction.genre.left(genreWidth))  \(percent(prediction.confidence).right(6))  "
        if let columns, columns >= 60 {
            let filled = Int((prediction.confidence * Double(Self.barWidth)).rounded())
            head += String(repeating: "█", count: min(max(filled, 0), Self.barWidth)).left(Self.barWidth) + "  "
        }
        let line = head + name + (notes.isEmpty ? "" : "  (\(notes))")
        guard let columns, line.displayWidth > columns, !notes.isEmpty else { return [line] }
        return [head + name, "".left(head.displayWidth) + "(\(notes))"]
    }

    // MARK: JSON

    private struct Guess: Encodable {
        let genre: String
        let confidence: Double
    }

    /// What one member of a fusion says.
    private struct MemberObject: Encodable {
        let model: String
        let genre: String
        let confidence: Double
        let weight: Double
    }

    private struct MomentObject: Encodable {
        let start: Double
        let end: Double
        /// None where nothing is heard.
        let genre: String?
        let probability: Double?
        let silent: Bool
    }

    private struct PredictionObject: Encodable {
        let file: String
        let genre: String
        let confidence: Double
        let unsure: Bool
        let top: [Guess]
        let seconds: Double
        let segments: Int
        let padded: Bool
        let silentSeconds: Double
        /// Corrupt packets, and one for an end that is missing.
        let damaged: Int
        /// From 1, where one channel was taken since the channels cancel.
        let channel: Int?
        let timeline: [MomentObject]?
        let model: String
        /// Of a fusion those that heard the track; nil of one net.
        let members: [MemberObject]?
        let digest: String?

        private enum CodingKeys: String, CodingKey {
            case file, genre, confidence, unsure, top, seconds, segments, padded, damaged, channel, timeline, model,
                members, digest
            case silentSeconds = "silent_seconds"
        }
    }

    private struct FailureObject: Encodable {
        let file: String
        let error: String
        let model: String
        let digest: String?
    }

    func json(_ input: AudioInputs.Input, _ prediction: TrackPrediction) throws -> String {
        try encoded(
            PredictionObject(
                file: input.name, genre: prediction.genre, confidence: prediction.confidence,
                unsure: prediction.confidence < unsure,
                top: prediction.top(top).map { Guess(genre: $0.genre, confidence: $0.confidence) },
                seconds: prediction.seconds, segments: prediction.segments, padded: prediction.isPadded,
                silentSeconds: prediction.sound.silentSeconds, damaged: prediction.sound.damage,
                channel: prediction.sound.remarks.channelTaken.map { $0 + 1 },
                timeline: timeline
                    ? prediction.stretches.map {
                        MomentObject(
                            start: $0.start, end: $0.end, genre: $0.genre.map { genres[$0] },
                            probability: $0.genre == nil ? nil : $0.probability, silent: $0.genre == nil)
                    } : nil, model: model,
                members: prediction.members.isEmpty
                    ? nil
                    : prediction.members.map {
                        let best = mostProbable($0.confidences)
                        return MemberObject(
                            model: $0.name, genre: genres[best], confidence: $0.confidences[best], weight: $0.weight)
                    }, digest: origin?.digest))
    }

    func json(_ input: AudioInputs.Input, _ error: any Error) throws -> String {
        try encoded(
            FailureObject(file: input.name, error: "\(error)", model: model, digest: origin?.digest))
    }

    /// How a verdict and a failure begin: keys are in order.
    static let jsonBeginnings = ["{\"confidence\":", "{\"error\":"]

    /// What a line says of which file; nil where it is no result of this origin.
    func jsonResult(in line: String) -> (name: String, isVerdict: Bool)? {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let name = fields["file"] as? String, fields["digest"] as? String == origin?.digest,
            fields["genre"] is String || fields["error"] is String
        else { return nil }
        return (name, fields["genre"] is String)
    }

    private func encoded(_ value: some Encodable) throws -> String { try JSONText.line(of: value) }

    // MARK: CSV

    private static let csvColumns = [
        "file", "genre", "confidence", "unsure", "padded", "seconds", "silent_seconds", "damaged", "channel", "error",
    ]

    /// The first row, with the table's mark.
    func csvHeader(_ table: TableLayout) -> String {
        table.mark + table.row(Self.csvColumns + genres + (origin == nil ? [] : ["model", "digest"]))
    }

    func csv(_ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>, _ table: TableLayout) -> String {
        var fields = [input.name]
        switch result {
        case .success(let prediction):
            fields += [
                prediction.genre, decimal(prediction.confidence, places: 4), String(prediction.confidence < unsure),
                String(prediction.isPadded), decimal(prediction.seconds, places: 2),
                decimal(prediction.sound.silentSeconds, places: 2), String(prediction.sound.damage),
                prediction.sound.remarks.channelTaken.map { String($0 + 1) } ?? "", "",
            ]
            fields += prediction.confidences.map { decimal($0, places: 4) }
        case .failure(let error):
            fields += Self.csvColumns.dropFirst(2).map { _ in "" } + ["\(error)"] + genres.map { _ in "" }
        }
        return table.row(fields + (origin.map { [$0.model, $0.digest] } ?? []))
    }

    /// What a row says of which file; nil where it is no result of this origin.
    func csvResult(in fields: [String], _ table: TableLayout) -> (name: String, isVerdict: Bool)? {
        guard let origin, fields.count == Self.csvColumns.count + genres.count + 2, fields.last == origin.digest else {
            return nil
        }
        let name = table.forSpreadsheets ? TableLayout.unguarded(fields[0]) : fields[0]
        return (name, fields[Self.csvColumns.count - 1].isEmpty)  // no error
    }

    /// Whether the end of a row of this origin is in the bytes.
    func holdsRowEnd(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let origin else { return false }
        return Data(bytes).range(of: Data((origin.digest + "\n").utf8)) != nil
    }
}

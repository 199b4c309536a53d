import Foundation
import Prediction
import Report

/// Predictions as text, JSON and CSV.
struct PredictionFormat {
    let genres: [String]
    let top: Int
    let unsure: Double
    let timeline: Bool
    /// Of the names' column.
    let width: Int

    // MARK: text

    func text(_ input: AudioInputs.Input, _ prediction: TrackPrediction) -> String {
        var words = prediction.top(top).map { "\($0.genre) \(percent($0.confidence))" }
        if prediction.confidence < unsure { words.append("(unsure)") }
        if prediction.isPadded { words.append("(short)") }
        var lines = [input.name.left(width) + "  " + words.joined(separator: "   ")]
        if timeline {
            for stretch in Stretch.all(of: prediction) {
                lines.append(
                    "  \(playingTime(stretch.start)) - \(playingTime(stretch.end))  \(genres[stretch.genre]) \(percent(stretch.probability))"
                )
            }
        }
        return lines.joined(separator: "\n")
    }

    // MARK: JSON

    private struct Guess: Encodable {
        let genre: String
        let confidence: Double
    }

    private struct MomentObject: Encodable {
        let start: Double
        let end: Double
        let genre: String
        let probability: Double
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
        let timeline: [MomentObject]?
    }

    private struct FailureObject: Encodable {
        let file: String
        let error: String
    }

    func json(_ input: AudioInputs.Input, _ prediction: TrackPrediction) throws -> String {
        try encoded(
            PredictionObject(
                file: input.name, genre: prediction.genre, confidence: prediction.confidence,
                unsure: prediction.confidence < unsure,
                top: prediction.top(top).map { Guess(genre: $0.genre, confidence: $0.confidence) },
                seconds: prediction.seconds, segments: prediction.segments, padded: prediction.isPadded,
                timeline: timeline
                    ? Stretch.all(of: prediction).map {
                        MomentObject(
                            start: $0.start, end: $0.end, genre: genres[$0.genre], probability: $0.probability)
                    } : nil))
    }

    func json(_ input: AudioInputs.Input, _ error: any Error) throws -> String {
        try encoded(FailureObject(file: input.name, error: "\(error)"))
    }

    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    // MARK: CSV

    var csvHeader: String {
        (["file", "genre", "confidence", "unsure", "padded", "seconds", "error"] + genres).map(quoted)
            .joined(separator: ",")
    }

    func csv(_ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>) -> String {
        var fields = [input.name]
        switch result {
        case .success(let prediction):
            fields += [
                prediction.genre, decimal(prediction.confidence, places: 4), String(prediction.confidence < unsure),
                String(prediction.isPadded), decimal(prediction.seconds, places: 2), "",
            ]
            fields += prediction.confidences.map { decimal($0, places: 4) }
        case .failure(let error):
            fields += ["", "", "", "", "", "\(error)"] + genres.map { _ in "" }
        }
        return fields.map(quoted).joined(separator: ",")
    }

    private func quoted(_ field: String) -> String {
        field.contains { ",\"\n\r".contains($0) }
            ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
    }
}

/// A part of a track with one genre: neighbouring segments whose most probable genre is the same.
private struct Stretch {
    /// Seconds.
    var start: Double
    var end: Double
    var genre: Int
    /// Mean over the segments.
    var probability: Double

    static func all(of prediction: TrackPrediction) -> [Stretch] {
        var result: [Stretch] = []
        var segments = 0
        for (index, moment) in prediction.moments.enumerated() {
            let genre = moment.probabilities.indices.max { moment.probabilities[$0] < moment.probabilities[$1] } ?? 0
            let probability = Double(moment.probabilities[genre])
            let end = index + 1 < prediction.moments.count ? prediction.moments[index + 1].start : prediction.seconds
            if let last = result.last, last.genre == genre {
                segments += 1
                result[result.count - 1].end = end
                result[result.count - 1].probability += (probability - last.probability) / Double(segments)
            } else {
                segments = 1
                result.append(Stretch(start: moment.start, end: end, genre: genre, probability: probability))
            }
        }
        return result
    }
}

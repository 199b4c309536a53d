import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork

/// Tells the genre of sound that is still going on: a verdict at equal intervals, each on the last stretch heard.
///
/// Latency is bounded: a verdict comes within the call that brings its last sample, after one run of the net.
public final class LiveClassifier {
    /// A verdict on the last stretch.
    public struct Moment: Sendable {
        /// Seconds of sound heard so far.
        public let time: Double
        /// Whether there is nothing to hear in the last stretch, against the loudest that was heard so far: the verdict is
        /// the one before.
        public let isSilent: Bool
        public let genre: String
        /// Of each genre, in the order of the model's.
        public let confidences: [Double]
        /// Whether less than a segment was heard so far, and was padded to one.
        public let isPadded: Bool
    }

    private let predictor: GenrePredictor
    private let stretch: Int
    private let interval: Int
    private var last: [Float] = []
    private var heard = 0
    private var due: Int
    /// Of each net's loudest segment so far.
    private var loudest: [Float]
    private var verdict: TrackPrediction?

    /// - Parameters:
    ///   - interval: seconds from verdict to verdict.
    ///   - stretch: seconds that a verdict is of; by default, and at least, the longest segment of the model.
    /// - Throws: ``PredictionError/badSeconds(name:value:)`` for either that is not above 0 and at most a day.
    public init(predictor: GenrePredictor, interval: Double = 0.5, stretch: Double? = nil) throws {
        for (name, seconds) in [("interval", interval), ("stretch", stretch ?? 1)] {
            guard seconds > 0, seconds <= 86_400 else { throw PredictionError.badSeconds(name: name, value: seconds) }
        }
        self.predictor = predictor
        let rate = predictor.sampleRate
        self.stretch = max(predictor.segmentSamples, Int((stretch ?? 0) * rate))
        self.interval = max(1, Int(interval * rate))
        loudest = predictor.silenceSoFar
        due = max(predictor.leastSamples, self.interval)
    }

    /// Takes the next samples: mono, ±1, at ``GenrePredictor/sampleRate``. A value that is no number counts as silence.
    ///
    /// - Returns: the verdicts that became due, mostly none or one. Silence keeps the verdict before it, and has none at the
    ///   start.
    public func append(_ samples: [Float]) throws -> [Moment] {
        var result: [Moment] = []
        let isSound = samples.withUnsafeBufferPointer(FeatureChecks.firstNotFinite) == nil
        var rest = (isSound ? samples : samples.map { $0.isFinite ? $0 : 0 })[...]
        while !rest.isEmpty {
            let piece = rest.prefix(max(1, due - heard))
            rest = rest.dropFirst(piece.count)
            last += piece
            if last.count > stretch { last.removeFirst(last.count - stretch) }
            heard += piece.count
            guard heard >= due else { continue }
            due = heard + interval
            var isSilent = false
            do {
                let stretch = try predictor.predict(samples: last, loudest: loudest)
                loudest = stretch.loudest
                verdict = stretch.prediction
            } catch PredictionError.silent {
                isSilent = true
            }
            guard let verdict else { continue }
            result.append(
                Moment(
                    time: Double(heard) / predictor.sampleRate, isSilent: isSilent, genre: verdict.genre,
                    confidences: verdict.confidences, isPadded: verdict.isPadded))
        }
        return result
    }
}

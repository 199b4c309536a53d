import Audio
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork

/// Tells the genre of audio with a trained model: decodes, makes the model's own features, runs the net on every segment
/// and joins the segments to a verdict. Files are streamed: memory does not grow with their length, but for a few bytes a
/// segment.
///
/// A predictor serves one thread at a time; several may share a model.
public final class GenrePredictor {
    public let card: ModelCard
    private let extractor: FeatureExtractor
    private let executor: Executor

    /// - Throws: ``PredictionError/noAudioRecipe(recipe:)`` where the model's features cannot be made from audio,
    ///   ``PredictionError/notForSingleFiles(caution:)`` where its verdict on a segment depends on others.
    public init(model: TrainedModel, pool: ThreadPool, batch: Int = 64) throws {
        card = model.card
        if let caution = model.card.blueprint.caution { throw PredictionError.notForSingleFiles(caution: caution) }
        guard model.card.recipe.makesSegmentsFromAudio else {
            throw PredictionError.noAudioRecipe(recipe: model.card.recipe.name)
        }
        extractor = try FeatureExtractor(recipe: model.card.recipe)
        executor = try Executor(parameters: model.parameters, batch: batch, mode: .inference, pool: pool)
    }

    /// The verdict on a file of any format that can be decoded.
    public func predict(_ url: URL) throws -> TrackPrediction {
        do {
            return try predict { take in
                try AudioDecoder.decode(url, sampleRate: card.recipe.sampleRate) { piece in
                    try take(piece)
                    return true
                }
            }
        } catch let error as FeatureError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        } catch PredictionError.silent {
            throw PredictionError.unusable(file: url.path, problem: "\(PredictionError.silent)")
        }
    }

    /// The verdict on mono samples in ±1 at the recipe's sample rate.
    public func predict(samples: [Float]) throws -> TrackPrediction {
        try predict { take in try samples.withUnsafeBufferPointer(take) }
    }

    /// The verdict on sound that `source` hands over piece by piece.
    private func predict(
        _ source: (_ take: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void
    ) throws -> TrackPrediction {
        let stream = SegmentStream(extractor)
        let area = card.recipe.mels * card.recipe.segmentFrames
        var waiting = 0
        var starts: [Double] = []
        var probabilities: [Float] = []
        let receive: SegmentStream.Receiver = { [executor] values, start in
            (executor.inputs + waiting * area).update(from: values, count: area)
            starts.append(start)
            waiting += 1
            guard waiting == executor.batch else { return }
            probabilities += executor.probabilities(count: waiting)
            waiting = 0
        }
        try source { piece in try stream.append(piece, receive) }
        try stream.finish(receive)
        if waiting > 0 { probabilities += executor.probabilities(count: waiting) }
        // Below half a unit of 16 bits there is nothing to hear.
        guard stream.peak > 0.5 / 32_768 else { throw PredictionError.silent }
        return TrackPrediction(
            card: card, segments: probabilities, startTimes: starts,
            seconds: Double(stream.samples) / card.recipe.sampleRate, isPadded: stream.isPadded)
    }
}

import Audio
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork

/// Tells the genre of audio with a trained model: decodes, makes the model's own features, runs the net on every segment
/// and joins the segments to a verdict.
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
    public func predict(_ url: URL) throws -> TrackPrediction { try withSamples(of: url, predict(samples:)) }

    /// The verdict on mono samples in ±1 at the recipe's sample rate.
    public func predict(samples: [Float]) throws -> TrackPrediction {
        let batch = try extractor.segments(of: samples)
        var probabilities: [Float] = []
        probabilities.reserveCapacity(batch.count * card.genres.count)
        run(batch) { probabilities += executor.lastProbabilities(count: $0) }
        return TrackPrediction(
            genres: card.genres, verdict: Verdict(segments: probabilities, classes: card.genres.count),
            segments: batch.count)
    }

    /// What the net makes of each segment of a file before its last layer tells the genres apart.
    public func embed(_ url: URL) throws -> TrackEmbedding { try withSamples(of: url, embed(samples:)) }

    /// As ``embed(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func embed(samples: [Float]) throws -> TrackEmbedding {
        let batch = try extractor.segments(of: samples)
        var values: [Float] = []
        values.reserveCapacity(batch.count * executor.parameters.plan.embeddingSize)
        run(batch) { values += executor.lastEmbeddings(count: $0) }
        return TrackEmbedding(
            size: executor.parameters.plan.embeddingSize, startTimes: batch.startTimes, segments: values)
    }

    private func withSamples<Result>(of url: URL, _ body: ([Float]) throws -> Result) throws -> Result {
        let audio = try AudioDecoder.decode(url, sampleRate: card.recipe.sampleRate)
        do {
            return try body(audio.samples)
        } catch let error as FeatureError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        }
    }

    /// Runs the net on the segments, as many at once as the executor takes; `receive` gets the number after each run.
    private func run(_ batch: SegmentBatch, _ receive: (Int) -> Void) {
        let area = batch.mels * batch.frames
        for start in stride(from: 0, to: batch.count, by: executor.batch) {
            let count = min(executor.batch, batch.count - start)
            batch.values.withUnsafeBufferPointer { values in
                executor.inputs.update(from: values.baseAddress! + start * area, count: count * area)
            }
            _ = executor.probabilities(count: count)
            receive(count)
        }
    }
}

/// What a model says of one track.
public struct TrackPrediction: Sendable {
    public let genres: [String]
    /// Mean probabilities and votes of the track's segments.
    public let verdict: Verdict
    public let segments: Int

    /// The most probable genre.
    public var genre: String { genres[verdict.bySum] }
    /// Its mean probability over the segments.
    public var probability: Double { verdict.probabilities[verdict.bySum] }

    /// The `count` most probable genres, the most probable first.
    public func top(_ count: Int) -> [(genre: String, probability: Double)] {
        verdict.ranking.prefix(count).map { (genres[$0], verdict.probabilities[$0]) }
    }
}

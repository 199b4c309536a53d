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
    public func predict(_ url: URL) throws -> TrackPrediction { try streaming(url, predict) }

    /// The verdict on mono samples in ±1 at the recipe's sample rate.
    public func predict(samples: [Float]) throws -> TrackPrediction {
        try predict { take in try samples.withUnsafeBufferPointer(take) }
    }

    /// What the net makes of each segment of a file before its last layer tells the genres apart.
    public func embed(_ url: URL) throws -> TrackEmbedding { try streaming(url, embed) }

    /// As ``embed(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func embed(samples: [Float]) throws -> TrackEmbedding {
        try embed { take in try samples.withUnsafeBufferPointer(take) }
    }

    /// Hands sound over piece by piece.
    private typealias Source = (_ take: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void

    private func streaming<Result>(_ url: URL, _ body: (Source) throws -> Result) throws -> Result {
        do {
            return try body { take in
                try AudioDecoder.decode(url, sampleRate: card.recipe.sampleRate) { piece in
                    try take(piece)
                    return true
                }
            }
        } catch let error as FeatureError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        } catch let error as PredictionError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        }
    }

    private func predict(_ source: Source) throws -> TrackPrediction {
        let (stream, starts, probabilities) = try run(
            source, reading: { [executor] in Array(executor.lastProbabilities(count: $0)) })
        return TrackPrediction(
            card: card, segments: probabilities, startTimes: starts,
            seconds: Double(stream.samples) / card.recipe.sampleRate, isPadded: stream.isPadded)
    }

    private func embed(_ source: Source) throws -> TrackEmbedding {
        let (_, starts, values) = try run(source, reading: { [executor] in Array(executor.lastEmbeddings(count: $0)) })
        return TrackEmbedding(
            size: executor.parameters.plan.embeddingSize, startTimes: starts, segments: values)
    }

    /// Runs the net on the sound's segments, as many at once as the executor takes.
    ///
    /// - Parameter reading: what is kept of a run of so many segments.
    /// - Returns: the stream at its end, the seconds at which the segments start, and what was kept of all.
    private func run(
        _ source: Source, reading: @escaping (Int) -> [Float]
    ) throws -> (SegmentStream, starts: [Double], values: [Float]) {
        let stream = SegmentStream(extractor)
        let area = card.recipe.mels * card.recipe.segmentFrames
        let waiting = SegmentsInHand()
        func add(_ segment: UnsafePointer<Float>, _ start: Double) {
            (executor.inputs + waiting.count * area).update(from: segment, count: area)
            waiting.starts.append(start)
            waiting.count += 1
            guard waiting.count == executor.batch else { return }
            _ = executor.probabilities(count: waiting.count)
            waiting.values += reading(waiting.count)
            waiting.count = 0
        }
        try source { piece in try stream.append(piece, add) }
        try stream.finish(add)
        if waiting.count > 0 {
            _ = executor.probabilities(count: waiting.count)
            waiting.values += reading(waiting.count)
        }
        // Below half a unit of 16 bits there is nothing to hear.
        guard stream.peak > 0.5 / 32_768 else { throw PredictionError.silent }
        guard waiting.values.withUnsafeBufferPointer(FeatureChecks.firstNotFinite) == nil else {
            throw PredictionError.overflow
        }
        return (stream, waiting.starts, waiting.values)
    }
}

/// Segments that wait for the net, and what it said of those before.
private final class SegmentsInHand {
    var count = 0
    var starts: [Double] = []
    var values: [Float] = []
}

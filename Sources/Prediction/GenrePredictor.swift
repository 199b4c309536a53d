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
        } catch PredictionError.silent {
            throw PredictionError.unusable(file: url.path, problem: "\(PredictionError.silent)")
        }
    }

    private func predict(_ source: Source) throws -> TrackPrediction {
        var probabilities: [Float] = []
        let (stream, starts) = try run(source) { probabilities += executor.lastProbabilities(count: $0) }
        return TrackPrediction(
            card: card, segments: probabilities, startTimes: starts,
            seconds: Double(stream.samples) / card.recipe.sampleRate, isPadded: stream.isPadded)
    }

    private func embed(_ source: Source) throws -> TrackEmbedding {
        var values: [Float] = []
        let (_, starts) = try run(source) { values += executor.lastEmbeddings(count: $0) }
        return TrackEmbedding(
            size: executor.parameters.plan.embeddingSize, startTimes: starts, segments: values)
    }

    /// Runs the net on the sound's segments, as many at once as the executor takes; `receive` gets the number after each
    /// run.
    ///
    /// - Returns: the stream at its end, and the seconds at which the segments start.
    private func run(_ source: Source, _ receive: (Int) -> Void) throws -> (SegmentStream, starts: [Double]) {
        let stream = SegmentStream(extractor)
        let area = card.recipe.mels * card.recipe.segmentFrames
        var waiting = 0
        var starts: [Double] = []
        func flush() {
            _ = executor.probabilities(count: waiting)
            receive(waiting)
            waiting = 0
        }
        func add(_ values: UnsafePointer<Float>, _ start: Double) {
            (executor.inputs + waiting * area).update(from: values, count: area)
            starts.append(start)
            waiting += 1
            if waiting == executor.batch { flush() }
        }
        try source { piece in try stream.append(piece, add) }
        try stream.finish(add)
        if waiting > 0 { flush() }
        // Below half a unit of 16 bits there is nothing to hear.
        guard stream.peak > 0.5 / 32_768 else { throw PredictionError.silent }
        return (stream, starts)
    }
}

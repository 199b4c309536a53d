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
        try streaming(url) { try predict(loudest: 0, $0).prediction }
    }

    /// The verdict on mono samples in ±1 at the recipe's sample rate.
    public func predict(samples: [Float]) throws -> TrackPrediction {
        try predict(samples: samples, loudest: 0).prediction
    }

    /// As ``predict(samples:)`` of a part of a sound.
    ///
    /// - Parameter loudest: the level of the loudest segment heard before, against which silence is told.
    /// - Returns: the level of the loudest segment now, too.
    func predict(samples: [Float], loudest: Float) throws -> (prediction: TrackPrediction, loudest: Float) {
        try predict(loudest: loudest) { take, _ in
            try samples.withUnsafeBufferPointer(take)
            return SoundRemarks()
        }
    }

    /// The tags of a file of any format that can be decoded.
    ///
    /// - Throws: ``PredictionError/tellsGenres`` where the model tells genres.
    public func tags(_ url: URL) throws -> TrackTags { try streaming(url, tags) }

    /// As ``tags(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func tags(samples: [Float]) throws -> TrackTags {
        try tags { take, _ in
            try samples.withUnsafeBufferPointer(take)
            return SoundRemarks()
        }
    }

    /// What the net makes of each segment of a file before its last layer tells the genres apart.
    public func embed(_ url: URL) throws -> TrackEmbedding { try streaming(url, embed) }

    /// As ``embed(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func embed(samples: [Float]) throws -> TrackEmbedding {
        try embed { take, _ in
            try samples.withUnsafeBufferPointer(take)
            return SoundRemarks()
        }
    }

    /// Hands sound over piece by piece, perhaps a second time from its start after `restart`, and says what is known of it.
    private typealias Source = (
        _ take: (UnsafeBufferPointer<Float>) throws -> Void, _ restart: () throws -> Void
    ) throws -> SoundRemarks

    private func streaming<Result>(_ url: URL, _ body: (Source) throws -> Result) throws -> Result {
        do {
            return try body { take, restart in
                try withoutActuallyEscaping(restart) { restart in
                    try AudioDecoder.decode(url, sampleRate: card.recipe.sampleRate, restart: restart) { piece in
                        try take(piece)
                        return true
                    }.remarks
                }
            }
        } catch let error as FeatureError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        } catch let error as PredictionError {
            throw PredictionError.unusable(file: url.path, problem: "\(error)")
        }
    }

    private func predict(
        loudest: Float, _ source: Source
    ) throws -> (prediction: TrackPrediction, loudest: Float) {
        try refuseTags()
        let heard = try run(
            source, loudest: loudest, reading: { [executor] in Array(executor.lastProbabilities(count: $0)) })
        let prediction = TrackPrediction(
            card: card, segments: heard.values, startTimes: heard.starts, isSilent: heard.silence.isSilent,
            sound: heard.sound)
        return (prediction, heard.silence.loudest)
    }

    private func refuseTags() throws(PredictionError) {
        guard !card.tellsTags else { throw .tellsTags }
    }

    private func tags(_ source: Source) throws -> TrackTags {
        guard card.tellsTags else { throw PredictionError.tellsGenres }
        let heard = try run(source, loudest: 0, reading: { [executor] in Array(executor.lastProbabilities(count: $0)) })
        return TrackTags(
            names: card.genres, startTimes: heard.starts, isSilent: heard.silence.isSilent, segments: heard.values,
            sound: heard.sound)
    }

    private func embed(_ source: Source) throws -> TrackEmbedding {
        let heard = try run(source, loudest: 0, reading: { [executor] in Array(executor.lastEmbeddings(count: $0)) })
        return TrackEmbedding(
            size: executor.parameters.plan.embeddingSize, startTimes: heard.starts, isSilent: heard.silence.isSilent,
            segments: heard.values, sound: heard.sound)
    }

    private func forward(_ count: Int) {
        _ = card.tellsTags ? executor.independentProbabilities(count: count) : executor.probabilities(count: count)
    }

    /// A sound at its end.
    private struct Heard {
        /// Seconds at which the segments start.
        var starts: [Double]
        /// What was kept of all segments.
        var values: [Float]
        var silence: SegmentSilence
        var sound: HeardSound
    }

    /// Runs the net on the sound's segments, as many at once as the executor takes.
    ///
    /// - Parameters:
    ///   - loudest: the level of the loudest segment heard before, where the sound goes on.
    ///   - reading: what is kept of a run of so many segments.
    private func run(_ source: Source, loudest: Float, reading: @escaping (Int) -> [Float]) throws -> Heard {
        var stream = SegmentStream(extractor)
        let area = card.recipe.mels * card.recipe.segmentFrames
        var waiting = SegmentsInHand()
        func add(_ segment: UnsafePointer<Float>, _ start: Double) {
            (executor.inputs + waiting.count * area).update(from: segment, count: area)
            waiting.starts.append(start)
            waiting.count += 1
            guard waiting.count == executor.batch else { return }
            forward(waiting.count)
            waiting.values += reading(waiting.count)
            waiting.count = 0
        }
        let remarks = try source({ piece in try stream.append(piece, add) }) {
            stream = SegmentStream(extractor)
            waiting = SegmentsInHand()
        }
        try stream.finish(add)
        if waiting.count > 0 {
            forward(waiting.count)
            waiting.values += reading(waiting.count)
        }
        let silence = stream.silence(loudest: loudest)
        guard !silence.isWhole else { throw PredictionError.silent }
        guard waiting.values.withUnsafeBufferPointer(FeatureChecks.firstNotFinite) == nil else {
            throw PredictionError.overflow
        }
        let seconds = Double(stream.samples) / card.recipe.sampleRate
        return Heard(
            starts: waiting.starts, values: waiting.values, silence: silence,
            sound: HeardSound(
                seconds: seconds,
                silentSeconds: HeardSound.silentSeconds(silence.isSilent, starts: waiting.starts, seconds: seconds),
                isPadded: stream.isPadded, remarks: remarks))
    }
}

/// Segments that wait for the net, and what it said of those before.
private struct SegmentsInHand {
    var count = 0
    var starts: [Double] = []
    var values: [Float] = []
}

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
/// Of a fusion every member hears the sound by its own recipe, and a file is decoded once for all of them.
///
/// A predictor serves one thread at a time; several may share a model.
public final class GenrePredictor {
    /// The model's, or that of a fusion's first member, for what all members share; ``sampleRate`` and ``segmentSeconds`` are
    /// of them all.
    public var card: ModelCard { runners[0].card }
    /// Names of the classes, in their order.
    public var genres: [String] { card.genres }
    /// Hz, of samples that are handed over: the recipe's; of a fusion the greatest of its members'.
    public let sampleRate: Double
    /// Seconds of a segment; of a fusion the longest.
    public let segmentSeconds: Double

    private let runners: [NetRunner]
    /// Nil for one net.
    private let fusion: FusionRule?
    /// Without doubles.
    private let rates: [Double]
    private let rateOfRunner: [Int]

    /// - Throws: ``PredictionError/noAudioRecipe(recipe:)`` where the model's features cannot be made from audio,
    ///   ``PredictionError/notForSingleFiles(caution:)`` where its verdict on a segment depends on others.
    public convenience init(model: TrainedModel, pool: ThreadPool, batch: Int = 64) throws {
        try self.init(model: .single(model), pool: pool, batch: batch)
    }

    /// - Throws: as ``init(model:pool:batch:)-(TrainedModel,_,_)``.
    public init(model: GenreModel, pool: ThreadPool, batch: Int = 64) throws {
        runners = try zip(model.nets, model.recipes).map { net, recipe in
            try NetRunner(net, recipe: recipe, pool: pool, batch: batch)
        }
        switch model {
        case .single: fusion = nil
        case .fused(let model): fusion = FusionRule(model)
        }
        let all = model.recipes.map(\.sampleRate)
        let rates = Set(all).sorted(by: >)
        self.rates = rates
        rateOfRunner = all.map { rates.firstIndex(of: $0)! }
        sampleRate = rates[0]
        segmentSeconds = model.recipes.map(\.segmentSeconds).max()!
    }

    /// The verdict on a file of any format that can be decoded.
    public func predict(_ url: URL) throws -> TrackPrediction {
        try streaming(url) { try predict(loudest: silenceSoFar, $0).prediction }
    }

    /// The verdict on mono samples in ±1 at ``sampleRate``.
    public func predict(samples: [Float]) throws -> TrackPrediction {
        try predict(samples: samples, loudest: silenceSoFar).prediction
    }

    /// Of each net the level of the loudest segment heard, before any.
    var silenceSoFar: [Float] { runners.map { _ in 0 } }

    /// The fewest samples that any net can hear, and those of the longest segment.
    var leastSamples: Int { runners.map { samples($0.recipe.leastSamples, of: $0) }.min()! }
    var segmentSamples: Int { runners.map { samples($0.recipe.segmentSamples, of: $0) }.max()! }

    /// So many samples of a net, at ``sampleRate``.
    private func samples(_ count: Int, of runner: NetRunner) -> Int {
        Int((Double(count) * (sampleRate / runner.recipe.sampleRate)).rounded(.up))
    }

    /// As ``predict(samples:)`` of a part of a sound.
    ///
    /// - Parameter loudest: of each net the level of the loudest segment heard before, against which silence is told.
    /// - Returns: the levels of the loudest segments now, too.
    func predict(samples: [Float], loudest: [Float]) throws -> (prediction: TrackPrediction, loudest: [Float]) {
        try predict(loudest: loudest, source(of: samples))
    }

    /// The tags of a file of any format that can be decoded.
    ///
    /// - Throws: ``PredictionError/tellsGenres`` where the model tells genres.
    public func tags(_ url: URL) throws -> TrackTags { try streaming(url, tags) }

    /// As ``tags(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func tags(samples: [Float]) throws -> TrackTags { try tags(source(of: samples)) }

    /// What the net makes of each segment of a file before its last layer tells the genres apart.
    ///
    /// - Throws: ``PredictionError/severalNets`` of a fusion.
    public func embed(_ url: URL) throws -> TrackEmbedding { try streaming(url, embed) }

    /// As ``embed(_:)`` of mono samples in ±1 at the recipe's sample rate.
    public func embed(samples: [Float]) throws -> TrackEmbedding { try embed(source(of: samples)) }

    // MARK: - Sources

    /// Hands sound over piece by piece, each with the index of its rate, perhaps a second time from its start after `restart`,
    /// and says what is known of it.
    private typealias Source = (
        _ take: (Int, UnsafeBufferPointer<Float>) throws -> Void, _ restart: () throws -> Void
    ) throws -> SoundRemarks

    private func streaming<Result>(_ url: URL, _ body: (Source) throws -> Result) throws -> Result {
        do {
            return try body { take, restart in
                try withoutActuallyEscaping(restart) { restart in
                    try AudioDecoder.decode(url, sampleRates: rates, restart: restart) { rate, piece in
                        try take(rate, piece)
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

    /// Samples at ``sampleRate``, and at the other rates that nets need.
    private func source(of samples: [Float]) -> Source {
        { [rates] take, _ in
            try samples.withUnsafeBufferPointer { try take(0, $0) }
            for (index, rate) in rates.enumerated().dropFirst() {
                let ratio = rate / rates[0]
                let count = Int((Double(samples.count) * ratio).rounded(.up))
                let resampled = try Self.resampled(samples, ratio: ratio, count: count)
                try resampled.withUnsafeBufferPointer { try take(index, $0) }
            }
            return SoundRemarks()
        }
    }

    private static func resampled(_ samples: [Float], ratio: Double, count: Int) throws -> [Float] {
        let resampler = try Resampler(ratio: ratio)
        return try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            let output = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            try samples.withUnsafeBufferPointer { try resampler.resample($0, into: output) }
            filled = count
        }
    }

    // MARK: - What is told

    private func predict(
        loudest: [Float], _ source: Source
    ) throws -> (prediction: TrackPrediction, loudest: [Float]) {
        guard !card.tellsTags else { throw PredictionError.tellsTags }
        let (heard, remarks) = try run(source, loudest: loudest, .probabilities)
        let prediction: TrackPrediction
        if let fusion {
            prediction = fusion.prediction(of: heard, recipes: runners.map(\.recipe), remarks: remarks)
        } else {
            prediction = TrackPrediction(card: card, heard: heard[0]!, remarks: remarks)
        }
        return (prediction, zip(heard, loudest).map { $0?.silence.loudest ?? $1 })
    }

    private func tags(_ source: Source) throws -> TrackTags {
        guard card.tellsTags else { throw PredictionError.tellsGenres }
        let (heard, sound) = try runOne(source, .probabilities)
        return TrackTags(
            names: card.genres, startTimes: heard.starts, isSilent: heard.silence.isSilent, segments: heard.values,
            sound: sound)
    }

    private func embed(_ source: Source) throws -> TrackEmbedding {
        guard fusion == nil else { throw PredictionError.severalNets }
        let (heard, sound) = try runOne(source, .embeddings)
        return TrackEmbedding(
            size: runners[0].executor.parameters.plan.embeddingSize, startTimes: heard.starts,
            isSilent: heard.silence.isSilent, segments: heard.values, sound: sound)
    }

    private func runOne(_ source: Source, _ reading: NetRunner.Reading) throws -> (NetRunner.Heard, HeardSound) {
        let (heard, remarks) = try run(source, loudest: silenceSoFar, reading)
        return (heard[0]!, HeardSound(heard[0]!, remarks))
    }

    /// What each net made of the sound. One that finds it too short, or silent, has no part in it; there is at least one.
    ///
    /// - Throws: what the first net found wrong, where none could hear the sound.
    private func run(
        _ source: Source, loudest: [Float], _ reading: NetRunner.Reading
    ) throws -> ([NetRunner.Heard?], SoundRemarks) {
        for runner in runners { runner.begin(reading) }
        let remarks = try source({ rate, piece in
            for (runner, own) in zip(runners, rateOfRunner) where own == rate { try runner.append(piece) }
        }) {
            for runner in runners { runner.begin(reading) }
        }
        var fault: (any Error)?
        let heard = try zip(runners, loudest).map { runner, loudest -> NetRunner.Heard? in
            do { return try runner.finish(loudest: loudest) } catch FeatureError.tooShort(let seconds, let needed) {
                fault = fault ?? FeatureError.tooShort(seconds: seconds, needed: needed)
            } catch PredictionError.silent {
                fault = fault ?? PredictionError.silent
            }
            return nil
        }
        if let fault, heard.allSatisfy({ $0 == nil }) { throw fault }
        return (heard, remarks)
    }
}

extension HeardSound {
    init(_ heard: NetRunner.Heard, _ remarks: SoundRemarks) {
        self.init(
            seconds: heard.seconds, silentSeconds: heard.silentSeconds, isPadded: heard.isPadded, remarks: remarks)
    }
}

extension TrackPrediction {
    /// What one net says.
    init(card: ModelCard, heard: NetRunner.Heard, remarks: SoundRemarks) {
        self.init(
            card: card, segments: heard.values, startTimes: heard.starts, isSilent: heard.silence.isSilent,
            sound: HeardSound(heard, remarks))
    }
}

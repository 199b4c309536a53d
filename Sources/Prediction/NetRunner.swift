import Features
import ModelFile
import NeuralNetwork

/// One net on one sound: makes the net's own segments of samples as they come, and runs the net on as many at once as its
/// executor takes. It serves one sound after another.
final class NetRunner {
    /// A sound at its end, as one net heard it.
    struct Heard {
        /// Seconds at which the segments start.
        var starts: [Double]
        /// What was kept of all segments.
        var values: [Float]
        var silence: SegmentSilence
        /// Seconds that were read.
        var seconds: Double
        /// Whether the sound was shorter than a segment.
        var isPadded: Bool

        var silentSeconds: Double { HeardSound.silentSeconds(silence.isSilent, starts: starts, seconds: seconds) }
    }

    /// What is kept of a run of the net.
    enum Reading {
        case probabilities, embeddings
    }

    let card: ModelCard
    /// Of the segments that are heard.
    let recipe: FeatureRecipe
    let executor: Executor
    private let area: Int

    private var reading = Reading.probabilities
    private let stream: SegmentStream
    /// Segments that wait for the net, and what it said of those before.
    private var count = 0
    private var starts: [Double] = []
    private var values: [Float] = []

    /// Values of a segment of 80 x 80. Of larger ones fewer run at once: memory to clear is what a program's first answer
    /// waits for.
    private static let usualArea = 6400

    /// - Parameters:
    ///   - recipe: the model's, perhaps with segments farther apart.
    ///   - batch: segments of the usual size that run at once.
    /// - Throws: ``PredictionError/noAudioRecipe(recipe:)``, ``PredictionError/notForSingleFiles(caution:)``.
    init(_ model: TrainedModel, recipe: FeatureRecipe, pool: ThreadPool, batch: Int) throws {
        card = model.card
        self.recipe = recipe
        if let caution = model.card.blueprint.caution { throw PredictionError.notForSingleFiles(caution: caution) }
        guard recipe.makesSegmentsFromAudio else { throw PredictionError.noAudioRecipe(recipe: recipe.name) }
        let extractor = try FeatureExtractor(recipe: recipe)
        area = recipe.mels * recipe.segmentFrames
        executor = try Executor(
            parameters: model.parameters, batch: max(1, min(batch, batch * Self.usualArea / area)), mode: .inference,
            pool: pool)
        stream = SegmentStream(extractor)
    }

    /// Begins a sound, or the same one again.
    func begin(_ reading: Reading) {
        self.reading = reading
        stream.reset()
        count = 0
        starts = []
        values = []
    }

    /// Takes the next samples at the recipe's rate.
    func append(_ piece: UnsafeBufferPointer<Float>) throws { try stream.append(piece, add) }

    /// Ends the sound.
    ///
    /// - Parameter loudest: the level of the loudest segment heard before, where the sound goes on.
    /// - Throws: `FeatureError.tooShort`, ``PredictionError/silent``, ``PredictionError/overflow``.
    func finish(loudest: Float) throws -> Heard {
        try stream.finish(add)
        if count > 0 { runNet() }
        let silence = stream.silence(loudest: loudest)
        guard !silence.isWhole else { throw PredictionError.silent }
        guard values.withUnsafeBufferPointer(FeatureChecks.firstNotFinite) == nil else {
            throw PredictionError.overflow
        }
        return Heard(
            starts: starts, values: values, silence: silence, seconds: Double(stream.samples) / recipe.sampleRate,
            isPadded: stream.isPadded)
    }

    private func add(_ segment: UnsafePointer<Float>, _ start: Double) {
        (executor.inputs + count * area).update(from: segment, count: area)
        starts.append(start)
        count += 1
        if count == executor.batch { runNet() }
    }

    private func runNet() {
        _ = card.tellsTags ? executor.independentProbabilities(count: count) : executor.probabilities(count: count)
        switch reading {
        case .probabilities: values += executor.lastProbabilities(count: count)
        case .embeddings: values += executor.lastEmbeddings(count: count)
        }
        count = 0
    }
}

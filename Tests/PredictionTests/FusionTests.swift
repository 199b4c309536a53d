import Audio
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Testing

@testable import Prediction

/// Several models joined by the geometric mean: each member gives the bits that it gives alone, and the mean is theirs.
@Suite struct FusionTests {
    private let folder: URL
    private let pool: ThreadPool

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fusion-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        pool = try ThreadPool(threads: 2)
    }

    private func net(
        _ recipe: FeatureRecipe, seed: UInt64, genres: [String] = ["a", "b", "c"], temperature: Double? = nil
    ) throws -> TrainedModel {
        let blueprint = Blueprint("tiny", input: recipe.mels × recipe.segmentFrames) {
            Convolution(4, kernel: 5 × 5)
            MaxPool(10 × 10)
            LeakyReLU(0.3)
            Dense(7)
            LeakyReLU(0.3)
            Dense(genres.count)
        }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: seed)
        var card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: recipe, configuration: TrainingConfiguration(),
            split: "none", trainingTracks: [], heldOutTracks: [], dataHash: "", scores: nil,
            instructionSet: activeInstructionSet, toolVersion: "test")
        if let temperature {
            let verdicts = (0..<20).map { _ in Verdict(segments: [0.6, 0.2, 0.2], classes: 3) }
            card.calibration = Calibration(verdicts: verdicts, labels: verdicts.map { _ in 0 })
            card.calibration?.temperature = temperature
        }
        return TrainedModel(card: card, parameters: parameters)
    }

    private func fusion(_ members: FusedModel.Member...) throws -> FusedModel {
        try FusedModel(members, toolVersion: "test")
    }

    private func predictor(_ model: TrainedModel) throws -> GenrePredictor {
        try GenrePredictor(model: model, pool: pool, batch: 4)
    }

    private func predictor(_ model: FusedModel) throws -> GenrePredictor {
        try GenrePredictor(model: .fused(model), pool: pool, batch: 4)
    }

    /// A chirp in two channels.
    private func file(_ name: String, seconds: Double, right: Float = 0.5, silence: Range<Double> = 0..<0) throws -> URL
    {
        let samples = (0..<Int(seconds * 44_100)).flatMap { index -> [Float] in
            let time = Double(index) / 44_100
            let value =
                silence.contains(time) ? 0 : Float(sin(400 * time * (1 + time / 7)) * 0.4 + sin(9000 * time) * 0.1)
            return [value, right * value]
        }
        let url = folder.appendingPathComponent(name)
        var bytes = Data()
        func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: "RIFF".utf8)
        add(UInt32(36 + samples.count * 2))
        bytes.append(contentsOf: "WAVEfmt ".utf8)
        add(UInt32(16))
        for value in [1, 2] as [UInt16] { add(value) }
        for value in [44_100, 176_400] as [UInt32] { add(value) }
        for value in [4, 16] as [UInt16] { add(value) }
        bytes.append(contentsOf: "data".utf8)
        add(UInt32(samples.count * 2))
        for sample in samples { add(Int16(sample * 32_767)) }
        try bytes.write(to: url)
        return url
    }

    /// Three rates, one of them the file's own; in the second file the channels cancel, so that the sound comes twice.
    @Test(arguments: [0.5, -1] as [Float])
    func membersHearWhatTheyHearAlone(right: Float) throws {
        let song = try file("song.wav", seconds: 11, right: right)
        let models = [
            try net(.schindler, seed: 1), try net(.musicnn, seed: 2), try net(.pons, seed: 3),
            try net(.gtzanMel, seed: 4),
        ]
        let fused = try FusedModel(
            models.enumerated().map { FusedModel.Member(name: "m\($0)", model: $1) }, toolVersion: "test")
        let together = try predictor(fused).predict(song)
        #expect(together.members.count == 4)
        for (model, member) in zip(models, together.members) {
            let alone = try predictor(model).predict(song)
            #expect(member.confidences == alone.confidences, "\(model.card.recipe.name)")
            #expect(member.segments == alone.segments)
        }
        #expect(together.sound.remarks.channelTaken == (right < 0 ? 0 : nil))
        #expect(together.moments.map(\.start) == (try predictor(models[0]).predict(song).moments.map(\.start)))
    }

    @Test func theVerdictIsTheWeightedGeometricMean() throws {
        let song = try file("song.wav", seconds: 8)
        let first = FusedModel.Member(name: "x", weight: 3, model: try net(.schindler, seed: 1, temperature: 2))
        let second = FusedModel.Member(name: "y", weight: 1, model: try net(.musicnn, seed: 2))
        var fused = try fusion(first, second)
        #expect(fused.members.map(\.weight) == [0.75, 0.25])
        let prediction = try predictor(fused).predict(song)
        let (p, q) = (try predictor(first.model).predict(song), try predictor(second.model).predict(song))
        // The first member's confidences are calibrated.
        #expect(p.confidences != p.verdict.probabilities)
        let products = zip(p.confidences, q.confidences).map { pow($0, 0.75) * pow($1, 0.25) }
        for (found, product) in zip(prediction.confidences, products) {
            #expect(abs(found - product / products.reduce(0, +)) < 1e-12)
        }
        #expect(prediction.confidence == prediction.confidences.max())
        #expect(prediction.verdict.votes.reduce(0, +) == prediction.segments)

        // A calibration of the fusion's own comes last.
        fused.calibration = first.model.card.calibration
        let softer = try predictor(fused).predict(song)
        #expect(softer.verdict == prediction.verdict)
        let roots = prediction.confidences.map { pow($0, 1 / 2.0) }
        for (found, root) in zip(softer.confidences, roots) {
            #expect(abs(found - root / roots.reduce(0, +)) < 1e-9)
        }
    }

    @Test func momentsAreJoinedWhereTheyOverlap() throws {
        let song = try file("song.wav", seconds: 10)
        let (first, second) = (try net(.schindler, seed: 1), try net(.musicnn, seed: 2))
        let prediction = try predictor(
            fusion(.init(name: "x", model: first), .init(name: "y", every: 2, model: second))
        ).predict(song)
        let (p, q) = (try predictor(first).predict(song).moments, try predictor(second).predict(song).moments)
        #expect(q.count == 3 && prediction.moments.count == p.count)
        for (index, moment) in prediction.moments.enumerated() {
            // Of the second the segments at 0 and 5.98 s are heard; each lasts 2.98 s, and between them the nearer one counts.
            let own = p[index]
            let heard = [q[0], q[2]]
            let overlapping = heard.filter { $0.start < own.start + 0.93 && $0.start + 2.976 > own.start }
            #expect(overlapping.count <= 1)
            let other = overlapping.first ?? (own.start < 2.992 ? q[0] : q[2])
            let products = zip(own.probabilities, other.probabilities).map { sqrt(Double($0) * Double($1)) }
            for (found, product) in zip(moment.probabilities, products) {
                #expect(abs(Double(found) - product / products.reduce(0, +)) < 1e-6, "\(index)")
            }
        }
    }

    @Test func aMemberThatCannotHearTheSoundHasNoPart() throws {
        let (first, second) = (try net(.musicnn, seed: 1), try net(.schindler, seed: 2))
        let fused = try predictor(fusion(.init(name: "x", model: first), .init(name: "y", model: second)))
        // Too short for the first.
        let short = try fused.predict(file("short.wav", seconds: 0.7))
        #expect(short.members.map(\.name) == ["y"] && short.isPadded)
        #expect(short.confidences == (try predictor(second).predict(file("short.wav", seconds: 0.7)).confidences))
        #expect(short.moments.count == 1)
        // Too short for both, and silence: what the first says.
        #expect { try fused.predict(file("tiny.wav", seconds: 0.2)) } throws: { "\($0)".contains("tiny.wav") }
        #expect {
            try fused.predict(file("silent.wav", seconds: 5, silence: 0..<5))
        } throws: {
            "\($0)".contains("nothing but silence")
        }
        // What is heard lies between the segments of one member.
        let gaps = try predictor(
            fusion(.init(name: "x", every: 2, model: first), .init(name: "y", model: second)))
        let song = try file("gap.wav", seconds: 9.2, silence: 0..<3.5)
        #expect(try gaps.predict(song).members.count == 2)
        let between = try file("between.wav", seconds: 5.9, silence: 0..<3.5)
        #expect(try gaps.predict(between).members.map(\.name) == ["y"])
    }

    @Test func samplesAreTakenAtTheGreatestRate() throws {
        let (first, second) = (try net(.musicnn, seed: 1), try net(.schindler, seed: 2))
        let fused = try predictor(fusion(.init(name: "x", model: first), .init(name: "y", model: second)))
        #expect(fused.sampleRate == 22_050 && abs(fused.segmentSeconds - 2.976) < 1e-9)
        let samples = try AudioDecoder.decode(file("song.wav", seconds: 6), sampleRate: 22_050).samples
        let prediction = try fused.predict(samples: samples)
        #expect(prediction.members[1].confidences == (try predictor(second).predict(samples: samples).confidences))
        // The first member's come through the resampler once more.
        let direct = try predictor(first).predict(file("song.wav", seconds: 6)).confidences
        for (found, wanted) in zip(prediction.members[0].confidences, direct) { #expect(abs(found - wanted) < 0.02) }

        let live = try LiveClassifier(predictor: fused, interval: 1)
        var moments: [LiveClassifier.Moment] = []
        for start in stride(from: 0, to: samples.count, by: 5000) {
            moments += try live.append(Array(samples[start..<min(start + 5000, samples.count)]))
        }
        #expect(moments.count == 6 && moments.map(\.isPadded) == [true, true, false, false, false, false])
        #expect(throws: PredictionError.self) { try fused.embed(samples: samples) as TrackEmbedding }
        #expect(throws: PredictionError.self) { try fused.tags(samples: samples) as TrackTags }
    }
}

import Foundation
import ModelFile
import NeuralNetwork
import Randomness
import Testing

@testable import Datasets
@testable import Training

@Suite struct AugmentationTests {
    private let set = plainSet()
    private let split: TrackSplit
    private let everything = AugmentationConfiguration(
        masks: .init(count: 2, bands: 20, frames: 20), mixup: 0.4, gain: 6, classWeights: true)

    init() throws { split = try .random(set, seed: 0) }

    private func trained(
        _ augmentation: AugmentationConfiguration?, threads: Int = 2, epochs: Int = 2
    ) throws -> (parameters: [[Float]], record: EpochRecord) {
        let configuration = TrainingConfiguration(
            net: "tiny", epochs: epochs, batch: 16, learningRate: 0.003, seed: 4, augmentation: augmentation)
        let trainer = try Trainer(
            set: set, split: split, blueprint: tinyBlueprint, configuration: configuration,
            pool: ThreadPool(threads: threads))
        var last: EpochRecord?
        try trainer.run { if case .epoch(let record) = $0 { last = record } }
        return (trainer.parameters.plan.parameters.map(trainer.parameters.canonical), try #require(last))
    }

    @Test func everythingGivesTheSameBitsOnAnyNumberOfThreads() throws {
        let one = try trained(everything, threads: 1).parameters
        #expect(try trained(everything, threads: 2).parameters == one)
        #expect(try trained(everything, threads: 3).parameters == one)
        #expect(try trained(nil).parameters != one)
    }

    @Test func anEmptyConfigurationChangesNoBit() throws {
        #expect(try trained(AugmentationConfiguration()).parameters == trained(nil).parameters)
        // Every genre of the set has as many segments, so that all weights are 1.
        #expect(try trained(.init(classWeights: true)).parameters == trained(nil).parameters)
    }

    @Test func whatIsPlainIsLearntNonetheless() throws {
        #expect(try trained(everything, epochs: 12).record.raw > 0.8)
        #expect(try trained(.init(balancedSampling: true), epochs: 12).record.raw > 0.8)
    }

    @Test func masksStayWithinTheirBounds() {
        var stream = RandomStream(seed: 1, purpose: "mask test")
        var widths: Set<Int> = []
        for _ in 0..<3000 {
            let range = stream.maskRange(below: 6, of: 10)
            #expect(range.lowerBound >= 0 && range.upperBound <= 10)
            widths.insert(range.count)
        }
        #expect(widths == Set(0..<6))
    }

    @Test(arguments: [0.01, 0.2, 1, 4])
    func sharesHaveTheBetaDistribution(alpha: Double) {
        var stream = RandomStream(seed: 1, purpose: "share test")
        let shares = (0..<20_000).map { _ in stream.beta(alpha) }
        #expect(shares.allSatisfy { 0...1 ~= $0 })
        let mean = shares.reduce(0, +) / 20_000
        let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 0.5) < 0.015)
        #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.006)
    }

    @Test func balancedEpochsTakeGenresEquallyOften() {
        let tracks = [7, 3, 1].enumerated().flatMap { label, count in
            (0..<count).map { SegmentSet.Track(id: "\(label)/\($0)", label: label) }
        }
        let values = tracks.map { _ in [Float](repeating: 0, count: 6400) }
        let set = SegmentSet(genres: ["a", "b", "c"], recipe: .schindler, tracks: tracks, values: values)
        let order = BalancedOrder(set: set, segments: Array(0..<11), seed: 3)
        for epoch in 1...5 {
            let segments = order.segments(ofEpoch: epoch)
            #expect(segments.count == 11)
            let counts = (0..<3).map { genre in segments.count { set.label(ofSegment: $0) == genre } }
            #expect(counts.sorted() == [3, 4, 4])
            // Rounds: none of a genre comes twice more often than another.
            for genre in 0..<3 {
                let own = (0..<11).filter { set.label(ofSegment: $0) == genre }
                let times = own.map { index in segments.count { $0 == index } }
                #expect(times.max()! - times.min()! <= 1)
            }
        }
        #expect(order.segments(ofEpoch: 1) != order.segments(ofEpoch: 2))
        let weights = BatchAugmentation.inverseFrequencies(set: set, segments: Array(0..<11))
        let mean = (0..<11).reduce(0.0) { $0 + Double(weights[set.label(ofSegment: $1)]) } / 11
        #expect(abs(mean - 1) < 1e-6)
        #expect(abs(weights[2] / weights[0] - 7) < 1e-5)
    }

    @Test func whatTheDataCannotGiveIsRefused() {
        // These segments came ready-made: they cannot start elsewhere.
        #expect(throws: TrainingError.self) { try trained(.init(crop: true)) }
        #expect(throws: TrainingError.self) { try trained(.init(masks: .init(bands: 81))) }
        for senseless in [
            AugmentationConfiguration(mixup: 0), .init(mixup: .nan), .init(gain: -1), .init(masks: .init(count: 0)),
            .init(classWeights: true, balancedSampling: true),
        ] {
            #expect(throws: TrainingError.self, "\(senseless)") { try trained(senseless) }
        }
    }

    @Test func configurationsSurviveCodingAndOlderOnesAreRead() throws {
        let configuration = TrainingConfiguration(augmentation: everything)
        let coded = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: coded) == configuration)
        let plain = try JSONEncoder().encode(TrainingConfiguration())
        #expect(!String(decoding: plain, as: UTF8.self).contains("augmentation"))
        #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: plain) == TrainingConfiguration())
    }
}

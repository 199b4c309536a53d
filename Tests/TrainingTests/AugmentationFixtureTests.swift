import CKernels
import Foundation
import Randomness
import Testing

@testable import Training

/// Masks against torchaudio, mixup and its loss against PyTorch, gain against torchaudio's gain on the sound itself:
/// Tools/make_augmentation_fixtures.py.
@Suite struct AugmentationFixtureTests {
    private struct Fixture: Decodable {
        struct Mask: Decodable {
            var first: Double
            var second: Double
            var width: Int
            var start: Int
            var count: Int
        }
        struct Mixup: Decodable {
            struct Loss: Decodable {
                var loss: Double
                var gradient: [Double]
            }
            var batch: Int
            var classes: Int
            var size: Int
            var share: Double
            var labels: [Int32]
            var weights: [Float]
            var mixed: [Double]
            var losses: [Loss]
        }
        struct Gain: Decodable {
            struct Case: Decodable {
                var decibels: Double
                var values: [Double]
            }
            var plain: [Double]
            var cases: [Case]
        }
        var masks: [Mask]
        var mixup: Mixup
        var gain: Gain
    }

    private let fixture: Fixture

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "augmentation", withExtension: "json", subdirectory: "Fixtures"))
        fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    /// The fixtures' generator (Tools/make_fixtures.py).
    private func generated(_ stream: String, count: Int, halfWidth: Double = 1) -> [Float] {
        var generator = SplitMix64(state: fnv1a(stream))
        return (0..<count).map { _ in Float(halfWidth * (2 * (Double(generator.next() >> 40) * 0x1p-24) - 1)) }
    }

    @Test func masksAreTorchaudios() {
        #expect(fixture.masks.count == 28 && fixture.masks.contains { $0.count > 20 })
        for mask in fixture.masks {
            let range = RandomStream.maskRange(mask.first, mask.second, below: mask.width, of: 80)
            #expect(range.count == mask.count, "\(mask)")
            if mask.count > 0 { #expect(range.lowerBound == mask.start, "\(mask)") }
        }
    }

    @Test func mixturesArePyTorchs() {
        let mixup = fixture.mixup
        var values = generated("mixup.x", count: mixup.batch * mixup.size)
        values.withUnsafeMutableBufferPointer { values in
            for row in 0..<mixup.batch / 2 {
                gk_augment_mix(
                    values.baseAddress! + row * mixup.size,
                    values.baseAddress! + (mixup.batch - 1 - row) * mixup.size, Int64(mixup.size), Float(mixup.share))
            }
        }
        for index in values.indices { #expect(abs(Double(values[index]) - mixup.mixed[index]) < 1e-6, "\(index)") }
    }

    @Test(arguments: [false, true])
    func lossesOfMixturesArePyTorchs(weighted: Bool) {
        let mixup = fixture.mixup
        let wanted = mixup.losses[weighted ? 1 : 0]
        let stored = 16
        let logits = generated("mixup.logits", count: mixup.batch * mixup.classes, halfWidth: 3)
        let padded = (0..<mixup.batch * stored).map { index in
            index % stored < mixup.classes ? logits[index / stored * mixup.classes + index % stored] : 0
        }
        var gradient = [Float](repeating: .nan, count: padded.count)
        var (correct, weight): (Int32, Double) = (0, 0)
        let second = Array(mixup.labels.reversed())
        let sum = mixup.labels.withUnsafeBufferPointer { labels in
            second.withUnsafeBufferPointer { second in
                mixup.weights.withUnsafeBufferPointer { weights in
                    var targets = gk_targets(
                        labels: labels.baseAddress, second: second.baseAddress, share: mixup.share,
                        class_weights: weighted ? weights.baseAddress : nil)
                    return gk_softmax_cross_entropy_targets(
                        Int32(mixup.batch), Int32(mixup.classes), Int32(stored), padded, &targets, nil, &gradient,
                        &correct, &weight)
                }
            }
        }
        #expect(abs(sum / weight - wanted.loss) < 1e-6)
        for (index, value) in wanted.gradient.enumerated() {
            let found = gradient[index / mixup.classes * stored + index % mixup.classes]
            #expect(abs(Double(found) - value) < 1e-6, "logit \(index)")
        }
    }

    /// A gain of the sound, made to its features.
    @Test func gainsAreThoseOfTheSound() {
        for wanted in fixture.gain.cases {
            var values = fixture.gain.plain.map(Float.init)
            gk_augment_gain(&values, Int64(values.count), wanted.decibels * log(10) / 20, 1e-6)
            for index in values.indices {
                #expect(abs(Double(values[index]) - wanted.values[index]) < 5e-6, "\(wanted.decibels) dB, \(index)")
            }
        }
    }
}

import CKernels
import Foundation
import Randomness
import Testing

@Suite struct AugmentTests {
    @Test(arguments: [-12.0, -0.5, 6.0, 40.0], [1, 7, 403])
    func gainMatchesItsFormulaDownToTheFloor(decibels: Double, count: Int) {
        let floor = 1e-6
        let logGain = decibels * log(10.0) / 20
        // From the floor itself over the values where it fades to loud ones.
        let before = (0..<count).map { Float(log(floor) + 30 * Double($0) / Double(count)) }
        var values = before
        gk_augment_gain(&values, Int64(count), logGain, floor)
        for (value, old) in zip(values, before) {
            let wanted = log(exp(logGain) * max(exp(Double(old)) - floor, 0) + floor)
            #expect(abs(Double(value) - wanted) < 2e-6, "\(old) became \(value), not \(wanted)")
        }
    }

    @Test func silenceStaysSilent() {
        var values = [Float](repeating: Float(log(1e-6)), count: 5)
        let before = values
        gk_augment_gain(&values, 5, 3, 1e-6)
        // The floor in single precision is half a unit off its logarithm, which the gain raises.
        for (value, old) in zip(values, before) { #expect(abs(value - old) < 2e-5) }
    }

    @Test(arguments: [(5, 7, 0, 2, 0, 7), (5, 7, 0, 5, 3, 4), (5, 7, 2, 0, 0, 7), (1, 1, 0, 1, 0, 1)])
    func masksFillTheirRectangleAlone(mels: Int, frames: Int, mel: Int, bands: Int, frame: Int, width: Int) {
        var segment = (0..<mels * frames).map { Float($0) }
        gk_augment_mask(&segment, Int32(frames), Int32(mel), Int32(bands), Int32(frame), Int32(width), -1)
        for m in 0..<mels {
            for f in 0..<frames {
                let inside = mel..<mel + bands ~= m && frame..<frame + width ~= f
                #expect(segment[m * frames + f] == (inside ? -1 : Float(m * frames + f)))
            }
        }
    }

    @Test func depthStretchesLevelsFromTheTop() {
        var values: [Float] = [14, 13, 9, 5, 4.8]
        gk_augment_depth(&values, 5, 14, 1.25, 4.75)
        for (value, wanted) in zip(values, [14, 12.75, 7.75, 4.75, 4.75] as [Float]) {
            #expect(abs(value - wanted) < 1e-5)
        }
    }

    @Test func meansAndMixturesMatchTheirFormula() {
        var random = RandomStream(seed: 2, purpose: "augmentation test")
        for count in [0, 1, 5, 33] {
            let a = (0..<count).map { _ in Float(random.uniform(-1, 1)) }
            let b = (0..<count).map { _ in Float(random.uniform(-1, 1)) }
            let mean = a.reduce(0.0) { $0 + Double($1) } / Double(max(count, 1))
            #expect(abs(gk_augment_mean(a, Int64(count)) - mean) < 1e-12)
            var (x, y) = (a, b)
            gk_augment_mix(&x, &y, Int64(count), 0.7)
            for i in 0..<count {
                #expect(abs(x[i] - (0.7 * a[i] + 0.3 * b[i])) < 1e-6)
                #expect(abs(y[i] - (0.7 * b[i] + 0.3 * a[i])) < 1e-6)
            }
            (x, y) = (a, b)
            gk_augment_mix(&x, &y, Int64(count), 1)
            #expect(x == a && y == b)
        }
    }
}

@Suite struct TargetLossTests {
    private let batch = 5
    private let classes = 4
    private let stored = 16
    private let labels: [Int32] = [0, 1, 3, 3, 2]
    private let second: [Int32] = [2, 3, 3, 1, 0]
    private let weights: [Float] = [0.5, 2, 1.5, 0.25]
    private let logits: [Float]

    init() {
        var random = RandomStream(seed: 5, purpose: "target loss test")
        logits = (0..<batch * stored).map { _ in Float(random.uniform(-3, 3)) }
    }

    private func loss(
        _ logits: [Float], second: [Int32]? = nil, share: Double = 1, weights: [Float]? = nil
    ) -> (sum: Double, weight: Double, gradient: [Float], correct: Int32) {
        var gradient = [Float](repeating: 9, count: batch * stored)
        var (correct, weight): (Int32, Double) = (0, 0)
        let sum = labels.withUnsafeBufferPointer { labels in
            (second ?? []).withUnsafeBufferPointer { others in
                (weights ?? []).withUnsafeBufferPointer { w in
                    var targets = gk_targets(
                        labels: labels.baseAddress, second: second == nil ? nil : others.baseAddress, share: share,
                        class_weights: weights == nil ? nil : w.baseAddress)
                    return gk_softmax_cross_entropy_targets(
                        Int32(batch), Int32(classes), Int32(stored), logits, &targets, nil, &gradient, &correct,
                        &weight)
                }
            }
        }
        return (sum, weight, gradient, correct)
    }

    @Test func weightsOfOneAndAShareOfOneAreThePlainLossBitForBit() {
        var gradient = [Float](repeating: 9, count: batch * stored)
        var correct: Int32 = 0
        let plain = gk_softmax_cross_entropy(
            Int32(batch), Int32(classes), Int32(stored), logits, labels, nil, &gradient, &correct)
        for found in [
            loss(logits), loss(logits, weights: [1, 1, 1, 1]), loss(logits, second: second),
            loss(logits, second: second, weights: [1, 1, 1, 1]),
        ] {
            #expect(found.sum == plain && found.weight == Double(batch))
            #expect(found.gradient == gradient && found.correct == correct)
        }
    }

    /// PyTorch: the sum of w[y] ce over the sum of w[y].
    @Test func weightsMatchTheirFormula() {
        let found = loss(logits, weights: weights)
        var (sum, total) = (0.0, 0.0)
        for n in 0..<batch {
            let row = (0..<classes).map { exp(Double(logits[n * stored + $0])) }
            let weight = Double(weights[Int(labels[n])])
            sum -= weight * log(row[Int(labels[n])] / row.reduce(0, +))
            total += weight
        }
        #expect(abs(found.sum - sum) < 1e-9 && abs(found.weight - total) < 1e-12)
    }

    @Test(arguments: [false, true])
    func gradientsMatchFiniteDifferences(weighted: Bool) {
        let weights = weighted ? weights : nil
        let gradient = loss(logits, second: second, share: 0.3, weights: weights).gradient
        func mean(_ logits: [Float]) -> Double {
            let found = loss(logits, second: second, share: 0.3, weights: weights)
            return found.sum / found.weight
        }
        for index in logits.indices {
            var (above, below) = (logits, logits)
            above[index] += 0x1p-8
            below[index] -= 0x1p-8
            let slope = (mean(above) - mean(below)) / Double(above[index] - below[index])
            #expect(abs(slope - Double(gradient[index])) < 1e-5, "logit \(index)")
        }
    }
}

import CKernels
import Foundation
import Randomness
import Testing

/// A dense layer with memory for everything that its kernels read and write.
struct DenseCase: CustomTestStringConvertible, Sendable {
    var batch: Int
    var segments: [Int]
    var out: Int
    var slope: Float = 0.3
    var dropout: Float = 0

    var testDescription: String { "\(batch) x \(segments) -> \(out), slope \(slope), dropout \(dropout)" }

    /// Odd sizes on both sides of every boundary in the kernels: tiles, vectors, chunks, blocks and passes.
    static let grid = [
        DenseCase(batch: 1, segments: [1], out: 16),
        DenseCase(batch: 2, segments: [5], out: 32, dropout: 0.25),
        DenseCase(batch: 5, segments: [77, 77], out: 48, slope: 1),
        DenseCase(batch: 16, segments: [512], out: 16, slope: 0),
        DenseCase(batch: 17, segments: [513, 30], out: 80, dropout: 0.1),
        DenseCase(batch: 50, segments: [200, 1], out: 208, dropout: 0.5),
        DenseCase(batch: 64, segments: [1100], out: 96),
        DenseCase(batch: 65, segments: [300, 7, 260], out: 112, dropout: 0.1),
        DenseCase(batch: 130, segments: [90], out: 240),
        DenseCase(batch: 265, segments: [49], out: 16, slope: 1, dropout: 0.25),
    ]
}

/// One layer's memory; the gradients start as not-a-number.
final class DenseMemory {
    let layout: DenseCase
    let features, gradients: [Floats]
    let weights, bias, output, outputGradient, weightGradient, biasGradient: Floats
    private let segments: UnsafeMutablePointer<gk_dense_segment>

    init(_ layout: DenseCase, seed: UInt64 = 7) {
        var random = RandomStream(seed: seed, purpose: "dense test")
        self.layout = layout
        let total = layout.segments.reduce(0, +)
        features = layout.segments.map { Floats(count: layout.batch * $0, random: &random) }
        gradients = layout.segments.map { Floats(count: layout.batch * $0) }
        weights = Floats(count: total * layout.out, random: &random)
        bias = Floats(count: layout.out, random: &random)
        output = Floats(count: layout.batch * layout.out)
        outputGradient = Floats(count: layout.batch * layout.out, random: &random)
        weightGradient = Floats(count: total * layout.out)
        biasGradient = Floats(count: layout.out)
        segments = .allocate(capacity: layout.segments.count)
        for (index, count) in layout.segments.enumerated() {
            (segments + index).initialize(
                to: gk_dense_segment(
                    features: features[index].pointer, gradient: gradients[index].pointer, count: Int32(count)))
        }
    }

    deinit { segments.deallocate() }

    /// Leaves out the gradient of one segment.
    func leaveOutGradient(of segment: Int) { segments[segment].gradient = nil }

    var layer: gk_dense {
        gk_dense(
            segments: segments, segment_count: Int32(layout.segments.count), out: Int32(layout.out),
            weights: weights.pointer, bias: bias.pointer, slope: layout.slope, dropout: layout.dropout, key: 1234,
            step: 56, output: output.pointer, output_gradient: outputGradient.pointer,
            weight_gradient: weightGradient.pointer, bias_gradient: biasGradient.pointer)
    }

    func run(pool: OpaquePointer) {
        var layer = layer
        gk_dense_forward(pool, Int32(layout.batch), &layer)
        gk_dense_backward(pool, Int32(layout.batch), &layer)
    }

    func runOracle() {
        var layer = layer
        gk_oracle_dense_forward(Int32(layout.batch), &layer)
        gk_oracle_dense_backward(Int32(layout.batch), &layer)
    }

    var results: [(name: String, floats: Floats)] {
        [
            ("output", output), ("output gradient", outputGradient), ("weight gradient", weightGradient),
            ("bias gradient", biasGradient),
        ] + gradients.enumerated().map { ("gradient of segment \($0.offset)", $0.element) }
    }
}

extension KernelTests {
    @Test(arguments: DenseCase.grid) func denseMatchesTheOracle(layout: DenseCase) throws {
        let expected = DenseMemory(layout)
        expected.runOracle()
        for isa in fastSets {
            let found = DenseMemory(layout)
            try on(isa) { try withPool(2) { found.run(pool: $0) } }
            for (result, oracle) in zip(found.results, expected.results) {
                // Sums of up to 1,100 products in another order: a few units of the last place of the largest one.
                let difference = relativeDifference(result.floats.values, oracle.floats.values)
                #expect(difference < 3e-6, "\(result.name) on \(String(cString: gk_isa_name(isa)))")
            }
        }
    }

    @Test(arguments: DenseCase.grid) func denseGivesTheSameBitsOnAnyNumberOfThreads(layout: DenseCase) throws {
        for isa in fastSets {
            let runs = try [1, 2, 7].map { threads in
                let memory = DenseMemory(layout)
                try on(isa) { try withPool(Int32(threads)) { memory.run(pool: $0) } }
                return memory
            }
            for other in runs.dropFirst() {
                for (a, b) in zip(runs[0].results, other.results) { #expect(a.floats.bits == b.floats.bits) }
            }
        }
    }

    @Test func anImageAloneGivesTheBitsThatItGivesInABatch() throws {
        for isa in fastSets {
            let batch = DenseMemory(DenseCase(batch: 37, segments: [700, 90], out: 208))
            let alone = DenseMemory(DenseCase(batch: 1, segments: [700, 90], out: 208))
            for (index, count) in [700, 90].enumerated() {
                for k in 0..<count { alone.features[index][k] = batch.features[index][36 * count + k] }
            }
            for i in 0..<alone.weights.count { alone.weights[i] = batch.weights[i] }
            for i in 0..<208 { alone.bias[i] = batch.bias[i] }
            try on(isa) {
                try withPool(2) { pool in
                    var a = alone.layer
                    var b = batch.layer
                    gk_dense_forward(pool, 1, &a)
                    gk_dense_forward(pool, 37, &b)
                }
            }
            #expect(alone.output.bits == Array(batch.output.bits[(36 * 208)...]))
        }
    }

    @Test func aSegmentWithoutGradientIsLeftAlone() throws {
        let layout = DenseCase(batch: 9, segments: [40, 50], out: 32)
        for isa in fastSets {
            let memory = DenseMemory(layout)
            memory.leaveOutGradient(of: 0)
            try on(isa) { try withPool(2) { memory.run(pool: $0) } }
            #expect(memory.gradients[0].values.allSatisfy { $0.isNaN })
            #expect(memory.gradients[1].values.allSatisfy { $0.isFinite })
        }
    }

    @Test func dropoutKeepsTheShareThatItShould() throws {
        for isa in fastSets {
            let memory = DenseMemory(DenseCase(batch: 256, segments: [3], out: 208, slope: 1, dropout: 0.25))
            try on(isa) { try withPool(2) { memory.run(pool: $0) } }
            let dropped = memory.output.values.filter { $0 == 0 }.count
            // 53,248 draws: four standard deviations are 0.0075.
            #expect(abs(Double(dropped) / (256 * 208) - 0.25) < 0.0075)
            for (index, value) in memory.output.values.enumerated() {
                #expect((value != 0) == (gk_dropout_keeps(1234, 56, UInt64(index), 0.25) != 0))
            }
        }
    }

    @Test func gradientsAreTheSlopesOfTheLoss() throws {
        // The loss is the sum of output x random; central differences of the oracle in steps of 1/64.
        let layout = DenseCase(batch: 3, segments: [6, 2], out: 16, dropout: 0.25)
        let memory = DenseMemory(layout)
        let direction = memory.outputGradient.values
        func loss() -> Double {
            var layer = memory.layer
            gk_oracle_dense_forward(3, &layer)
            return zip(memory.output.values, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        memory.runOracle()
        let values = [memory.weights, memory.bias, memory.features[0], memory.features[1]]
        let gradients = [memory.weightGradient, memory.biasGradient, memory.gradients[0], memory.gradients[1]]
        for (value, gradient) in zip(values, gradients) {
            var wrong = 0
            for i in 0..<value.count {
                let before = value[i]
                value[i] = before + 0x1p-6
                let above = loss()
                value[i] = before - 0x1p-6
                let below = loss()
                value[i] = before
                if abs((above - below) / 0x1p-5 - Double(gradient[i])) > 1e-4 { wrong += 1 }
            }
            // A step may cross the kink of the leaky ReLU; few do.
            #expect(wrong * 8 <= value.count)
        }
    }
}

@Suite struct LossTests {
    @Test func softmaxCrossEntropyMatchesItsFormula() {
        var random = RandomStream(seed: 3, purpose: "loss test")
        let (batch, classes, stored) = (7, 10, 16)
        let logits = Floats(count: batch * stored, in: -4...4, random: &random)
        let labels = (0..<batch).map { _ in Int32(random.index(below: classes)) }
        let probabilities = Floats(count: batch * classes)
        let gradient = Floats(count: batch * stored)
        var correct: Int32 = -1
        let loss = gk_softmax_cross_entropy(
            Int32(batch), Int32(classes), Int32(stored), logits.pointer, labels, probabilities.pointer,
            gradient.pointer, &correct)
        var (sum, hits) = (0.0, 0)
        for n in 0..<batch {
            let row = (0..<classes).map { Double(logits[n * stored + $0]) }
            let total = row.map { exp($0) }.reduce(0, +)
            sum -= log(exp(row[Int(labels[n])]) / total)
            hits += row.firstIndex(of: row.max()!)! == Int(labels[n]) ? 1 : 0
            for c in 0..<stored {
                let p = c < classes ? exp(row[c]) / total : 0
                let target = c == Int(labels[n]) ? 1.0 : 0
                #expect(abs(Double(gradient[n * stored + c]) - (c < classes ? (p - target) / Double(batch) : 0)) < 1e-7)
                if c < classes { #expect(abs(Double(probabilities[n * classes + c]) - p) < 1e-7) }
            }
        }
        #expect(abs(loss - sum) < 1e-9)
        #expect(correct == hits)
    }

    @Test func hugeLogitsStayFinite() {
        let logits = Floats([1000, -1000, 0, 0] + [Float](repeating: 0, count: 12))
        let probabilities = Floats(count: 3)
        let loss = gk_softmax_cross_entropy(1, 3, 16, logits.pointer, [1], probabilities.pointer, nil, nil)
        #expect(probabilities.values == [1, 0, 0])
        #expect(abs(loss - 2000) < 1e-9)
    }
}

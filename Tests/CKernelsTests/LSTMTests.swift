import CKernels
import Foundation
import Randomness
import Testing

/// What one step of a source looks like, and how many steps a column spans.
struct SourceShape: Sendable {
    var rows: Int
    var columns: Int
    var channels: Int
    var span: Int
}

/// An LSTM layer's shape.
struct LSTMCase: CustomTestStringConvertible, Sendable {
    var batch: Int
    var sources: [SourceShape]
    var hidden: Int
    var directions: Int
    var dropout: Float = 0

    var steps: Int { sources[0].columns * sources[0].span }
    var features: Int { sources.reduce(0) { $0 + $1.rows * $1.channels } }
    var testDescription: String { "\(batch) x \(steps) x \(features) -> \(directions) x \(hidden)" }

    static let grid = [
        LSTMCase(
            batch: 1, sources: [SourceShape(rows: 1, columns: 1, channels: 1, span: 1)], hidden: 16, directions: 1),
        LSTMCase(
            batch: 1, sources: [SourceShape(rows: 1, columns: 33, channels: 48, span: 1)], hidden: 80, directions: 2),
        LSTMCase(
            batch: 5,
            sources: [
                SourceShape(rows: 10, columns: 2, channels: 16, span: 5),
                SourceShape(rows: 2, columns: 10, channels: 16, span: 1),
            ], hidden: 32, directions: 2, dropout: 0.25),
        LSTMCase(
            batch: 19,
            sources: [
                SourceShape(rows: 2, columns: 4, channels: 72, span: 1),
                SourceShape(rows: 1, columns: 2, channels: 7, span: 2),
                SourceShape(rows: 1, columns: 4, channels: 300, span: 1),
                SourceShape(rows: 3, columns: 1, channels: 5, span: 4),
            ], hidden: 48, directions: 1, dropout: 0.1),
        // Sources whose columns serve several steps, of several blocks each.
        LSTMCase(
            batch: 70,
            sources: [
                SourceShape(rows: 1, columns: 2, channels: 7, span: 2),
                SourceShape(rows: 2, columns: 1, channels: 5, span: 4),
                SourceShape(rows: 1, columns: 4, channels: 20, span: 1),
            ], hidden: 16, directions: 2, dropout: 0.1),
        LSTMCase(
            batch: 66, sources: [SourceShape(rows: 1, columns: 1, channels: 20, span: 3)], hidden: 16, directions: 2),
        LSTMCase(
            batch: 2, sources: [SourceShape(rows: 2, columns: 3, channels: 70, span: 1)], hidden: 208, directions: 1),
    ]
}

/// One layer's memory; whatever the kernels must write starts as not-a-number.
final class LSTMMemory {
    struct Direction {
        let inputWeights, recurrentWeights, inputBias, recurrentBias: Floats
        let gradients: [Floats]
    }

    let layout: LSTMCase
    let values, gradients: [Floats]
    let directions: [Direction]
    let outputs, last, outputsGradient, lastGradient, workspace: Floats
    private let sources: UnsafeMutablePointer<gk_lstm_source>
    private let parameters: UnsafeMutablePointer<gk_lstm_direction>

    /// - Parameter units: how many of the hidden units are real; the weights of the others are zero.
    init(_ layout: LSTMCase, units: Int? = nil) {
        var random = RandomStream(seed: 5, purpose: "LSTM test")
        self.layout = layout
        let (batch, hidden) = (layout.batch, layout.hidden)
        let columns = 4 * hidden
        let real = units ?? hidden
        func parameter(rows: Int, recurrent: Bool = false) -> Floats {
            let floats = Floats(count: rows * columns, in: -0.4...0.4, random: &random)
            for i in 0..<floats.count where i % hidden >= real || recurrent && i / columns >= real { floats[i] = 0 }
            return floats
        }
        values = layout.sources.map {
            Floats(count: batch * $0.rows * $0.columns * $0.channels, random: &random)
        }
        gradients = values.map { Floats(count: $0.count) }
        directions = (0..<layout.directions).map { _ in
            let rows = [layout.features, hidden, 1, 1]
            return Direction(
                inputWeights: parameter(rows: rows[0]), recurrentWeights: parameter(rows: rows[1], recurrent: true),
                inputBias: parameter(rows: 1), recurrentBias: parameter(rows: 1),
                gradients: rows.map { Floats(count: $0 * columns) })
        }
        let width = batch * layout.directions * hidden
        outputs = Floats(count: width * layout.steps)
        last = Floats(count: width)
        outputsGradient = Floats(count: width * layout.steps, random: &random)
        lastGradient = Floats(count: width, random: &random)
        for i in 0..<outputsGradient.count where i % hidden >= real { outputsGradient[i] = 0 }
        for i in 0..<lastGradient.count where i % hidden >= real { lastGradient[i] = 0 }
        sources = .allocate(capacity: layout.sources.count)
        for (index, shape) in layout.sources.enumerated() {
            (sources + index).initialize(
                to: gk_lstm_source(
                    values: values[index].pointer, gradient: gradients[index].pointer, rows: Int32(shape.rows),
                    columns: Int32(shape.columns), channels: Int32(shape.channels), span: Int32(shape.span)))
        }
        parameters = .allocate(capacity: layout.directions)
        for (index, d) in directions.enumerated() {
            (parameters + index).initialize(
                to: gk_lstm_direction(
                    input_weights: d.inputWeights.pointer, recurrent_weights: d.recurrentWeights.pointer,
                    input_bias: d.inputBias.pointer, recurrent_bias: d.recurrentBias.pointer,
                    input_weight_gradient: d.gradients[0].pointer, recurrent_weight_gradient: d.gradients[1].pointer,
                    input_bias_gradient: d.gradients[2].pointer, recurrent_bias_gradient: d.gradients[3].pointer))
        }
        var layer = gk_lstm()
        layer.sources = UnsafePointer(sources)
        layer.source_count = Int32(layout.sources.count)
        layer.steps = Int32(layout.steps)
        layer.hidden = Int32(hidden)
        layer.direction_count = Int32(layout.directions)
        workspace = Floats(count: gk_lstm_workspace(&layer, Int32(batch)) / 4)
    }

    deinit {
        sources.deallocate()
        parameters.deallocate()
    }

    var layer: gk_lstm {
        gk_lstm(
            sources: sources, source_count: Int32(layout.sources.count), steps: Int32(layout.steps),
            hidden: Int32(layout.hidden), directions: parameters, direction_count: Int32(layout.directions),
            dropout: layout.dropout, key: 99, step: 8, outputs: outputs.pointer, last: last.pointer,
            outputs_gradient: outputsGradient.pointer, last_gradient: lastGradient.pointer, workspace: workspace.pointer
        )
    }

    func run(pool: OpaquePointer) {
        var layer = layer
        gk_lstm_forward(pool, Int32(layout.batch), &layer)
        gk_lstm_backward(pool, Int32(layout.batch), &layer)
    }

    var parameterGradients: [Floats] { directions.flatMap(\.gradients) }
    var results: [Floats] { [outputs, last] + gradients + parameterGradients }
}

/// The layer in double precision, straight from PyTorch's documentation of LSTM: the sum of all outputs and last states,
/// each times the number that stands for its gradient.
private func loss(_ memory: LSTMMemory) -> Double {
    let layout = memory.layout
    let (hidden, width) = (layout.hidden, layout.directions * layout.hidden)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func kept(_ element: Int) -> Double {
        if layout.dropout == 0 { return 1 }
        return gk_dropout_keeps(99, 8, UInt64(element), layout.dropout) == 0 ? 0 : 1 / (1 - Double(layout.dropout))
    }
    var total = 0.0
    for (d, direction) in memory.directions.enumerated() {
        for n in 0..<layout.batch {
            var (h, cell) = ([Double](repeating: 0, count: hidden), [Double](repeating: 0, count: hidden))
            for t in d == 0 ? Array(0..<layout.steps) : Array((0..<layout.steps).reversed()) {
                var x: [Double] = []
                for (source, values) in zip(layout.sources, memory.values) {
                    for row in 0..<source.rows {
                        let start = ((n * source.rows + row) * source.columns + t / source.span) * source.channels
                        x += (0..<source.channels).map { Double(values[start + $0]) }
                    }
                }
                let a = (0..<4 * hidden).map { c in
                    var sum = Double(direction.inputBias[c]) + Double(direction.recurrentBias[c])
                    for (weights, state) in [(direction.inputWeights, x), (direction.recurrentWeights, h)] {
                        for (k, value) in state.enumerated() { sum += value * Double(weights[k * 4 * hidden + c]) }
                    }
                    return sum
                }
                for u in 0..<hidden {
                    cell[u] = sigmoid(a[hidden + u]) * cell[u] + sigmoid(a[u]) * tanh(a[2 * hidden + u])
                    h[u] = sigmoid(a[3 * hidden + u]) * tanh(cell[u])
                    let all = (n * layout.steps + t) * width + d * hidden + u
                    total += h[u] * kept(all) * Double(memory.outputsGradient[all])
                }
            }
            for u in 0..<hidden {
                let end = n * width + d * hidden + u
                total += h[u] * kept(end) * Double(memory.lastGradient[end])
            }
        }
    }
    return total
}

extension KernelTests {
    @Test(arguments: LSTMCase.grid) func lstmMatchesTheOracle(layout: LSTMCase) throws {
        let expected = LSTMMemory(layout)
        var layer = expected.layer
        gk_oracle_lstm_forward(Int32(layout.batch), &layer)
        gk_oracle_lstm_backward(Int32(layout.batch), &layer)
        for isa in fastSets {
            let runs = try [2, 1, 7].map { threads in
                let memory = LSTMMemory(layout)
                try on(isa) { try withPool(Int32(threads)) { memory.run(pool: $0) } }
                return memory
            }
            for (index, (result, oracle)) in zip(runs[0].results, expected.results).enumerated() {
                #expect(
                    relativeDifference(result.values, oracle.values) < 5e-6,
                    "result \(index) on \(String(cString: gk_isa_name(isa)))")
            }
            for other in runs.dropFirst() {
                for (a, b) in zip(runs[0].results, other.results) { #expect(a.bits == b.bits) }
            }
        }
    }

    @Test(arguments: [LSTMCase.grid[2], LSTMCase.grid[5]]) func lstmGradientsAreTheSlopesOfTheLoss(
        layout: LSTMCase
    ) throws {
        let memory = LSTMMemory(layout)
        try withPool(2) { memory.run(pool: $0) }
        var total = 0.0
        for (output, gradient) in [(memory.outputs, memory.outputsGradient), (memory.last, memory.lastGradient)] {
            for i in 0..<output.count { total += Double(output[i]) * Double(gradient[i]) }
        }
        #expect(abs(total - loss(memory)) < 1e-4)
        var random = RandomStream(seed: 1, purpose: "places")
        let values =
            memory.values
            + memory.directions.flatMap { [$0.inputWeights, $0.recurrentWeights, $0.inputBias, $0.recurrentBias] }
        for (value, gradient) in zip(values, memory.gradients + memory.parameterGradients) {
            for _ in 0..<6 {
                let i = random.index(below: value.count)
                let before = value[i]
                value[i] = before + 0x1p-10
                let above = loss(memory)
                value[i] = before - 0x1p-10
                let below = loss(memory)
                value[i] = before
                // The loss has no kinks: what is left is the third derivative and the kernels' single precision.
                #expect(abs((above - below) / 0x1p-9 - Double(gradient[i])) < 1e-5 * max(1, abs(Double(gradient[i]))))
            }
        }
    }

    @Test func spareUnitsStayZero() throws {
        let layout = LSTMCase(
            batch: 3, sources: [SourceShape(rows: 1, columns: 4, channels: 9, span: 1)], hidden: 32, directions: 2)
        for isa in fastSets {
            let memory = LSTMMemory(layout, units: 20)
            try on(isa) { try withPool(2) { memory.run(pool: $0) } }
            for floats in [memory.outputs, memory.last] + memory.parameterGradients {
                for i in 0..<floats.count where i % 32 >= 20 { #expect(floats[i] == 0) }
            }
            for direction in memory.directions {
                let recurrent = direction.gradients[1]
                for i in 0..<recurrent.count where i / 128 >= 20 { #expect(recurrent[i] == 0) }
            }
        }
    }

    @Test func unwantedOutputsAndGradientsMayBeLeftOut() throws {
        for isa in [GK_ISA_SCALAR] + fastSets {
            let (whole, part) = (LSTMMemory(LSTMCase.grid[3]), LSTMMemory(LSTMCase.grid[3]))
            for i in 0..<whole.outputsGradient.count { whole.outputsGradient[i] = 0 }
            try on(isa) {
                try withPool(2) { pool in
                    whole.run(pool: pool)
                    var layer = part.layer
                    layer.outputs = nil
                    layer.outputs_gradient = nil
                    gk_lstm_forward(pool, Int32(part.layout.batch), &layer)
                    gk_lstm_backward(pool, Int32(part.layout.batch), &layer)
                }
            }
            #expect(part.outputs.values.allSatisfy { $0.isNaN })
            #expect(part.last.bits == whole.last.bits)
            for (a, b) in zip(part.parameterGradients, whole.parameterGradients) { #expect(a.values == b.values) }
        }
    }

    @Test func aSourceWithoutAGradientLeavesTheOthersAlone() throws {
        for isa in [GK_ISA_SCALAR] + fastSets {
            let (whole, part) = (LSTMMemory(LSTMCase.grid[3]), LSTMMemory(LSTMCase.grid[3]))
            try on(isa) {
                try withPool(2) { pool in
                    whole.run(pool: pool)
                    var layer = part.layer
                    var sources = (0..<part.layout.sources.count).map { layer.sources[$0] }
                    sources[1].gradient = nil
                    sources.withUnsafeBufferPointer { sources in
                        layer.sources = sources.baseAddress
                        gk_lstm_forward(pool, Int32(part.layout.batch), &layer)
                        gk_lstm_backward(pool, Int32(part.layout.batch), &layer)
                    }
                }
            }
            #expect(part.gradients[1].values.allSatisfy { $0.isNaN })
            for index in [0, 2, 3] { #expect(part.gradients[index].bits == whole.gradients[index].bits) }
            for (a, b) in zip(part.parameterGradients, whole.parameterGradients) { #expect(a.bits == b.bits) }
        }
    }

    @Test func senselessLayersNeedNoWorkspace() {
        let memory = LSTMMemory(LSTMCase.grid[2])
        func workspace(batch: Int32 = 5, _ change: (inout gk_lstm) -> Void) -> Int {
            var layer = memory.layer
            change(&layer)
            return gk_lstm_workspace(&layer, batch)
        }
        #expect(workspace { _ in } > 0)
        #expect(workspace(batch: 0) { _ in } == 0)
        #expect(workspace { $0.steps = 11 } == 0)
        #expect(workspace { $0.hidden = 20 } == 0)
        #expect(workspace { $0.direction_count = 3 } == 0)
        #expect(workspace { $0.source_count = 0 } == 0)
    }

    @Test func activationsAreAccurate() throws {
        // Every size from the smallest to where both are flat, both signs, and a count that fills no vector.
        var inputs: [Float] = [0, -0.0, .infinity, -.infinity]
        for exponent in -60...7 {
            for part in 0..<19 {
                let x = Float(sign: .plus, exponent: exponent, significand: 1 + Float(part) / 19)
                inputs += [x, -x]
            }
        }
        inputs += stride(from: Float(-30), to: 30, by: 0.0137)
        let from = Floats(inputs)
        for isa in fastSets {
            let (sigmoids, tanhs) = (Floats(count: inputs.count), Floats(count: inputs.count))
            on(isa) {
                gk_sigmoid(Int64(inputs.count), from.pointer, sigmoids.pointer)
                gk_tanh(Int64(inputs.count), from.pointer, tanhs.pointer)
            }
            for (i, x) in inputs.enumerated() {
                let expected = (1 / (1 + exp(-Double(x))), tanh(Double(x)))
                // Below e^-87 single precision has few bits or none left.
                if x > -86 { #expect(abs(Double(sigmoids[i]) - expected.0) <= 3e-7 * expected.0) }
                #expect(sigmoids[i] >= 0 && sigmoids[i] < 1e-36 || x > -86)
                #expect(abs(Double(tanhs[i]) - expected.1) <= 3e-7 * abs(expected.1))
                #expect(tanhs[i].sign == x.sign || x == 0)
            }
        }
    }
}

extension KernelTests {
    /// Saturated gates are as small as 1e-38: products with such numbers take a hundred times as long on some processors.
    @Test(arguments: [Float(-95), -30]) func saturatedGatesLeaveNoSubnormals(bias: Float) throws {
        let layout = LSTMCase(
            batch: 5, sources: [SourceShape(rows: 1, columns: 4, channels: 16, span: 1)], hidden: 16, directions: 1)
        for isa in fastSets {
            try on(isa) {
                let memory = LSTMMemory(layout)
                for i in 0..<memory.directions[0].inputBias.count { memory.directions[0].inputBias[i] += bias }
                let weights = memory.directions[0].inputWeights
                for i in 0..<weights.count { weights[i] *= 30 }
                try withPool(2) { memory.run(pool: $0) }
                let tiny = (memory.results + [memory.workspace]).flatMap(\.values).filter { $0.isSubnormal }
                #expect(tiny.isEmpty)
                #expect(memory.outputs.values.contains(0), "some states are cut")
                #expect(bias < -90 || memory.outputs.values.contains { $0 != 0 }, "others are not")
            }
        }
    }
}

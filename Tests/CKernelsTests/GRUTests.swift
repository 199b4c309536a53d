import CKernels
import Randomness
import Testing

extension KernelTests {
    /// One unit and many, one step, several sources with columns that span steps, both directions, partial blocks.
    @Test(arguments: LSTMCase.grid) func grusMatchTheOracleOnEverySet(layout: LSTMCase) throws {
        let exact = GRUMemory(layout)
        exact.withLayer {
            gk_oracle_gru_forward(Int32(layout.batch), &$0)
            gk_oracle_gru_backward(Int32(layout.batch), &$0)
        }
        for isa in fastSets {
            try on(isa) {
                let found = try [Int32(1), 3].map { threads in
                    let memory = GRUMemory(layout)
                    try withPool(threads) { pool in
                        memory.withLayer {
                            gk_gru_forward(pool, Int32(layout.batch), &$0)
                            gk_gru_backward(pool, Int32(layout.batch), &$0)
                        }
                    }
                    return memory.results.map(\.values)
                }
                #expect(found[0] == found[1], "the same bits on any number of threads")
                for (values, expected) in zip(found[0], exact.results) {
                    #expect(relativeDifference(values, expected.values) < 1e-5)
                }
            }
        }
    }
}

/// One layer's memory; whatever the kernels must write starts as not-a-number.
private final class GRUMemory {
    let results: [Floats]
    private let given: [Floats]
    private let workspace: Floats
    private let sources: [gk_lstm_source]
    private let directions: [gk_gru_direction]
    private let layer: gk_gru

    init(_ layout: LSTMCase) {
        var random = RandomStream(seed: 6, purpose: "GRU test")
        let (hidden, columns) = (layout.hidden, 3 * layout.hidden)
        var (given, results): ([Floats], [Floats]) = ([], [])
        func made(_ count: Int) -> UnsafeMutablePointer<Float> {
            results.append(Floats(count: count))
            return results.last!.pointer
        }
        func drawn(_ count: Int, in range: ClosedRange<Double> = -1...1) -> UnsafeMutablePointer<Float> {
            given.append(Floats(count: count, in: range, random: &random))
            return given.last!.pointer
        }
        sources = layout.sources.map {
            let count = layout.batch * $0.rows * $0.columns * $0.channels
            return gk_lstm_source(
                values: drawn(count), gradient: made(count), rows: Int32($0.rows), columns: Int32($0.columns),
                channels: Int32($0.channels), span: Int32($0.span))
        }
        directions = (0..<layout.directions).map { _ in
            gk_gru_direction(
                input_weights: drawn(layout.features * columns, in: -0.4...0.4),
                recurrent_weights: drawn(hidden * columns, in: -0.4...0.4),
                input_bias: drawn(columns, in: -0.4...0.4), recurrent_bias: drawn(columns, in: -0.4...0.4),
                input_weight_gradient: made(layout.features * columns),
                recurrent_weight_gradient: made(hidden * columns), input_bias_gradient: made(columns),
                recurrent_bias_gradient: made(columns))
        }
        let width = layout.batch * layout.directions * hidden
        var layer = gk_gru(
            sources: nil, source_count: Int32(sources.count), steps: Int32(layout.steps), hidden: Int32(hidden),
            directions: nil, direction_count: Int32(layout.directions), outputs: made(width * layout.steps),
            last: made(width), outputs_gradient: drawn(width * layout.steps), last_gradient: drawn(width),
            workspace: nil)
        workspace = sources.withUnsafeBufferPointer { sources in
            layer.sources = sources.baseAddress
            return Floats(count: gk_gru_workspace(&layer, Int32(layout.batch)) / 4)
        }
        layer.workspace = UnsafeMutableRawPointer(workspace.pointer)
        self.layer = layer
        self.given = given
        self.results = results
    }

    func withLayer(_ body: (inout gk_gru) -> Void) {
        sources.withUnsafeBufferPointer { sources in
            directions.withUnsafeBufferPointer { directions in
                var layer = layer
                layer.sources = sources.baseAddress
                layer.directions = directions.baseAddress
                body(&layer)
            }
        }
    }
}

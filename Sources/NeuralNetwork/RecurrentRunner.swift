import CKernels
import Randomness

/// The layers of a recurrent stage, bound to their memory.
final class RecurrentRunner {
    /// What a stage needs, before there is memory.
    struct Layout {
        let stage: NetworkPlan.RecurrentStage
        let batch: Int
        let outputs: [Int]
        let outputGradients: [Int]
        let workspaces: [Int]

        init(stage: NetworkPlan.RecurrentStage, batch: Int, training: Bool, arena: inout ArenaPlan) {
            self.stage = stage
            self.batch = batch
            let width = stage.settings.directions * stage.hidden.stored
            let steps = stage.steps ?? 1
            // A layer keeps all its steps for the next one; the last keeps what goes on to the dense layers.
            let sizes = (0..<stage.settings.layers).map { layer in
                batch * width * (layer == stage.settings.layers - 1 ? 1 : steps)
            }
            outputs = sizes.map { arena.reserve(floats: $0) }
            outputGradients = sizes.map { arena.reserve(floats: training ? $0 : 0) }
            workspaces = (0..<stage.settings.layers).map { layer in
                // Only the sizes matter here; there is no memory yet.
                var sources = Self.sources(of: stage, layer: layer, count: batch, inputs: [], previous: nil)
                return sources.withUnsafeMutableBufferPointer { sources in
                    var call = Self.call(of: stage, count: batch)
                    call.sources = UnsafePointer(sources.baseAddress)
                    call.source_count = Int32(sources.count)
                    return arena.reserve(bytes: gk_lstm_workspace(&call, Self.sequences(of: stage, count: batch)))
                }
            }
        }

        /// The shape of a call for `count` segments, without memory.
        static func call(of stage: NetworkPlan.RecurrentStage, count: Int) -> gk_lstm {
            var call = gk_lstm()
            call.steps = Int32(stage.steps ?? count)
            call.hidden = Int32(stage.hidden.stored)
            call.direction_count = Int32(stage.settings.directions)
            return call
        }

        /// Sequences in a batch of `count` segments: each its own, or all of them one.
        static func sequences(of stage: NetworkPlan.RecurrentStage, count: Int) -> Int32 {
            stage.steps == nil ? 1 : Int32(count)
        }

        /// What a layer reads.
        ///
        /// - Parameters:
        ///   - inputs: the towers' activations, for the first layer.
        ///   - previous: the layer before, for later ones.
        static func sources(
            of stage: NetworkPlan.RecurrentStage, layer: Int, count: Int, inputs: [Activation], previous: Activation?
        ) -> [gk_lstm_source] {
            if layer > 0 {
                return [
                    gk_lstm_source(
                        values: previous?.values, gradient: previous?.gradient, rows: 1,
                        columns: Int32(stage.steps ?? count),
                        channels: Int32(stage.settings.directions * stage.hidden.stored), span: 1)
                ]
            }
            return stage.sources.map { source in
                let input = inputs.isEmpty ? nil : inputs[source.tower]
                let extent = source.features.shape.extent
                if stage.steps == nil {  // each segment, flattened, is a column of the one sequence
                    return gk_lstm_source(
                        values: input?.values, gradient: input?.gradient, rows: 1, columns: Int32(count),
                        channels: Int32(source.features.storedCount), span: 1)
                }
                return gk_lstm_source(
                    values: input?.values, gradient: input?.gradient, rows: Int32(extent.mels),
                    columns: Int32(extent.frames), channels: Int32(source.features.storedChannels),
                    span: Int32(source.span))
            }
        }
    }

    /// What goes on to the dense layers: [batch][directions * stored hidden].
    let output: Activation

    private let stage: NetworkPlan.RecurrentStage
    private let inputs: [Activation]
    private let activations: [Activation]
    private let workspaces: [UnsafeMutableRawPointer]
    private let directions: UnsafeMutableBufferPointer<gk_lstm_direction>
    private let sources: UnsafeMutableBufferPointer<gk_lstm_source>
    private let dropoutKeys: [UInt64]?

    init(
        layout: Layout, base: UnsafeMutableRawPointer, inputs: [Activation], dropoutSeed: UInt64?,
        parameters: [String: ParameterLocation]
    ) {
        let stage = layout.stage
        let settings = stage.settings
        self.stage = stage
        self.inputs = inputs
        let width = settings.directions * stage.hidden.stored
        activations = zip(layout.outputs, layout.outputGradients).map { output, gradient in
            Activation(
                values: UnsafePointer((base + output).assumingMemoryBound(to: Float.self)),
                gradient: dropoutSeed == nil ? nil : (base + gradient).assumingMemoryBound(to: Float.self), count: width
            )
        }
        output = activations.last!
        workspaces = layout.workspaces.map { base + $0 }
        dropoutKeys = dropoutSeed.map { seed in
            (0..<settings.layers).map { layer in
                var stream = RandomStream(seed: seed, purpose: "dropout of \(stage.name) layer \(layer)")
                return stream.next()
            }
        }
        sources = .allocate(capacity: max(1, stage.sources.count))
        directions = .allocate(capacity: settings.layers * settings.directions)
        for layer in 0..<settings.layers {
            for direction in 0..<settings.directions {
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                func location(_ name: String) -> ParameterLocation { parameters["\(stage.name).\(name)_\(suffix)"]! }
                let (inputWeights, stateWeights) = (location("weight_ih"), location("weight_hh"))
                let (inputBias, stateBias) = (location("bias_ih"), location("bias_hh"))
                directions.initializeElement(
                    at: layer * settings.directions + direction,
                    to: gk_lstm_direction(
                        input_weights: inputWeights.values, recurrent_weights: stateWeights.values,
                        input_bias: inputBias.values, recurrent_bias: stateBias.values,
                        input_weight_gradient: inputWeights.gradient, recurrent_weight_gradient: stateWeights.gradient,
                        input_bias_gradient: inputBias.gradient, recurrent_bias_gradient: stateBias.gradient))
            }
        }
    }

    func forward(count: Int, step: UInt64, pool: ThreadPool) {
        for layer in 0..<stage.settings.layers {
            withCall(layer: layer, count: count, step: step) { call, sequences in
                gk_lstm_forward(pool.handle, sequences, &call)
            }
        }
    }

    func backward(count: Int, step: UInt64, pool: ThreadPool) {
        for layer in (0..<stage.settings.layers).reversed() {
            withCall(layer: layer, count: count, step: step) { call, sequences in
                gk_lstm_backward(pool.handle, sequences, &call)
            }
        }
    }

    private func withCall(layer: Int, count: Int, step: UInt64, _ body: (inout gk_lstm, Int32) -> Void) {
        let read = Layout.sources(
            of: stage, layer: layer, count: count, inputs: inputs, previous: layer > 0 ? activations[layer - 1] : nil)
        for (index, source) in read.enumerated() { sources[index] = source }
        var call = Layout.call(of: stage, count: count)
        call.sources = UnsafePointer(sources.baseAddress)
        call.source_count = Int32(read.count)
        call.directions = UnsafePointer(directions.baseAddress! + layer * stage.settings.directions)
        let isLast = layer == stage.settings.layers - 1
        if let dropoutKeys {
            call.dropout = isLast ? stage.dropout : stage.settings.dropout
            call.key = dropoutKeys[layer]
            call.step = step
        }
        let activation = activations[layer]
        if isLast && stage.steps != nil {
            call.last = UnsafeMutablePointer(mutating: activation.values)
            call.last_gradient = UnsafePointer(activation.gradient)
        } else {
            call.outputs = UnsafeMutablePointer(mutating: activation.values)
            call.outputs_gradient = UnsafePointer(activation.gradient)
        }
        call.workspace = workspaces[layer]
        body(&call, Layout.sequences(of: stage, count: count))
    }

    deinit {
        sources.deallocate()
        directions.deallocate()
    }
}

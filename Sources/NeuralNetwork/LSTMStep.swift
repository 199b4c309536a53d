import CKernels

/// The layers of an LSTM.
final class LSTMStep: Step {
    /// What a stage needs, before there is memory.
    private struct Layout {
        let stage: RecurrentStage
        /// Sequences' images of a whole batch.
        let batch: Int
        let keys: [UInt64]?
        /// Of every layer but the last, whose output is the stage's own; of a sequence in both directions that too.
        var outputs: [MemoryPlan.Piece?] = []
        var outputGradients: [MemoryPlan.Piece?] = []
        var workspaces: [MemoryPlan.Piece] = []
    }

    let name: String
    private let stage: RecurrentStage
    private let images: Int
    private let inputs: [BoundValue]
    private let output: BoundValue
    /// What each layer writes, and the gradient with respect to it.
    private let values: [UnsafeMutablePointer<Float>]
    private let gradients: [UnsafeMutablePointer<Float>?]
    private let workspaces: [UnsafeMutableRawPointer]
    private let directions: UnsafeMutableBufferPointer<gk_lstm_direction>
    private let sources: UnsafeMutableBufferPointer<gk_lstm_source>
    private let dropoutKeys: [UInt64]?

    static func plan(_ stage: RecurrentStage, _ planning: inout StepPlanning, number: Int) -> StepMaker {
        let batch = planning.batch * planning.graph.values[stage.reads[0]].images
        let layers = stage.settings.layers
        var layout = Layout(
            stage: stage, batch: batch,
            keys: planning.training ? (0..<layers).map { planning.dropoutKey("\(stage.name) layer \($0)")! } : nil)
        let width = stage.settings.directions * stage.hidden.stored
        let floats = batch * width * (stage.steps ?? 1)
        for layer in 0..<layers {
            let isOwn = layer < layers - 1 || packs(stage)
            layout.outputs.append(isOwn ? planning.reserveThrough(bytes: floats * 4) : nil)
            layout.outputGradients.append(
                isOwn && planning.training ? planning.reserveThrough(bytes: floats * 4) : nil)
            // Only the sizes matter here; there is no memory yet.
            var sources = sources(of: stage, layer: layer, count: batch, inputs: [], previous: nil)
            let bytes = sources.withUnsafeMutableBufferPointer { sources in
                var call = call(of: stage, count: batch)
                call.sources = UnsafePointer(sources.baseAddress)
                call.source_count = Int32(sources.count)
                return gk_lstm_workspace(&call, sequences(of: stage, count: batch))
            }
            layout.workspaces.append(planning.reserveThrough(bytes: bytes))
        }
        return { [layout] in LSTMStep(layout, binding: $0, number: number) }
    }

    /// Whether the outputs of both directions, each rounded up to whole vectors, become one map of channels.
    private static func packs(_ stage: RecurrentStage) -> Bool {
        stage.settings.returns == .sequence && stage.settings.directions > 1
            && stage.hidden.count != stage.hidden.stored
    }

    /// The shape of a call for `count` images, without memory.
    private static func call(of stage: RecurrentStage, count: Int) -> gk_lstm {
        var call = gk_lstm()
        call.steps = Int32(stage.steps ?? count)
        call.hidden = Int32(stage.hidden.stored)
        call.direction_count = Int32(stage.settings.directions)
        return call
    }

    /// Sequences in a batch of `count` images: each its own, or all of them one.
    private static func sequences(of stage: RecurrentStage, count: Int) -> Int32 {
        stage.steps == nil ? 1 : Int32(count)
    }

    /// What a layer reads.
    ///
    /// - Parameters:
    ///   - inputs: of the first layer; none while there is no memory.
    ///   - previous: values and gradient of the layer before, for later ones.
    private static func sources(
        of stage: RecurrentStage, layer: Int, count: Int, inputs: [BoundValue],
        previous: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>?)?
    ) -> [gk_lstm_source] {
        if layer > 0 {
            return [
                gk_lstm_source(
                    values: UnsafePointer(previous?.0), gradient: previous?.1, rows: 1,
                    columns: Int32(stage.steps ?? count),
                    channels: Int32(stage.settings.directions * stage.hidden.stored), span: 1)
            ]
        }
        return stage.sources.enumerated().map { index, source in
            let input = inputs.isEmpty ? nil : inputs[index]
            let extent = source.features.shape.extent
            if stage.steps == nil {  // each segment, flattened, is a column of the one sequence
                return gk_lstm_source(
                    values: UnsafePointer(input?.values), gradient: input?.gradient, rows: 1, columns: Int32(count),
                    channels: Int32(source.features.storedCount), span: 1)
            }
            return gk_lstm_source(
                values: UnsafePointer(input?.values), gradient: input?.gradient, rows: Int32(extent.mels),
                columns: Int32(extent.frames), channels: Int32(source.features.storedChannels),
                span: Int32(source.span))
        }
    }

    private init(_ layout: Layout, binding: StepBinding, number: Int) {
        name = number == 1 ? "LSTM" : "LSTM \(number)"
        stage = layout.stage
        inputs = binding.inputs
        output = binding.outputs[0]
        images = output.images
        let (memory, output) = (binding.memory, output)
        values = layout.outputs.map { memory.floats($0) ?? output.values }
        gradients = zip(layout.outputs, layout.outputGradients).map { own, gradient in
            own == nil ? output.gradient : memory.floats(gradient)
        }
        workspaces = layout.workspaces.map { memory.bytes($0) }
        dropoutKeys = layout.keys
        let settings = stage.settings
        sources = .allocate(capacity: max(1, stage.sources.count))
        directions = .allocate(capacity: settings.layers * settings.directions)
        for layer in 0..<settings.layers {
            for direction in 0..<settings.directions {
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                let (inputWeights, stateWeights, inputBias, stateBias) = (
                    binding.parameter("\(stage.name).weight_ih_\(suffix)"),
                    binding.parameter("\(stage.name).weight_hh_\(suffix)"),
                    binding.parameter("\(stage.name).bias_ih_\(suffix)"),
                    binding.parameter("\(stage.name).bias_hh_\(suffix)")
                )
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

    func forward(_ call: StepCall) {
        for layer in 0..<stage.settings.layers {
            withCall(layer: layer, call) { layer, sequences in
                gk_lstm_forward(call.pool.handle, sequences, &layer)
            }
        }
        if Self.packs(stage) {
            output.copyDirections(
                call, hidden: stage.hidden, steps: stage.steps ?? 1, from: values.last!, to: output.values,
                isPacking: true)
        }
    }

    func backward(_ call: StepCall) {
        if Self.packs(stage), let gradient = gradients.last!, let outer = output.gradient {
            output.copyDirections(
                call, hidden: stage.hidden, steps: stage.steps ?? 1, from: outer, to: gradient, isPacking: false)
        }
        for layer in (0..<stage.settings.layers).reversed() {
            withCall(layer: layer, call) { layer, sequences in
                gk_lstm_backward(call.pool.handle, sequences, &layer)
            }
        }
    }

    private func withCall(layer: Int, _ pass: StepCall, _ body: (inout gk_lstm, Int32) -> Void) {
        let count = pass.count * images
        let previous = layer > 0 ? (values[layer - 1], gradients[layer - 1]) : nil
        let read = Self.sources(of: stage, layer: layer, count: count, inputs: inputs, previous: previous)
        for (index, source) in read.enumerated() { sources[index] = source }
        var call = Self.call(of: stage, count: count)
        call.sources = UnsafePointer(sources.baseAddress)
        call.source_count = Int32(read.count)
        call.directions = UnsafePointer(directions.baseAddress! + layer * stage.settings.directions)
        let isLast = layer == stage.settings.layers - 1
        if let dropoutKeys {
            call.dropout = isLast ? stage.dropout : stage.settings.dropout
            call.key = dropoutKeys[layer]
            call.step = pass.step
        }
        if isLast && stage.steps != nil && stage.settings.returns == .last {
            call.last = values[layer]
            call.last_gradient = UnsafePointer(gradients[layer])
        } else {
            call.outputs = values[layer]
            call.outputs_gradient = UnsafePointer(gradients[layer])
        }
        call.workspace = workspaces[layer]
        body(&call, Self.sequences(of: stage, count: count))
    }

    deinit {
        sources.deallocate()
        directions.deallocate()
    }
}

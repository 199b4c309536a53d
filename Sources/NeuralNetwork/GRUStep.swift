import CKernels

/// A layer of gated recurrent units.
final class GRUStep: Step {
    let name: String
    private let images: Int
    private let sources: UnsafeMutableBufferPointer<gk_lstm_source>
    private let directions: UnsafeMutableBufferPointer<gk_gru_direction>
    private var layer = gk_gru()
    private let output: BoundValue
    private let packing: (values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?)?
    private let hidden: StoredChannels

    static func plan(_ stage: RecurrentStage, _ planning: inout StepPlanning, number: Int) -> StepMaker {
        let batch = planning.batch * planning.graph.values[stage.reads[0]].images
        let steps = stage.steps ?? 1
        var shape = gk_gru()
        shape.steps = Int32(steps)
        shape.hidden = Int32(stage.hidden.stored)
        shape.direction_count = Int32(stage.settings.directions)
        var sources = stage.sources.map { Self.source($0, nil) }
        let bytes = sources.withUnsafeMutableBufferPointer { sources in
            shape.sources = UnsafePointer(sources.baseAddress)
            shape.source_count = Int32(sources.count)
            return gk_gru_workspace(&shape, Int32(batch))
        }
        let workspace = planning.reserveThrough(bytes: bytes)
        // Both directions' outputs, each rounded up to whole vectors, become one map of channels.
        let packs =
            stage.settings.returns == .sequence && stage.settings.directions > 1
            && stage.hidden.count != stage.hidden.stored
        let floats = batch * steps * 2 * stage.hidden.stored
        let values = packs ? planning.reserveThrough(bytes: floats * 4) : nil
        let gradient = packs && planning.training ? planning.reserveThrough(bytes: floats * 4) : nil
        return { binding in
            GRUStep(
                stage, workspace: binding.memory.bytes(workspace),
                packing: binding.memory.floats(values).map { ($0, binding.memory.floats(gradient)) }, binding: binding,
                number: number)
        }
    }

    private static func source(_ source: RecurrentStage.Source, _ input: BoundValue?) -> gk_lstm_source {
        let extent = source.features.shape.extent
        return gk_lstm_source(
            values: UnsafePointer(input?.values), gradient: input?.gradient, rows: Int32(extent.mels),
            columns: Int32(extent.frames), channels: Int32(source.features.storedChannels), span: Int32(source.span))
    }

    private init(
        _ stage: RecurrentStage, workspace: UnsafeMutableRawPointer,
        packing: (values: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>?)?, binding: StepBinding,
        number: Int
    ) {
        name = number == 1 ? "GRU" : "GRU \(number)"
        output = binding.outputs[0]
        images = output.images
        hidden = stage.hidden
        self.packing = packing
        sources = .allocate(capacity: stage.sources.count)
        for (index, source) in stage.sources.enumerated() {
            sources.initializeElement(at: index, to: Self.source(source, binding.inputs[index]))
        }
        directions = .allocate(capacity: stage.settings.directions)
        for direction in 0..<stage.settings.directions {
            let suffix = "l0" + (direction == 1 ? "_reverse" : "")
            let parts = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map {
                binding.parameter("\(stage.name).\($0)_\(suffix)")
            }
            directions.initializeElement(
                at: direction,
                to: gk_gru_direction(
                    input_weights: parts[0].values, recurrent_weights: parts[1].values, input_bias: parts[2].values,
                    recurrent_bias: parts[3].values, input_weight_gradient: parts[0].gradient,
                    recurrent_weight_gradient: parts[1].gradient, input_bias_gradient: parts[2].gradient,
                    recurrent_bias_gradient: parts[3].gradient))
        }
        layer.sources = UnsafePointer(sources.baseAddress)
        layer.source_count = Int32(sources.count)
        layer.steps = Int32(stage.steps ?? 1)
        layer.hidden = Int32(stage.hidden.stored)
        layer.directions = UnsafePointer(directions.baseAddress)
        layer.direction_count = Int32(directions.count)
        layer.workspace = workspace
        switch stage.settings.returns {
        case .last:
            layer.last = output.values
            layer.last_gradient = UnsafePointer(output.gradient)
        case .sequence:
            layer.outputs = packing?.values ?? output.values
            layer.outputs_gradient = UnsafePointer(packing == nil ? output.gradient : packing?.gradient)
        }
    }

    func forward(_ call: StepCall) {
        gk_gru_forward(call.pool.handle, Int32(call.count * images), &layer)
        if let packing {
            output.copyDirections(
                call, hidden: hidden, steps: Int(layer.steps), from: packing.values, to: output.values, isPacking: true)
        }
    }

    func backward(_ call: StepCall) {
        if let gradient = packing?.gradient, let outer = output.gradient {
            output.copyDirections(
                call, hidden: hidden, steps: Int(layer.steps), from: outer, to: gradient, isPacking: false)
        }
        gk_gru_backward(call.pool.handle, Int32(call.count * images), &layer)
    }

    deinit {
        sources.deallocate()
        directions.deallocate()
    }
}

extension BoundValue {
    /// Between a recurrent kernel's [steps][direction][stored hidden] and a map's [steps][stored channels].
    func copyDirections(
        _ call: StepCall, hidden: StoredChannels, steps: Int, from: UnsafeMutablePointer<Float>,
        to: UnsafeMutablePointer<Float>, isPacking: Bool
    ) {
        for direction in 0..<2 {
            let apart = (place: 2 * hidden.stored, start: direction * hidden.stored)
            let packed = (place: stored, start: direction * hidden.count)
            let (source, target) = isPacking ? (apart, packed) : (packed, apart)
            var copy = gk_copy()
            copy.images = Int32(call.count * images)
            copy.rows = 1
            copy.columns = Int32(steps)
            copy.channels = Int32(hidden.count)
            copy.from = gk_copy_side(
                image: Int64(steps * source.place), row: 0, column: Int64(source.place), channel: 1)
            copy.to = gk_copy_side(image: Int64(steps * target.place), row: 0, column: Int64(target.place), channel: 1)
            // The last copy of a place clears its spare channels.
            copy.spare = Int32(
                isPacking ? (direction == 1 ? stored - 2 * hidden.count : 0) : hidden.stored - hidden.count)
            gk_copy_channels(call.pool.handle, &copy, from + source.start, to + target.start)
        }
    }
}

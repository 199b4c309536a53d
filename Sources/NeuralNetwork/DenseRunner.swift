import CKernels

/// One dense layer with its activation and dropout, bound to its memory.
final class DenseRunner {
    let output: Activation
    private let segments: UnsafeMutableBufferPointer<gk_dense_segment>
    private let layer: gk_dense

    /// - Parameter dropoutKey: seeds the dropout; nil for none (inference).
    init(
        stage: NetworkPlan.DenseStage, inputs: [Activation], output: Activation, dropoutKey: UInt64?,
        parameters: [String: ParameterLocation]
    ) {
        self.output = output
        segments = .allocate(capacity: inputs.count)
        for (index, input) in inputs.enumerated() {
            segments.initializeElement(
                at: index,
                to: gk_dense_segment(
                    features: input.values, gradient: input.gradient, count: Int32(input.count)))
        }
        let weight = parameters["\(stage.name).weight"]!
        let bias = parameters["\(stage.name).bias"]!
        layer = gk_dense(
            segments: segments.baseAddress, segment_count: Int32(inputs.count), out: Int32(stage.units.stored),
            weights: weight.values, bias: bias.values, slope: stage.slope,
            dropout: dropoutKey == nil ? 0 : stage.dropout, key: dropoutKey ?? 0, step: 0,
            output: UnsafeMutablePointer(mutating: output.values), output_gradient: output.gradient,
            weight_gradient: weight.gradient, bias_gradient: bias.gradient)
    }

    func forward(count: Int, step: UInt64, pool: ThreadPool) {
        var call = layer
        call.step = step
        gk_dense_forward(pool.handle, Int32(count), &call)
    }

    func backward(count: Int, step: UInt64, pool: ThreadPool) {
        var call = layer
        call.step = step
        gk_dense_backward(pool.handle, Int32(count), &call)
    }

    deinit { segments.deallocate() }
}

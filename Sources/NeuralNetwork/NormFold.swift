import CKernels

/// A norm of fixed statistics folded into the convolution before it: weights and biases of its own, made anew after each
/// change of the parameters.
struct NormFold {
    let weights: UnsafeMutablePointer<Float>
    let biases: UnsafeMutablePointer<Float>
    private let taps: Int64
    private let channels: Int32
    private let epsilon: Float
    private let weight: ParameterLocation
    private let bias: ParameterLocation?
    private let norm: [ParameterLocation]

    /// Reserves the memory; what it returns binds it.
    ///
    /// - Parameters:
    ///   - norm: the norm's node.
    ///   - node: the convolution's.
    static func plan(
        _ norm: Int, into node: NetworkGraph.Node, _ planning: inout StepPlanning
    ) -> (StepBinding) -> NormFold {
        let graph = planning.graph
        guard case .norm(let settings) = graph.nodes[norm].operation, case .convolution(let operation) = node.operation
        else { preconditionFailure("no norm after a convolution") }
        let inputs = graph.values[node.inputs[0]].parts[0].storedChannels
        let outputs = graph.values[node.output].parts[0].storedChannels
        let taps = operation.kernel.area * inputs
        let weights = planning.memory.reserve(floats: taps * outputs)
        let biases = planning.memory.reserve(floats: outputs)
        let name = graph.nodes[norm].name
        return { binding in
            NormFold(
                weights: binding.memory.floats(weights), biases: binding.memory.floats(biases), taps: Int64(taps),
                channels: Int32(outputs), epsilon: Float(settings.epsilon),
                weight: binding.parameter("\(node.name).weight"),
                bias: operation.bias ? binding.parameter("\(node.name).bias") : nil,
                norm: ["weight", "bias", "running_mean", "running_var"].map { binding.parameter("\(name).\($0)") })
        }
    }

    func fold() {
        gk_norm_fold(
            taps, channels, weight.values, bias?.values, norm[0].values, norm[1].values, norm[2].values,
            norm[3].values, epsilon, weights, biases)
    }
}

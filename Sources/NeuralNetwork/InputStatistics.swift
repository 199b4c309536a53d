import CKernels

/// Mean and deviation of each mel band over many segments: what a standardisation by band is fitted to.
public struct InputStatistics {
    private let input: Extent
    private var count: Int64 = 0
    private var means: [Double]
    private var squares: [Double]

    public init(input: Extent) {
        self.input = input
        means = Array(repeating: 0, count: input.mels)
        squares = means
    }

    /// Takes a segment [mels][frames] in.
    public mutating func add(_ segment: UnsafePointer<Float>) {
        gk_band_moments(Int32(input.mels), Int32(input.frames), segment, count, &means, &squares)
        count += Int64(input.frames)
    }

    /// Gives the net these statistics where it standardises its input. A band that never changes keeps a deviation of 1.
    public func fit(_ parameters: ParameterStore) throws(NeuralNetworkError) {
        guard count > 0 else { return }
        for node in parameters.plan.graph.nodes where node.operation == .standardise {
            let (mean, deviation) = (
                parameters.plan.parameters[node.parameters.lowerBound],
                parameters.plan.parameters[node.parameters.lowerBound + 1]
            )
            try parameters.set(mean, to: means.map { Float($0) })
            try parameters.set(
                deviation,
                to: squares.map { square in
                    let value = Float((square / Double(count)).squareRoot())
                    return value > 1e-6 ? value : 1
                })
        }
    }
}

extension NetworkPlan {
    /// Whether the net has statistics of its input that a training must measure first.
    public var standardisesInput: Bool { graph.nodes.contains { $0.operation == .standardise } }
}

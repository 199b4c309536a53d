import CKernels

/// What the optimiser does with gradients: Adam (Kingma & Ba 2015) and an L1 penalty on all weights.
public struct AdamSettings: Sendable, Hashable, Codable {
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// Factor of the sum of all weights' absolute values (not the biases') in the loss.
    public var l1: Double

    /// The report's values (section V).
    public init(
        learningRate: Double = 5e-5, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        l1: Double = 1e-4
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.l1 = l1
    }
}

/// Adam's moments for one set of parameters.
public final class Adam {
    /// All that the next update hangs on, besides the settings.
    public struct State: Sendable {
        public var steps: Int64
        /// As the kernels keep them, a float for each of ``ParameterStore/stored``.
        public var firstMoment: [Float]
        public var secondMoment: [Float]

        public init(steps: Int64, firstMoment: [Float], secondMoment: [Float]) {
            self.steps = steps
            self.firstMoment = firstMoment
            self.secondMoment = secondMoment
        }
    }

    public var settings: AdamSettings
    /// Updates done so far.
    public private(set) var steps: Int64 = 0
    private let plan: NetworkPlan
    /// The stretches of memory that are updated.
    private let stretches: [Range<Int>]
    private let firstMoment: AlignedBuffer
    private let secondMoment: AlignedBuffer

    /// - Parameter frozen: names of parameters that are never changed and pay no penalty.
    public init(
        plan: NetworkPlan, settings: AdamSettings, frozen: Set<String> = []
    ) throws(NeuralNetworkError) {
        self.settings = settings
        self.plan = plan
        stretches = plan.stretches { $0.role != .statistic && !frozen.contains($0.name) }
        firstMoment = try AlignedBuffer(floats: plan.storedCount)
        secondMoment = try AlignedBuffer(floats: plan.storedCount)
    }

    public var state: State {
        func copy(_ buffer: AlignedBuffer) -> [Float] {
            Array(UnsafeBufferPointer(start: buffer.floats, count: plan.storedCount))
        }
        return State(steps: steps, firstMoment: copy(firstMoment), secondMoment: copy(secondMoment))
    }

    /// Whether all moments are numbers, so that a state of them can be restored.
    package var isFinite: Bool {
        [firstMoment, secondMoment].allSatisfy {
            areFinite(UnsafeBufferPointer(start: $0.floats, count: plan.storedCount))
        }
    }

    /// Goes on from a state of the same net.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where it is another net's or damaged.
    public func restore(_ state: State) throws(NeuralNetworkError) {
        try plan.check(stored: state.firstMoment, name: "Adam's first moment")
        try plan.check(stored: state.secondMoment, name: "Adam's second moment")
        guard state.steps >= 0, state.secondMoment.allSatisfy({ $0 >= 0 }) else {
            throw .badParameter(name: "Adam's second moment", problem: "a value or the number of steps is below 0")
        }
        steps = state.steps
        firstMoment.floats.update(from: state.firstMoment, count: plan.storedCount)
        secondMoment.floats.update(from: state.secondMoment, count: plan.storedCount)
    }

    /// One update; returns the penalty, l1 times the sum of the updated weights' absolute values before it.
    func update(
        _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, pool: ThreadPool
    ) -> Double {
        steps += 1
        var adam = gk_adam(
            learning_rate: Float(settings.learningRate), beta1: Float(settings.beta1), beta2: Float(settings.beta2),
            epsilon: Float(settings.epsilon), l1: Float(settings.l1), step: steps)
        var sum = 0.0
        for stretch in stretches {
            let start = stretch.lowerBound
            let weights = min(max(plan.storedWeightCount - start, 0), stretch.count)
            sum += gk_adam_update(
                pool.handle, &adam, Int64(stretch.count), Int64(weights), parameters + start, gradients + start,
                firstMoment.floats + start, secondMoment.floats + start)
        }
        return settings.l1 * sum
    }
}

extension NetworkPlan {
    /// The memory of the chosen parameters, neighbours joined; each stretch begins and ends on a whole vector.
    func stretches(of isChosen: (ParameterSpecification) -> Bool) -> [Range<Int>] {
        let inMemory = parameters.sorted { $0.offset < $1.offset }
        let ends = inMemory.dropFirst().map(\.offset) + [storedCount]
        var result: [Range<Int>] = []
        for (specification, end) in zip(inMemory, ends) where isChosen(specification) {
            if let last = result.last, last.upperBound == specification.offset {
                result[result.count - 1] = last.lowerBound..<end
            } else {
                result.append(specification.offset..<end)
            }
        }
        return result
    }
}

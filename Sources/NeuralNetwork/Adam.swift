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
    public var settings: AdamSettings
    /// Updates done so far.
    public private(set) var steps: Int64 = 0
    private let count: Int
    private let weightCount: Int
    private let firstMoment: AlignedBuffer
    private let secondMoment: AlignedBuffer

    public init(plan: NetworkPlan, settings: AdamSettings) throws(NeuralNetworkError) {
        self.settings = settings
        count = plan.storedCount
        weightCount = plan.storedWeightCount
        firstMoment = try AlignedBuffer(floats: plan.storedCount)
        secondMoment = try AlignedBuffer(floats: plan.storedCount)
    }

    /// One update; returns the penalty, l1 times the sum of the weights' absolute values before it.
    func update(
        _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, pool: ThreadPool
    ) -> Double {
        steps += 1
        var adam = gk_adam(
            learning_rate: Float(settings.learningRate), beta1: Float(settings.beta1), beta2: Float(settings.beta2),
            epsilon: Float(settings.epsilon), l1: Float(settings.l1), step: steps)
        let sum = gk_adam_update(
            pool.handle, &adam, Int64(count), Int64(weightCount), parameters, gradients, firstMoment.floats,
            secondMoment.floats)
        return settings.l1 * sum
    }
}

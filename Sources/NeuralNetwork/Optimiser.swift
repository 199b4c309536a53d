import CKernels

/// An optimiser with its state for one set of parameters.
public final class Optimiser {
    /// All that the next update hangs on, besides the settings.
    public struct State: Sendable {
        public var steps: Int64
        /// As the kernels keep them, a float for each of ``ParameterStore/stored``: of SGD the momentum, where there is
        /// one; of Adam both moments; of Adadelta the means of squared gradients and of squared steps.
        public var moments: [[Float]]

        public init(steps: Int64, moments: [[Float]]) {
            self.steps = steps
            self.moments = moments
        }
    }

    public let settings: OptimiserSettings
    /// Of the next update; the settings' at first.
    public var learningRate: Double
    /// Updates done so far.
    public private(set) var steps: Int64 = 0
    private let plan: NetworkPlan
    /// The stretches of memory that are updated, and the L2 factor of the weights in each.
    private let stretches: [(range: Range<Int>, l2: Double)]
    private let moments: [AlignedBuffer]

    /// - Parameter frozen: names of parameters that are never changed and pay no penalty.
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where the L2 penalty names no weight of the net.
    public init(
        plan: NetworkPlan, settings: OptimiserSettings, frozen: Set<String> = []
    ) throws(NeuralNetworkError) {
        self.settings = settings
        self.plan = plan
        learningRate = settings.learningRate
        let factors = try settings.l2.factors(in: plan)
        stretches = plan.stretches { parameter in
            guard parameter.role != .statistic, !frozen.contains(parameter.name) else { return nil }
            return parameter.role == .weight ? .some(factors[parameter.name] ?? 0) : .some(nil)
        }
        var moments: [AlignedBuffer] = []
        for _ in settings.method.stateNames { moments.append(try AlignedBuffer(floats: plan.storedCount)) }
        self.moments = moments
    }

    public var state: State {
        State(
            steps: steps,
            moments: moments.map { Array(UnsafeBufferPointer(start: $0.floats, count: plan.storedCount)) })
    }

    /// Whether all of the state is numbers, so that it can be restored.
    package var isFinite: Bool {
        moments.allSatisfy { areFinite(UnsafeBufferPointer(start: $0.floats, count: plan.storedCount)) }
    }

    /// Goes on from a state of the same net and method.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where it is another one's or damaged.
    public func restore(_ state: State) throws(NeuralNetworkError) {
        let names = settings.method.stateNames
        guard state.moments.count == names.count, state.steps >= 0 else {
            throw .badParameter(
                name: "the optimiser's state",
                problem: "\(state.moments.count) tensors after \(state.steps) steps, where \(settings.name.title) "
                    + "keeps \(names.count)")
        }
        for (index, name) in names.enumerated() {
            try plan.check(stored: state.moments[index], name: name)
            guard !settings.method.holdsSquares[index] || state.moments[index].allSatisfy({ $0 >= 0 }) else {
                throw .badParameter(name: name, problem: "a mean of squares is below 0")
            }
        }
        steps = state.steps
        for (buffer, values) in zip(moments, state.moments) {
            buffer.floats.update(from: values, count: plan.storedCount)
        }
    }

    /// One update; returns the penalty: the factors times the sums of the updated weights' absolute values and squares
    /// before it.
    func update(
        _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, pool: ThreadPool
    ) -> Double {
        steps += 1
        var kernel = settings.kernel(learningRate: learningRate, step: steps)
        var (absolute, squares) = (0.0, 0.0)
        for (range, l2) in stretches {
            let start = range.lowerBound
            let weights = min(max(plan.storedWeightCount - start, 0), range.count)
            kernel.l2 = Float(l2)
            let sums = gk_optimiser_update(
                pool.handle, &kernel, Int64(range.count), Int64(weights), parameters + start, gradients + start,
                moments.first.map { $0.floats + start }, moments.count > 1 ? moments[1].floats + start : nil)
            absolute += sums.absolute
            squares += l2 * sums.square
        }
        return settings.l1 * absolute + squares
    }
}

extension OptimiserSettings {
    /// The method for the kernels, without L2, which differs by weight.
    fileprivate func kernel(learningRate: Double, step: Int64) -> gk_optimiser {
        var kernel = gk_optimiser()
        kernel.learning_rate = Float(learningRate)
        kernel.weight_decay = Float(weightDecay)
        kernel.l1 = Float(l1)
        kernel.step = step
        func setAdam(_ beta1: Double, _ beta2: Double, _ epsilon: Double) {
            (kernel.beta1, kernel.beta2, kernel.epsilon) = (Float(beta1), Float(beta2), Float(epsilon))
        }
        switch method {
        case .sgd(let momentum, let nesterov):
            kernel.method = GK_SGD
            (kernel.momentum, kernel.nesterov) = (Float(momentum), nesterov)
        case .adam(let beta1, let beta2, let epsilon):
            kernel.method = GK_ADAM
            setAdam(beta1, beta2, epsilon)
        case .adamW(let beta1, let beta2, let epsilon):
            kernel.method = GK_ADAMW
            setAdam(beta1, beta2, epsilon)
        case .adadelta(let rho, let epsilon):
            kernel.method = GK_ADADELTA
            (kernel.rho, kernel.epsilon) = (Float(rho), Float(epsilon))
        }
        return kernel
    }
}

extension NetworkPlan {
    /// The memory of the chosen parameters, neighbours of one factor joined; each stretch begins and ends on a whole vector.
    ///
    /// - Parameter factor: nil for a parameter that is left out, `.some(nil)` for one that goes with any factor.
    func stretches(by factor: (ParameterSpecification) -> Double??) -> [(range: Range<Int>, l2: Double)] {
        let inMemory = parameters.sorted { $0.offset < $1.offset }
        let ends = inMemory.dropFirst().map(\.offset) + [storedCount]
        var result: [(range: Range<Int>, l2: Double)] = []
        for (specification, end) in zip(inMemory, ends) {
            guard let own = factor(specification) else { continue }
            if let last = result.last, last.range.upperBound == specification.offset, own ?? last.l2 == last.l2 {
                result[result.count - 1].range = last.range.lowerBound..<end
            } else {
                result.append((specification.offset..<end, own ?? 0))
            }
        }
        return result
    }
}

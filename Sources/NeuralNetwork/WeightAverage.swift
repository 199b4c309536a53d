import CKernels

/// The mean of a net's weights at several moments of its training: flatter minima and steadier verdicts than any of them
/// alone (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"). Norms' running
/// statistics are of the weights that they were measured with: ``Executor/renewStatistics(count:number:step:)`` measures
/// those of the mean.
public final class WeightAverage {
    /// Moments taken so far.
    public private(set) var count = 0
    private let mean: AlignedBuffer
    private let plan: NetworkPlan
    private var size: Int { plan.storedCount }

    public init(plan: NetworkPlan) throws(NeuralNetworkError) {
        self.plan = plan
        mean = try AlignedBuffer(floats: plan.storedCount)
    }

    /// Takes the parameters as they are now.
    public func add(_ parameters: ParameterStore) {
        count += 1
        gk_running_mean(Int64(size), Int64(count), parameters.values, mean.floats)
    }

    /// The mean so far, as the kernels keep it.
    public var stored: [Float] { Array(UnsafeBufferPointer(start: mean.floats, count: size)) }

    /// Goes on from where another mean of the same net stood.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where it is another net's or damaged.
    public func restore(count: Int, stored: [Float]) throws(NeuralNetworkError) {
        try plan.check(stored: stored, name: "the mean of the weights")
        guard 0...1_000_000_000 ~= count else {
            throw .badParameter(name: "the mean of the weights", problem: "it is of \(count) moments")
        }
        self.count = count
        mean.floats.update(from: stored, count: size)
    }

    /// Gives the parameters the mean of what was taken.
    public func apply(to parameters: ParameterStore) {
        precondition(count > 0, "something was taken")
        parameters.update { $0.update(from: mean.floats, count: size) }
    }
}

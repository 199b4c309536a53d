import CKernels

/// The mean of a net's weights at several moments of its training: flatter minima and steadier verdicts than any of them
/// alone (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"). The nets here have no
/// batch statistics that would have to be made anew.
public final class WeightAverage {
    /// Moments taken so far.
    public private(set) var count = 0
    private let mean: AlignedBuffer
    private let size: Int

    public init(plan: NetworkPlan) throws(NeuralNetworkError) {
        size = plan.storedCount
        mean = try AlignedBuffer(floats: size)
    }

    /// Takes the parameters as they are now.
    public func add(_ parameters: ParameterStore) {
        count += 1
        gk_running_mean(Int64(size), Int64(count), parameters.values, mean.floats)
    }

    /// Gives the parameters the mean of what was taken.
    public func apply(to parameters: ParameterStore) {
        precondition(count > 0, "something was taken")
        parameters.update { $0.update(from: mean.floats, count: size) }
    }
}

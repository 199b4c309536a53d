import Randomness

/// The values of a net's parameters, in the kernels' layout.
public final class ParameterStore {
    public let plan: NetworkPlan
    /// Grows with every change, so that executors know when to renew what they derive from the weights.
    private(set) var version = 1
    private let buffer: AlignedBuffer

    /// All zeros.
    public init(plan: NetworkPlan) throws(NeuralNetworkError) {
        self.plan = plan
        buffer = try AlignedBuffer(floats: plan.storedCount)
    }

    /// The stored values, ``NetworkPlan/storedCount`` floats.
    var values: UnsafeMutablePointer<Float> { buffer.floats }

    /// Lets `body` change the stored values.
    func update<Result>(_ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
        version += 1
        return body(values)
    }

    /// The canonical values of a parameter, in PyTorch's order.
    public func canonical(_ specification: ParameterSpecification) -> [Float] {
        specification.canonical(in: values)
    }

    /// Sets a parameter from its canonical values.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where the count differs or a value is not finite;
    ///   nothing is changed then.
    public func set(_ specification: ParameterSpecification, to canonical: [Float]) throws(NeuralNetworkError) {
        guard canonical.count == specification.count else {
            throw .badParameter(
                name: specification.name,
                problem: "\(canonical.count) values where the net needs \(specification.count)")
        }
        if let index = canonical.firstIndex(where: { !$0.isFinite }) {
            throw .badParameter(name: specification.name, problem: "value \(index) is \(canonical[index])")
        }
        let start = values + specification.offset
        version += 1
        var next = 0
        specification.layout.forEachStoredIndex { stored in
            start[stored] = canonical[next]
            next += 1
        }
    }

    /// All values as the kernels keep them, ``NetworkPlan/storedCount`` floats: quick to take and to give back.
    public var stored: [Float] { Array(UnsafeBufferPointer(start: values, count: plan.storedCount)) }

    /// Sets all values to what ``stored`` gave.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` where the count differs or a value is not finite;
    ///   nothing is changed then.
    public func restore(stored: [Float]) throws(NeuralNetworkError) {
        try plan.check(stored: stored, name: "all parameters")
        version += 1
        values.update(from: stored, count: stored.count)
    }

    /// Draws all values: convolutions and dense layers from the Kaiming normal distribution (fan in, gain sqrt 2; He et
    /// al. 2015) with zero biases, recurrent layers uniformly in ± 1 / sqrt(hidden), as PyTorch does. Each tensor has a
    /// stream of its own, in canonical order.
    public func initialise(seed: UInt64) {
        version += 1
        for specification in plan.parameters {
            let start = values + specification.offset
            var stream = RandomStream(seed: seed, purpose: "initialisation of \(specification.name)")
            switch specification.initialiser {
            case .zero:
                specification.layout.forEachStoredIndex { start[$0] = 0 }
            case .one:
                specification.layout.forEachStoredIndex { start[$0] = 1 }
            case .kaimingNormal(let fanIn):
                let deviation = (2 / Double(fanIn)).squareRoot()
                specification.layout.forEachStoredIndex { start[$0] = Float(stream.normal() * deviation) }
            case .uniform(let bound):
                specification.layout.forEachStoredIndex { start[$0] = Float(stream.uniform(-bound, bound)) }
            }
        }
    }
}

extension NetworkPlan {
    /// Whether values can be all parameters of this net, or something that goes with each of them.
    func check(stored: [Float], name: String) throws(NeuralNetworkError) {
        guard stored.count == storedCount else {
            throw .badParameter(name: name, problem: "\(stored.count) values where the net keeps \(storedCount)")
        }
        if let index = stored.firstIndex(where: { !$0.isFinite }) {
            throw .badParameter(name: name, problem: "value \(index) is \(stored[index])")
        }
    }
}

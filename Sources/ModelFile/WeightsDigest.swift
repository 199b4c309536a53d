import Foundation
import NeuralNetwork
import Storage

extension ParameterStore {
    /// Digest of all weights by name and shape, hexadecimal.
    public var digest: String {
        var hash = SHA256()
        for specification in plan.parameters {
            hash.update(Data("\(specification.name) \(specification.shape);".utf8))
            canonical(specification).withUnsafeBytes { hash.update($0) }
        }
        return hash.hexDigest()
    }

    /// Takes what another net has under the same names.
    ///
    /// - Parameter others: names of parameters that are left as they are.
    /// - Returns: the first that is missing there or has another shape; nil where all were taken.
    package func take(from source: ParameterStore, besides others: [String]) throws(NeuralNetworkError) -> String? {
        let known = Dictionary(source.plan.parameters.map { ($0.name, $0) }) { first, _ in first }
        for specification in plan.parameters where !others.contains(specification.name) {
            guard let found = known[specification.name], found.shape == specification.shape else {
                return specification.name
            }
            try set(specification, to: source.canonical(found))
        }
        return nil
    }
}

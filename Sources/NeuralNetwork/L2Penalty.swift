/// Factors of the sums of weights' squares in the loss, by weight: "1e-05" for all, "towers=0.01,dense1=0.02" for some,
/// "1e-05,dense1=0.02" for all with exceptions. Biases and norms' scales never pay.
public struct L2Penalty: Sendable, Hashable {
    public struct Term: Sendable, Hashable {
        /// As `NetworkPlan.parameters(matching:)` reads it; nil for all weights.
        public var pattern: String?
        public var factor: Double

        public init(_ pattern: String? = nil, factor: Double) {
            self.pattern = pattern
            self.factor = factor
        }
    }

    /// Of several that name a weight the last holds.
    public var terms: [Term]

    public init(_ terms: [Term]) { self.terms = terms }

    public static let none = L2Penalty([])
    /// The same for all weights.
    public static func all(_ factor: Double) -> L2Penalty { L2Penalty([Term(factor: factor)]) }

    /// Whether no weight pays.
    public var isNone: Bool { terms.allSatisfy { $0.factor == 0 } }

    /// The factor of each weight of a net by name; weights that pay nothing are left out.
    ///
    /// - Throws: ``NeuralNetworkError/badParameter(name:problem:)`` for a pattern that names no weight.
    public func factors(in plan: NetworkPlan) throws(NeuralNetworkError) -> [String: Double] {
        let weights = plan.parameters.filter { $0.role == .weight }.map(\.name)
        var result: [String: Double] = [:]
        for term in terms {
            let named: Set<String>
            if let pattern = term.pattern {
                named = try plan.parameters(named: pattern)
                guard weights.contains(where: named.contains) else {
                    throw .badParameter(name: pattern, problem: "it names no weights, and the L2 penalty is on weights")
                }
            } else {
                named = Set(weights)
            }
            for weight in weights where named.contains(weight) { result[weight] = term.factor }
        }
        return result.filter { $0.value != 0 }
    }
}

extension L2Penalty: LosslessStringConvertible, Codable {
    public init?(_ text: String) {
        var terms: [Term] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count <= 2, let number = sides.last.map(String.init), let factor = Double(number),
                factor.isFinite, factor >= 0
            else { return nil }
            let pattern = sides.count == 2 ? String(sides[0]) : nil
            guard pattern != "" else { return nil }
            terms.append(Term(pattern, factor: factor))
        }
        self.init(terms)
    }

    public var description: String {
        terms.map { term in (term.pattern.map { "\($0)=" } ?? "") + "\(term.factor)" }.joined(separator: ",")
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let penalty = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no L2 penalty")
        }
        self = penalty
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

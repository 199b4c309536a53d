/// What can be wrong with a net.
public enum NeuralNetworkError: Error, Hashable, CustomStringConvertible {
    /// The blueprint does not make a net that can run.
    case badBlueprint(name: String, problem: String)
    /// A parameter's values do not fit the net.
    case badParameter(name: String, problem: String)
    case outOfMemory(bytes: Int)

    public var description: String {
        switch self {
        case .badBlueprint(let name, let problem): "the net '\(name)' cannot be built: \(problem)"
        case .badParameter(let name, let problem): "parameter '\(name)': \(problem)"
        case .outOfMemory(let bytes): "not enough memory: \(bytes) bytes are needed; try a smaller batch"
        }
    }
}

/// What can go wrong where models meet other programs.
public enum InterchangeError: Error, CustomStringConvertible {
    /// The file is no safetensors file that can be read; `problem` comes from the reader and names the file.
    case unreadable(problem: String)
    /// A file that PyTorch's own `torch.save` wrote.
    case pickled(file: String)
    /// Not weights alone, but a whole model of ours.
    case alreadyAModel(file: String)
    /// The tensors are not those of the net on segments of that size.
    case doNotFit(file: String, net: String, segments: String, problems: [String])
    /// Values that no net can run on.
    case badValues(file: String, problem: String)
    /// Something that the file says of its net, and that cannot be understood.
    case badMetadata(file: String, key: String)
    /// What the caller says of the net does not go together.
    case badDescription(problem: String)

    public var description: String {
        switch self {
        case .unreadable(let problem): return problem
        case .pickled(let file):
            return "\(file) was written by torch.save; write the weights with "
                + "safetensors.torch.save_file(net.state_dict(), \"weights.safetensors\") and import that"
        case .alreadyAModel(let file): return "\(file) is a model of this tool already; use it as it is"
        case .doNotFit(let file, let net, let segments, let problems):
            let shown = problems.prefix(5).joined(separator: "; ")
            let rest = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
            return "\(file) does not hold the weights of '\(net)' for segments of \(segments): \(shown)\(rest); "
                + "check net, genres and recipe against the program that trained it"
        case .badValues(let file, let problem):
            return "\(file): \(problem); a net of such weights hears nothing: take those of an earlier epoch"
        case .badMetadata(let file, let key):
            return "\(file): what its metadata say under '\(key)' cannot be read, perhaps as a later version wrote it; "
                + "update the tool, or write the weights without it and say it with an option"
        case .badDescription(let problem): return problem
        }
    }
}

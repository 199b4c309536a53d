/// What can be wrong with a model file.
public enum ModelFileError: Error, CustomStringConvertible {
    /// The file is no readable safetensors file; `problem` comes from the reader and names it.
    case unreadable(problem: String)
    /// A safetensors file, but not one of ours.
    case notAModel(file: String, problem: String)
    /// Written by a later version.
    case laterVersion(file: String, version: String)
    /// Something in the card that makes no sense.
    case badCard(file: String, field: String, problem: String)
    /// The model is built on another one, which is not installed, or is not the same.
    case noBackbone(file: String, name: String)
    case otherBackbone(file: String, name: String, place: String)
    /// Several models in one file where one net is wanted.
    case isFusion(file: String, members: [String])
    /// Models that cannot be fused; the text says why.
    case cannotFuse(problem: String)
    /// Weights that 16 bits cannot hold.
    case beyondHalf(file: String, tensor: String)
    /// The weights do not fit the architecture that the file names.
    case badWeights(file: String, problem: String)

    public var description: String {
        switch self {
        case .unreadable(let problem): problem
        case .notAModel(let file, let problem):
            "\(file) is not a model of this tool: \(problem); train one with 'genre train'"
        case .laterVersion(let file, let version):
            "\(file) has format version \(version), which this version of the tool cannot read; update the tool"
        case .badCard(let file, let field, let problem):
            "\(file) is damaged: in its card, \(field) \(problem); copy it again or train anew"
        case .noBackbone(let file, let name):
            "\(file) is built on the model '\(name)', which is not installed here: 'genre fetch \(name)' gets it"
        case .otherBackbone(let file, let name, let place):
            "\(file) is built on the model '\(name)', but \(place) has other weights: 'genre fetch --force \(name)' gets the "
                + "published ones; if it was built on others, train it again"
        case .isFusion(let file, let members):
            "\(file) is a fusion\(members.isEmpty ? "" : " of \(members.joined(separator: " and "))"), and one net is wanted "
                + "here: name one of the models that it was fused of; 'genre predict', 'genre evaluate' and "
                + "'genre inspect' take fusions"
        case .cannotFuse(let problem): "the models cannot be fused: \(problem)"
        case .beyondHalf(let file, let tensor):
            "\(file) was not written: tensor '\(tensor)' has values beyond the range of 16 bits; export another format"
        case .badWeights(let file, let problem): "\(file) is damaged: \(problem); copy it again or train anew"
        }
    }
}

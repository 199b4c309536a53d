import NeuralNetwork

/// A net by name, with what its authors set for it.
public struct Architecture: Sendable {
    /// As on the command line and in model files.
    public let name: String
    /// One sentence for lists and help.
    public let summary: String
    /// The L1 factor and batch size that its authors train it with.
    public let defaultL1: Double
    public let defaultBatch: Int
    private let build: @Sendable (Int) -> Blueprint

    public init(
        name: String, summary: String, defaultL1: Double = 1e-4, defaultBatch: Int = 64,
        blueprint: @escaping @Sendable (Int) -> Blueprint
    ) {
        self.name = name
        self.summary = summary
        self.defaultL1 = defaultL1
        self.defaultBatch = defaultBatch
        build = blueprint
    }

    /// Why its figures are not what they seem; nil for a net whose verdict on a segment depends on that segment alone.
    public var caution: String? { blueprint(genres: 2).caution }

    /// The blueprint for so many genres.
    public func blueprint(genres: Int) -> Blueprint { build(genres) }

    /// Every net that the tool knows, in the order of the paper.
    public static let all: [Architecture] = [
        Architecture(
            name: "shallow",
            summary: "two towers of one convolution each (Schindler et al. 2016; the paper's main net)",
            blueprint: Blueprint.shallow),
        Architecture(
            name: "deep", summary: "two towers of four convolutions each (the paper's first extension)",
            blueprint: Blueprint.deep),
        Architecture(
            name: "deep-published",
            summary: "the deep net as the paper's authors' code builds it (21x10 kernel, later ReLUs, L1 1e-5)",
            defaultL1: 1e-5, blueprint: Blueprint.deepPublished),
        Architecture(
            name: "crnn", summary: "the deep towers, then an LSTM over time (the paper's second extension)",
            blueprint: Blueprint.crnn),
        Architecture(
            name: "bicrnn", summary: "crnn in both directions of time (the paper's future work)",
            blueprint: Blueprint.bicrnn),
        Architecture(
            name: "crnn-published",
            summary: "the CRNN as the paper's authors' code computes it (21x10, ReLUs, batch 32, L1 1e-5)",
            defaultL1: 1e-5, defaultBatch: 32,
            blueprint: Blueprint.crnnPublished),
    ]

    public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }
}

import NeuralNetwork

/// A net by name, with what its authors set for it.
public struct Architecture: Sendable {
    /// What a tower of a net begins with: the layers of a trained net.
    public struct Beginning: Sendable, Hashable {
        public let tower: String
        /// The trained net's name.
        public let net: String
    }

    /// As on the command line and in model files.
    public let name: String
    /// One sentence for lists and help.
    public let summary: String
    /// Where the net is described.
    public let source: String
    /// The name of the recipe of features that its authors used, or of one that suits it.
    public let recipe: String
    /// The size of segment that it was made for; other sizes change what hangs on it.
    public let input: Extent
    /// How its authors train it: what a training begins with where nothing else is asked for.
    public let training: TrainingSettings
    /// Trained nets without which it is only another net; empty for nearly all.
    public let beginnings: [Beginning]
    private let build: @Sendable (Int, Extent) -> Blueprint

    public init(
        name: String, summary: String, source: String = "", recipe: String = "schindler", input: Extent = 80 × 80,
        training: TrainingSettings = TrainingSettings(), beginnings: [Beginning] = [],
        blueprint: @escaping @Sendable (_ genres: Int, _ input: Extent) -> Blueprint
    ) {
        self.name = name
        self.summary = summary
        self.source = source
        self.recipe = recipe
        self.input = input
        self.training = training
        self.beginnings = beginnings
        build = blueprint
    }

    public var defaultL1: Double { training.optimiser.l1 }
    public var defaultBatch: Int { training.batch }

    /// Why its figures are not what they seem; nil for a net whose verdict on a segment depends on that segment alone.
    public var caution: String? { blueprint(genres: 2).caution }

    /// The blueprint for so many genres.
    ///
    /// - Parameter input: the size of a segment; nil for ``input``.
    public func blueprint(genres: Int, input: Extent? = nil) -> Blueprint { build(genres, input ?? self.input) }

    /// The same net for segments of another size.
    public func taking(_ input: Extent) -> Architecture {
        Architecture(
            name: name, summary: summary, source: source, recipe: recipe, input: input, training: training,
            beginnings: beginnings, blueprint: build)
    }

    /// Every net that the tool knows: those of the paper in its order, then those that it builds on, then the field's, then ours.
    public static let all: [Architecture] = paper + related + field + own

    public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }

    /// The nets of the paper.
    public static let paper: [Architecture] = [
        Architecture(
            name: "shallow",
            summary: "two towers of one convolution each (Schindler et al. 2016; the paper's main net)",
            source: "Schindler, Lidy & Rauber 2016", blueprint: Blueprint.shallow),
        Architecture(
            name: "deep", summary: "two towers of four convolutions each (the paper's first extension)",
            source: "Schindler, Lidy & Rauber 2016", blueprint: Blueprint.deep),
        Architecture(
            name: "deep-published",
            summary: "the deep net as the paper's authors' code builds it (21x10 kernel, later ReLUs, L1 1e-5)",
            source: "Pandey, Hossain & Bayraktar",
            training: TrainingSettings(.adam(l1: 1e-5)), blueprint: Blueprint.deepPublished),
        Architecture(
            name: "crnn", summary: "the deep towers, then an LSTM over time (the paper's second extension)",
            source: "Pandey, Hossain & Bayraktar", blueprint: Blueprint.crnn),
        Architecture(
            name: "bicrnn", summary: "crnn in both directions of time (the paper's future work)",
            source: "Pandey, Hossain & Bayraktar", blueprint: Blueprint.bicrnn),
        Architecture(
            name: "crnn-published",
            summary: "the CRNN as the paper's authors' code computes it (21x10, ReLUs, batch 32, L1 1e-5)",
            source: "Pandey, Hossain & Bayraktar",
            training: TrainingSettings(.adam(l1: 1e-5), batch: 32), blueprint: Blueprint.crnnPublished),
    ]
}

/// What an optimiser does with gradients, in PyTorch's forms and words, and what weights pay in the loss.
public struct OptimiserSettings: Sendable, Hashable {
    /// How a step is made of gradients. Every default is PyTorch's.
    public enum Method: Sendable, Hashable {
        /// Stochastic gradient descent; Nesterov's step needs a momentum.
        case sgd(momentum: Double = 0, nesterov: Bool = false)
        /// Kingma & Ba 2015. Weight decay goes through the gradient.
        case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
        /// Adam whose weight decay shrinks the parameters past the gradient (Loshchilov & Hutter 2019).
        case adamW(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
        /// Zeiler 2012.
        case adadelta(rho: Double = 0.9, epsilon: Double = 1e-6)
    }

    /// A method without its numbers: as on the command line and in files.
    public enum Name: String, Sendable, Hashable, Codable, CaseIterable {
        case sgd, adam
        case adamW = "adamw"
        case adadelta

        /// As its authors write it.
        public var title: String {
            switch self {
            case .sgd: "SGD"
            case .adam: "Adam"
            case .adamW: "AdamW"
            case .adadelta: "Adadelta"
            }
        }

        /// The method with PyTorch's defaults.
        public var usual: Method {
            switch self {
            case .sgd: .sgd()
            case .adam: .adam()
            case .adamW: .adamW()
            case .adadelta: .adadelta()
            }
        }

        /// PyTorch's default.
        public var usualLearningRate: Double {
            switch self {
            case .sgd: 0.01
            case .adam, .adamW: 1e-3
            case .adadelta: 1
            }
        }

        /// PyTorch's default.
        public var usualWeightDecay: Double { self == .adamW ? 0.01 : 0 }

        /// PyTorch's default; for SGD no meaning.
        public var usualEpsilon: Double { self == .adadelta ? 1e-6 : 1e-8 }
    }

    public var method: Method
    public var learningRate: Double
    /// Of all learned parameters, biases and norms' scales among them, as PyTorch applies it.
    public var weightDecay: Double
    /// Factor of the sum of all weights' absolute values (not the biases') in the loss.
    public var l1: Double
    /// Factors of the sums of weights' squares in the loss, as Keras' regularisers have them.
    public var l2: L2Penalty

    public init(
        _ method: Method, learningRate: Double, weightDecay: Double = 0, l1: Double = 0, l2: L2Penalty = .none
    ) {
        self.method = method
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        self.l1 = l1
        self.l2 = l2
    }

    /// Adam with the paper's values (section V).
    public static func adam(
        learningRate: Double = 5e-5, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        l1: Double = 1e-4
    ) -> OptimiserSettings {
        OptimiserSettings(
            .adam(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate: learningRate, l1: l1)
    }

    /// "Adam and L1": the method and the penalties.
    public var title: String {
        [name.title, l1 > 0 ? "L1" : nil, l2.isNone ? nil : "L2"].compactMap { $0 }.joined(separator: " and ")
    }

    public var name: Name {
        switch method {
        case .sgd: .sgd
        case .adam: .adam
        case .adamW: .adamW
        case .adadelta: .adadelta
        }
    }
}

extension OptimiserSettings.Method {
    /// Names of the tensors that the method keeps for each parameter, as in checkpoints.
    package var stateNames: [String] {
        switch self {
        case .sgd(let momentum, _): momentum > 0 ? ["sgd.momentum"] : []
        case .adam, .adamW: ["adam.first", "adam.second"]
        case .adadelta: ["adadelta.squares", "adadelta.steps"]
        }
    }

    /// For each of them, whether its values are means of squares.
    var holdsSquares: [Bool] {
        switch self {
        case .sgd(let momentum, _): momentum > 0 ? [false] : []
        case .adam, .adamW: [false, true]
        case .adadelta: [true, true]
        }
    }
}

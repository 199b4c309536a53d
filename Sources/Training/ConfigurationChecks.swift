import Evaluation
import Features
import ModelFile
import NeuralNetwork

extension TrainingConfiguration {
    /// - Throws: ``TrainingError/badConfiguration(_:)`` naming the first value that is out of range.
    public func check() throws(TrainingError) {
        func require(_ holds: Bool, _ problem: String) throws(TrainingError) {
            guard holds else { throw .badConfiguration(problem) }
        }
        try require(1...100_000 ~= epochs, "--epochs must be 1 to 100000, not \(epochs)")
        try require(1...65_536 ~= batch, "--batch must be 1 to 65536, not \(batch)")
        try require(learningRate.isFinite && learningRate > 0, "--learning-rate must be above 0, not \(learningRate)")
        let optimiser = optimiser ?? .adam
        if let momentum {
            try require(momentum >= 0 && momentum < 1, "--momentum must be 0 to below 1, not \(momentum)")
            try require(optimiser == .sgd, "--momentum goes with --optimizer sgd, not \(optimiser.rawValue)")
        }
        if nesterov == true {
            try require(optimiser == .sgd, "--nesterov goes with --optimizer sgd, not \(optimiser.rawValue)")
            try require((momentum ?? 0) > 0, "--nesterov needs a --momentum above 0")
        }
        if let rho {
            try require(rho >= 0 && rho < 1, "--rho must be 0 to below 1, not \(rho)")
            try require(optimiser == .adadelta, "--rho goes with --optimizer adadelta, not \(optimiser.rawValue)")
        }
        if let weightDecay {
            try require(
                weightDecay >= 0 && weightDecay <= 1, "--weight-decay must be 0 to 1, not \(weightDecay)")
            try require(
                learningRate * weightDecay < 1 || optimiser != .adamW,
                "--weight-decay times --learning-rate must be below 1: AdamW takes that share of every weight a step")
        }
        for term in l2?.terms ?? [] {
            try require(0...1e3 ~= term.factor, "--l2 must be 0 to 1000, not \(term.factor)")
        }
        try require(beta1 >= 0 && beta1 < 1, "--beta1 must be 0 to below 1, not \(beta1)")
        try require(beta2 >= 0 && beta2 < 1, "--beta2 must be 0 to below 1, not \(beta2)")
        try require(epsilon.isFinite && epsilon > 0, "--epsilon must be above 0, not \(epsilon)")
        try require(l1.isFinite && l1 >= 0, "--l1 must not be negative, not \(l1)")
        try require(
            segmentsPerTrack.map { 1...NumberBounds.greatestCount ~= $0 } ?? true,
            "--segments must be 'all' or 1 to \(NumberBounds.greatestCount), not \(segmentsPerTrack ?? 0)")
        try require(
            averagedEpochs.map { 1...epochs ~= $0 } ?? true, "--average-last must be 1 to the number of epochs")
        try require(patience.map { 1...100_000 ~= $0 } ?? true, "--patience must be 1 to 100000 epochs")
        try require(
            averagedEpochs == nil || patience == nil,
            "--average-last needs the last epochs, and --patience may end before them: choose one")
        if let warmup = schedule?.warmupEpochs {
            try require(
                warmup >= 0 && warmup <= Double(epochs), "--warmup must be 0 to the number of epochs, not \(warmup)")
        }
        guard let augmentation else { return }
        if let masks = augmentation.masks {
            try require(1...100 ~= masks.count, "--masks must be 1 to 100, not \(masks.count)")
            try require(1...65_536 ~= masks.bands, "--mask-bands must be at least 1, not \(masks.bands)")
            try require(1...65_536 ~= masks.frames, "--mask-frames must be at least 1, not \(masks.frames)")
            try require(masks.value?.isFinite ?? true, "--mask-value must be a finite number")
        }
        if let alpha = augmentation.mixup {
            try require((1e-3...1000).contains(alpha), "--mixup must be 0.001 to 1000, not \(alpha)")
        }
        if let gain = augmentation.gain {
            try require(gain > 0 && gain <= 60, "--gain must be above 0 and at most 60 dB, not \(gain)")
        }
        if let depth = augmentation.depth {
            try require(depth > 0 && depth < 1, "--depth must be above 0 and below 1, not \(depth)")
        }
        if let lowPass = augmentation.lowPass {
            try require(lowPass > 0 && lowPass < 1, "--low-pass must be above 0 and below 1, not \(lowPass)")
        }
        try require(
            !(augmentation.classWeights && augmentation.balancedSampling),
            "--class-weights and --balanced-sampling would correct the same thing twice: choose one")
    }
}

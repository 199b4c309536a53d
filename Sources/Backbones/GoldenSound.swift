import Features
import Foundation
import ModelFile
import NeuralNetwork

/// Three seconds that every net of the release is tried on before it is kept: tones, a beat, a sweep.
enum GoldenSound {
    /// 16 kHz; in single precision 0.4 sin(2 pi 220 t) + 0.2 sin(2 pi 1000 t) in the first tenth of each half second
    /// + 0.1 sin(2 pi (300 t + 400 t^2)).
    static let samples: [Float] = (0..<48_000).map { n in
        let t = Double(n) / 16_000
        let beat = n % 8000 < 800 ? 0.2 * sin(2 * .pi * 1000 * t) : 0
        return Float(0.4 * sin(2 * .pi * 220 * t) + beat + 0.1 * sin(2 * .pi * (300 * t + 400 * t * t)))
    }

    /// Within which a tag's probability must agree.
    static let bound: Float = 1e-5

    /// Each tag's probability in the sound's first segment, at its own level as the authors' program takes it.
    static func tags(of parameters: ParameterStore) throws -> [Float] {
        let segments = try FeatureExtractor(recipe: FeatureRecipe.musicnn.atOwnLevel).segments(of: samples) { _ in [0] }
        let executor = try Executor(parameters: parameters, batch: 1, mode: .inference, pool: ThreadPool(threads: 1))
        segments.values.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
        return Array(executor.independentProbabilities(count: 1))
    }
}

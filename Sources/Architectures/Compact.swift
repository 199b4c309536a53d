import NeuralNetwork

extension Architecture {
    /// Ours: what small nets that are trained on few tracks have in common.
    static let own: [Architecture] = [
        Architecture(
            name: "compact",
            summary:
                "five convolutions of 3x3 with norms, pooled over time by maximum and mean",
            source: "GenreKit",
            training: TrainingSettings(
                OptimiserSettings(.adam(), learningRate: 1e-3), batch: 32, epochs: 40, schedule: .cosine,
                warmupEpochs: 2,
                augmentation: AugmentationSettings(
                    masks: .init(count: 2, bands: 25, frames: 16), mixup: 0.4, depth: 0.25, lowPass: 0.7, crop: true)),
            blueprint: Blueprint.compact)
    ]
}

extension Blueprint {
    /// Five convolutions of 3 x 3 with norms on bands that are standardised first, the frequencies averaged, time pooled by
    /// maximum and mean. 142,058 parameters for ten genres, on any size of segment.
    public static func compact(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        let widths = [32, 32, 64, 64, 128]
        return Blueprint("compact", input: input) {
            Standardise()
            for (index, width) in widths.enumerated() {
                Convolution(width, kernel: 3 × 3)
                BatchNorm()
                ReLU()
                // The pools stop where a map has one row or column left.
                if index < widths.count - 1, min(input.mels, input.frames) >> (index + 1) >= 1 { MaxPool(2 × 2) }
            }
            GlobalAveragePool(over: .frequency)
            GlobalMaxAndAveragePool(over: .time)
            Dropout(0.5)
            Dense(genres)
        }
    }
}

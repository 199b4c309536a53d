import Evaluation

/// What a card says in numbers is only a claim until it is checked: readers divide by it, count by it, take memory for it.
extension ModelCard {
    /// The greatest count that is believed: of segments, tracks, epochs.
    private static let greatestCount = 1_000_000_000

    /// - Throws: ``ModelFileError/badCard(file:field:problem:)`` naming the first field that makes no sense.
    public func check(file: String) throws(ModelFileError) {
        func require(_ holds: Bool, _ field: String, _ problem: String) throws(ModelFileError) {
            guard holds else { throw .badCard(file: file, field: field, problem: problem) }
        }
        func requireCount(_ value: Int?, from least: Int = 0, _ field: String) throws(ModelFileError) {
            guard let value else { return }
            try require(
                least...Self.greatestCount ~= value, field,
                "is \(value), and must be \(least) to \(Self.greatestCount)")
        }
        func requireShare(_ value: Double, _ field: String) throws(ModelFileError) {
            try require(0...1 ~= value, field, "is \(value), and must be 0 to 1")
        }
        func requireMatrix(_ matrix: [[Int]], _ field: String) throws(ModelFileError) {
            let isSquare = matrix.count == genres.count && matrix.allSatisfy { $0.count == genres.count }
            try require(isSquare, field, "does not fit its \(genres.count) genres")
            for count in matrix.joined() { try requireCount(count, field) }
        }

        func requireTemperature(_ value: Double, _ field: String) throws(ModelFileError) {
            // The fit goes from 1/20 to 20; far beyond, all confidences are alike or no numbers.
            try require(1e-3...1e3 ~= value, field, "is \(value), and must be 0.001 to 1000")
        }

        try require(
            Set(genres).count == genres.count && !genres.contains(""), "genres",
            "holds a genre twice, or one without a name")
        try require(
            architecture == blueprint.name, "architecture",
            "is '\(architecture)', and the net is '\(blueprint.name)'")
        for (name, scores) in [("scores", scores), ("validationScores", validationScores)] {
            guard let scores else { continue }
            try require(scores.genres == genres, "\(name).genres", "are not the model's")
            try requireMatrix(scores.confusion, "\(name).confusion")
            try requireMatrix(scores.trackConfusion, "\(name).trackConfusion")
            try requireCount(scores.segments, "\(name).segments")
            try requireCount(scores.tracks, "\(name).tracks")
            try requireShare(scores.raw, "\(name).raw")
            try requireShare(scores.max, "\(name).max")
            try requireShare(scores.maj, "\(name).maj")
            try require(scores.loss.isFinite, "\(name).loss", "is not finite")
        }
        if let calibration {
            try requireTemperature(calibration.temperature, "calibration.temperature")
            try requireTemperature(calibration.segmentTemperature ?? 1, "calibration.segmentTemperature")
            let segments = calibration.segmentsPerTrack ?? 1
            try require(
                1...Double(Self.greatestCount) ~= segments, "calibration.segmentsPerTrack",
                "is \(segments), and must be 1 to \(Self.greatestCount)")
            try requireCount(calibration.tracks, "calibration.tracks")
            try requireShare(calibration.errorBefore, "calibration.errorBefore")
            try requireShare(calibration.errorAfter, "calibration.errorAfter")
        }
        if let configuration {
            try require(
                1...65_536 ~= configuration.batch, "configuration.batch",
                "is \(configuration.batch), and must be 1 to 65536")
            try requireCount(configuration.epochs, from: 1, "configuration.epochs")
            try requireCount(configuration.segmentsPerTrack, from: 1, "configuration.segments_per_track")
            try requireCount(configuration.averagedEpochs, from: 1, "configuration.averaged_epochs")
            try requireCount(configuration.patience, from: 1, "configuration.patience")
        }
        try requireCount(epoch, "epoch")
        try require(
            recipe.sampleRate >= 0 && recipe.sampleRate <= Double(Self.greatestCount), "recipe.sampleRate",
            "is \(recipe.sampleRate), and must be 0 to \(Self.greatestCount) Hz")
    }
}

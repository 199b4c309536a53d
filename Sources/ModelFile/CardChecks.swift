import Evaluation

/// What a card says in numbers is only a claim until it is checked: readers divide by it, count by it, take memory for it.
extension ModelCard {
    /// - Throws: ``ModelFileError/badCard(file:field:problem:)`` naming the first field that makes no sense.
    public func check(file: String) throws(ModelFileError) {
        do { try checkNumbers() } catch { throw .badCard(file: file, field: error.field, problem: error.problem) }
    }

    /// - Throws: `SenselessNumber` naming the first field that makes no sense.
    package func checkNumbers() throws(SenselessNumber) {
        func require(_ holds: Bool, _ field: String, _ problem: String) throws(SenselessNumber) {
            guard holds else { throw SenselessNumber(field: field, problem: problem) }
        }

        try require(
            Set(genres).count == genres.count && !genres.contains(""), "genres",
            "holds a genre twice, or one without a name")
        try require(
            architecture == blueprint.name, "architecture",
            "is '\(architecture)', and the net is '\(blueprint.name)'")
        try scores?.check(genres: genres, "scores")
        try validationScores?.check(genres: genres, "validationScores")
        try Self.check(calibration)
        if let configuration {
            try require(
                1...65_536 ~= configuration.batch, "configuration.batch",
                "is \(configuration.batch), and must be 1 to 65536")
            try NumberBounds.check(count: configuration.epochs, from: 1, "configuration.epochs")
            try NumberBounds.check(
                count: configuration.segmentsPerTrack, from: 1, "configuration.segments_per_track")
            try NumberBounds.check(count: configuration.averagedEpochs, from: 1, "configuration.averaged_epochs")
            try NumberBounds.check(count: configuration.patience, from: 1, "configuration.patience")
        }
        try NumberBounds.check(count: epoch, "epoch")
        try require(
            recipe.sampleRate >= 0 && recipe.sampleRate <= Double(NumberBounds.greatestCount), "recipe.sampleRate",
            "is \(recipe.sampleRate), and must be 0 to \(NumberBounds.greatestCount) Hz")
    }
    /// - Throws: `SenselessNumber` naming the first field of a calibration that makes no sense.
    static func check(_ calibration: Calibration?) throws(SenselessNumber) {
        guard let calibration else { return }
        for (value, field) in [
            (calibration.temperature, "calibration.temperature"),
            (calibration.segmentTemperature ?? 1, "calibration.segmentTemperature"),
        ] where !(1e-3...1e3 ~= value) {
            // The fit goes from 1/20 to 20; far beyond, all confidences are alike or no numbers.
            throw SenselessNumber(field: field, problem: "is \(value), and must be 0.001 to 1000")
        }
        let segments = calibration.segmentsPerTrack ?? 1
        guard 1...Double(NumberBounds.greatestCount) ~= segments else {
            throw SenselessNumber(
                field: "calibration.segmentsPerTrack",
                problem: "is \(segments), and must be 1 to \(NumberBounds.greatestCount)")
        }
        try NumberBounds.check(count: calibration.tracks, "calibration.tracks")
        try NumberBounds.check(share: calibration.errorBefore, "calibration.errorBefore")
        try NumberBounds.check(share: calibration.errorAfter, "calibration.errorAfter")
    }
}

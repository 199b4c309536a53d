import Features
import ModelFile
import NeuralNetwork

/// Names and values of one kind, in an order for readers, as a table of a page.
struct Settings {
    private(set) var rows: [(name: String, value: String)] = []

    /// - Parameter value: plain text; nothing is added for nil.
    mutating func add(_ name: String, _ value: String?) {
        if let value { rows.append((name, value)) }
    }

    var html: String {
        let lines = rows.map { name, value in
            "<tr><td class=\"key\">\(escaped(name))</td><td class=\"value\">\(escaped(value))</td></tr>"
        }
        return "<table class=\"settings\"><tbody>\n" + lines.joined(separator: "\n") + "\n</tbody></table>\n"
    }
}

extension Settings {
    /// What a training was told about net, steps and loss.
    init(_ told: TrainingConfiguration) {
        add("net", told.net)
        add("epochs", grouped(told.epochs))
        add("batch", counted(told.batch, "segment"))
        add("segments per track", told.segmentsPerTrack.map { "\(grouped($0)), drawn by the seed" } ?? "all")
        add("learning rate", scientific(told.learningRate) + ", " + Self.words(told.schedule, told.watched))
        let optimiser = told.optimiserSettings
        add("optimiser", optimiser.name.title + Self.words(optimiser.method))
        add("weight decay", optimiser.weightDecay > 0 ? scientific(optimiser.weightDecay) : nil)
        add("L1 penalty", told.l1 > 0 ? "\(scientific(told.l1)) × the sum of the weights' magnitudes" : "none")
        let squares = optimiser.l2.terms.map { term in
            "\(scientific(term.factor)) × the sum of the squares of \(term.pattern ?? "all weights")"
        }
        add("L2 penalty", optimiser.l2.isNone ? nil : squares.joined(separator: ", "))
        if let augmentation = told.augmentation { add(augmentation) }
        add("not trained", told.frozen.map { $0.joined(separator: ", ") })
        add(
            "model's weights",
            told.averagedEpochs.map { "mean over the ends of the last \(counted($0, "epoch"))" }
                ?? "after the last epoch")
        add(
            "stops early",
            told.patience.map { "after \(counted($0, "epoch")) in which \(Self.name(told.watched)) did not improve" })
        add("best epoch by", Self.name(told.watched))
        add("seed", String(told.seed))
    }

    /// ": beta1 0.9, …"; nothing where a method has no numbers.
    private static func words(_ method: OptimiserSettings.Method) -> String {
        switch method {
        case .sgd(let momentum, let nesterov):
            momentum > 0 ? ": momentum \(scientific(momentum))" + (nesterov ? " (Nesterov)" : "") : ""
        case .adam(let beta1, let beta2, let epsilon), .adamW(let beta1, let beta2, let epsilon):
            ": beta1 \(scientific(beta1)), beta2 \(scientific(beta2)), epsilon \(scientific(epsilon))"
        case .adadelta(let rho, let epsilon): ": rho \(scientific(rho)), epsilon \(scientific(epsilon))"
        }
    }

    private static func name(_ measure: WatchedMeasure?) -> String {
        measure == .loss ? "validation cross-entropy" : "validation \((measure ?? .raw).rawValue)"
    }

    private static func name(_ measure: PlateauMeasure?) -> String? {
        measure.map { $0 == .trainLoss ? "training cross-entropy" : name(WatchedMeasure(rawValue: $0.rawValue)) }
    }

    private static func words(_ schedule: LearningRateSchedule?, _ watched: WatchedMeasure?) -> String {
        guard let schedule else { return "constant" }
        let shape =
            switch schedule.shape {
            case .constant: "constant"
            case .cosine: "down to 0 along half a cosine"
            case .step(let every, let factor): "times \(scientific(factor)) every \(counted(every, "epoch"))"
            case .plateau(let patience, let factor, let measure):
                "times \(scientific(factor)) after more than \(counted(patience, "epoch")) in which "
                    + "\(name(measure) ?? name(watched)) did not improve"
            case .inverseTime(let decay): "divided by 1 + \(scientific(decay)) × the steps done"
            }
        guard schedule.warmupEpochs > 0 else { return shape }
        return shape + ", after a rise over \(scientific(schedule.warmupEpochs)) epochs"
    }

    private mutating func add(_ augmentation: AugmentationConfiguration) {
        func list(_ numbers: [Double]) -> String { numbers.map(scientific).joined(separator: ", ") }
        if let sound = augmentation.sound {
            var changes: [String] = []
            if !sound.stretch.isEmpty {
                changes.append(
                    "stretched in time by \(list(sound.stretch)) (factors of the \(sound.factor == .rate ? "speed" : "duration"))"
                )
            }
            if !sound.pitch.isEmpty { changes.append("shifted by \(list(sound.pitch)) semitones") }
            add(
                "changed sound",
                "\(counted(sound.segments, "segment")) per track, " + changes.joined(separator: " and "))
        }
        add(
            "masks",
            augmentation.masks.map { masks in
                "\(masks.count) on each axis, below \(masks.bands) mel bands and \(masks.frames) frames, filled with "
                    + (masks.value.map { scientific(Double($0)) } ?? "the segment's mean")
            })
        add("mixup", augmentation.mixup.map { "alpha \(scientific($0))" })
        add("gain", augmentation.gain.map { "−\(scientific($0)) to \(scientific($0)) dB" })
        add("depth of pictures", augmentation.depth.map { "times \(scientific(1 - $0)) to \(scientific(1 + $0))" })
        add(
            "low pass",
            augmentation.lowPass.map { "every second segment silent above an edge, \(percent($0)) to all of the bands" }
        )
        add("segments begin", augmentation.crop ? "anywhere in the track, anew each time" : nil)
        add("loss", augmentation.classWeights ? "rare genres weigh more" : nil)
        add("sampling", augmentation.balancedSampling ? "every genre equally often" : nil)
    }

    /// How segments are made of sound.
    init(_ recipe: FeatureRecipe) {
        add("recipe", recipe.name)
        let size = "\(recipe.mels) mel bands × \(counted(recipe.segmentFrames, "frame"))"
        guard recipe.makesSegmentsFromAudio, recipe.sampleRate > 0 else {
            add("segment", size + ", made elsewhere")
            return
        }
        func time(_ samples: Int) -> String {
            "\(grouped(samples)) samples (\(decimal(Double(samples) / recipe.sampleRate * 1000, places: 1)) ms)"
        }
        // Columns of a whole track reach as far beyond the last middle as before the first.
        let length =
            recipe.scope == .track
            ? Double(recipe.segmentFrames * recipe.hop) / recipe.sampleRate : recipe.segmentSeconds
        let repeated = recipe.segmentFrames - recipe.trueFrames
        add(
            "segment",
            size + ", \(decimal(length, places: 2)) s, one every "
                + "\(decimal(Double(recipe.segmentStride) / recipe.sampleRate, places: 2)) s"
                + (repeated > 0 && recipe.picture == nil ? "; the last \(repeated) repeat the one before" : ""))
        if let seconds = recipe.peakSeconds {
            add("level", "scaled to a peak of 1, in blocks of \(decimal(seconds, places: 0)) s by the peak so far")
        }
        add(
            "sound",
            "\(plain(recipe.sampleRate)) Hz, mono, full scale ±\(plain(recipe.sampleScale))")
        add(
            "frame",
            "\(time(recipe.frameLength)), \(recipe.window == nil ? "Hann" : "Blackman-Harris") window of "
                + grouped(recipe.windowLength))
        add("hop", time(recipe.hop))
        add("spectrum", recipe.spectrum.rawValue + (recipe.precision == .double ? ", in double precision" : ""))
        add(
            "mel bands",
            "\(plain(recipe.lowestFrequency)) to \(plain(recipe.highestFrequency)) Hz, "
                + (recipe.melScale == .htk ? "HTK's scale, " : "Slaney's scale, ")
                + heights(recipe.melNormalisation))
        add("value", value(recipe))
        if let picture = recipe.picture {
            add(
                "picture",
                "blocks of \(scientific(picture.blockSeconds)) s in \(picture.columns) columns, "
                    + "\(scientific(picture.range)) dB deep")
        }
    }

    private func heights(_ normalisation: FeatureRecipe.MelNormalisation) -> String {
        switch normalisation {
        case .none: "all of height 1"
        case .slaney: "all of one area"
        case .sum: "the weights of each sum to 1"
        }
    }

    private func value(_ recipe: FeatureRecipe) -> String {
        let logarithm = "ln(x + \(scientific(recipe.logFloor)))"
        let factor = recipe.valueFactor.map { decimal($0, places: 4) + " " } ?? ""
        let offset = recipe.valueOffset.map { ($0 < 0 ? " − " : " + ") + decimal(abs($0), places: 4) } ?? ""
        return factor + logarithm + offset
    }

    private func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? grouped(Int(value)) : scientific(value)
    }
}

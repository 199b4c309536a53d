import Architectures
import ArgumentParser
import ModelFile
import NeuralNetwork
import Training

/// How the loop goes: learning rate, early stop, where it begins, what it leaves as it is.
struct LoopOptions: ParsableArguments {
    @Option(
        help: """
            Schedule of the learning rate: constant, cosine, step:EPOCHS:FACTOR, plateau:EPOCHS:FACTOR (perhaps \
            :train-loss, :loss, :raw, :max, :maj), inverse-time:DECAY. By default that of the net's authors.
            """, completion: Completions.words(Completions.schedules))
    var schedule: String?
    @Option(
        help: "Epochs, or a part of one, in which the learning rate rises to its full value (0).", completion: .default)
    var warmup: Double?
    @Option(
        help:
            "Stop when nothing has improved for this many epochs; 0 for never. By default what the net's authors set.",
        completion: .default)
    var patience: Int?
    @Option(
        help: """
            What the best model, --patience and plateaus go by, on the held-out tracks: \
            \(WatchedMeasure.allCases.map(\.rawValue).joined(separator: ", ")). By default what the net's authors watch.
            """, completion: .list(Completions.watched))
    var watch: String?
    @Option(
        help: """
            Begin with the weights of a model; where its genres are others, its last layer is initialized again. 'none' \
            begins from scratch.
            """, completion: Completions.base)
    var from: String?
    @Option(
        help: ArgumentHelp(
            """
            Begin one tower of the net with the layers of a trained model, say time=runs/pons-time: those of its tower \
            of that name, or of its only chain. Repeat for several; all else is initialized by the seed.
            """, valueName: "tower=model"), completion: .default)
    var tower: [String] = []
    @Option(
        help: """
            Layers that stay as they are, separated by commas: 'towers', 'conv1' (the first convolution of every tower), \
            or names as 'genre inspect' lists them.
            """, completion: .list(Completions.frozen))
    var freeze: String?
    @Option(
        help: "Train this many runs on the same data and split, with seeds made from --seed (1).", completion: .default)
    var runs: Int?
}

extension LoopOptions {
    func validate() throws {
        guard runs.map({ 1...1000 ~= $0 }) ?? true else { throw ValidationError("--runs must be 1 to 1000.") }
        if let watch, WatchedMeasure(rawValue: watch) == nil {
            throw ValidationError(
                "--watch must be loss, raw, max or maj, not '\(watch)'"
                    + Suggestion.words(for: watch, among: Completions.watched))
        }
        if let schedule, LearningRateSchedule.Shape(schedule) == nil {
            throw ValidationError(
                """
                --schedule: '\(schedule)' is not a schedule\(Suggestion.words(for: schedule, among: Completions.schedules)): constant, cosine, step:30:0.1 (every 30 epochs, times 0.1), plateau:5:0.5 \
                (after 5 epochs in vain, times 0.5) or inverse-time:1e-5 (divided by 1 + 1e-5 a step).
                """)
        }
        if let warmup, !(0...100_000 ~= warmup) { throw ValidationError("--warmup must be a number of epochs.") }
    }

    /// The model that was asked for; nil for none.
    var baseName: String? { from == "none" ? nil : from }

    /// The models that towers are to begin with.
    ///
    /// - Parameter net: that is trained.
    func towers(of net: String) throws -> [(tower: String, model: TrainedModel, path: String)] {
        guard tower.isEmpty || baseName == nil else {
            throw ValidationError("--from and --tower exclude each other: a training begins with one of them.")
        }
        let beginnings = Architecture.named(net)?.beginnings ?? []
        let given = try tower.map { words in
            let parts = words.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError(
                    "--tower takes a tower's name and a model, as in time=runs/pons-time, not '\(words)'.")
            }
            return (tower: parts[0], path: parts[1])
        }
        guard Set(given.map(\.tower)).count == given.count else {
            throw ValidationError("--tower names a tower twice.")
        }
        let lacking = beginnings.filter { beginning in !given.contains { $0.tower == beginning.tower } }
        guard lacking.isEmpty else {
            throw ValidationError(
                "\(net) begins with trained nets: add "
                    + lacking.map { "--tower \($0.tower)=MODEL (of a trained \($0.net))" }.joined(separator: " and ")
                    + ".")
        }
        return try given.map { tower, path in
            // Of a run's folder its model's file, so that the run can go on without another choice.
            (tower, try openModel(path), try modelFile(path)?.path ?? path)
        }
    }

    /// Names of those that were given.
    var given: [String] {
        namesGiven([
            ("--schedule", schedule), ("--warmup", warmup), ("--patience", patience), ("--watch", watch),
            ("--from", from), ("--tower", tower.isEmpty ? nil : tower), ("--freeze", freeze), ("--runs", runs),
        ])
    }

    /// Adds what the options say to a configuration.
    func apply(to configuration: inout TrainingConfiguration) throws {
        if schedule != nil || warmup != nil {
            configuration.schedule = LearningRateSchedule(
                schedule.flatMap { .init($0) } ?? configuration.schedule?.shape ?? .constant,
                warmupEpochs: warmup ?? 0)
        }
        if let patience { configuration.patience = patience == 0 ? nil : patience }
        if let watch { configuration.watched = WatchedMeasure(rawValue: watch) }
        configuration.frozen = freeze.map { $0.split(separator: ",").map(String.init) }
        guard configuration.frozen != [] else { throw ValidationError("--freeze names no layer.") }
        do { try configuration.check() } catch { throw ValidationError("\(error)") }
    }
}

/// When checkpoints are written.
struct CheckpointOptions: ParsableArguments {
    @Option(
        help: "Write a checkpoint after every N epochs; by default after an epoch once half a minute has passed.",
        completion: .default)
    var checkpointEpochs: Int?
    @Option(
        help: "Write a checkpoint within an epoch, too, once this many minutes have passed (10).", completion: .default)
    var checkpointMinutes: Double?

    func validate() throws {
        guard checkpointEpochs.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("--checkpoint-epochs must be at least 1.")
        }
        guard checkpointMinutes.map({ $0 > 0 && $0 <= 1e6 }) ?? true else {
            throw ValidationError("--checkpoint-minutes must be above 0 and at most a million.")
        }
    }

    /// Nil where nothing is said: a run that goes on has a rule already.
    var rule: CheckpointRule? {
        guard checkpointEpochs != nil || checkpointMinutes != nil else { return nil }
        return CheckpointRule(epochs: checkpointEpochs, minutes: checkpointMinutes ?? CheckpointRule().minutes)
    }
}

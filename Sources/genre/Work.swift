import ArgumentParser
import Datasets
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Report
import Training

/// Opens data as the commands do: progress on the terminal, what is skipped on standard error.
///
/// - Parameters:
///   - recipe: by name, as the user gave it; nil for the data's own or the default.
///   - model: the recipe that a model needs; data of another is refused, but for taggrams, which heads read.
///   - augmentation: what the user asked for; nil for what a store has.
///   - allowsDamaged: whether audio with corrupt packets is taken.
///   - cache: where features are kept; nil for nowhere.
///   - genres: which genres are used, and by what names.
///   - split: what is checked before anything is decoded, as far as names tell.
func openData(
    _ paths: [String], recipe: String? = nil, for model: FeatureRecipe? = nil, segments: SegmentChoice, seed: UInt64,
    threads: Int?, augmentation: SoundAugmentation? = nil, allowsDamaged: Bool = true, cache: FeatureCache?,
    genres: GenreSelection = .atLeast(1), split: SplitRequest? = nil
) throws -> LoadedDataset {
    let report = DataReport()
    defer { report.end() }
    let files = paths.map { URL(fileURLWithPath: $0) }
    // Of what a net said there is no recipe to be named.
    let areOutputs = DatasetLoader.areTaggrams(files)
    do {
        let data = try DatasetLoader.open(
            files,
            DatasetOptions(
                recipe: recipe ?? (areOutputs ? nil : model?.name), segments: segments, seed: seed,
                threads: threads ?? UsableCores.count, augmentation: augmentation,
                allowsDamaged: allowsDamaged, cache: cache, genres: genres, split: split),
            progress: report.progress, warning: report.warning)
        if let model, !areOutputs, data.set.recipe != model {
            func words(_ recipe: FeatureRecipe) -> String {
                "'\(recipe.name)', \(recipe.mels) mel bands by \(recipe.segmentFrames) frames"
            }
            throw TrainingError.dataDoesNotFit(
                "the model needs segments of recipe \(words(model)); the data has \(words(data.set.recipe))")
        }
        return data
    } catch let error as DatasetError where recipe != nil && error.isAboutRecipe {
        throw ValidationError("\(error)")
    }
}

/// Says on standard error what is known of the sounds of tracks that train, or are judged.
///
/// - Parameter tracks: indices into the set's tracks; nil for all.
func noteRemarks(on data: LoadedDataset, tracks: [Int]? = nil) {
    for line in SoundWords.lines(data, tracks: tracks) { note("genre: \(line)") }
}

/// What is said while data is read: rate and time left on the terminal, warnings on standard error, the first of them one
/// by one and the rest as a number.
final class DataReport: @unchecked Sendable {  // the number is behind the lock
    private static let shownWarnings = 50

    private let pace = Pace()
    private let line = ProgressLine()
    private let lock = NSLock()
    private var warnings = 0

    var progress: DatasetLoader.Progress {
        { [self] done, total in
            line.show(
                "\(bar(done, of: total)) \(pace.left(done: done, of: total))  reading \(done)/\(total)  "
                    + "\(Int(Double(done) / max(pace.seconds(), 1e-3))) a second")
        }
    }

    var warning: @Sendable (String) -> Void {
        { [self] text in
            let count = lock.withLock {
                warnings += 1
                return warnings
            }
            guard count <= Self.shownWarnings else { return }
            line.clear()
            note("genre: \(StandardStreams.oneLine(text))")
        }
    }

    /// Takes the progress away and says how many warnings were not shown.
    func end() {
        line.clear()
        let count = lock.withLock {
            defer { warnings = 0 }
            return warnings
        }
        if count > Self.shownWarnings { note("genre: … and \(count - Self.shownWarnings) more of this kind") }
    }
}

extension DatasetError {
    /// Whether a `--recipe` that was given is at fault.
    fileprivate var isAboutRecipe: Bool {
        switch self {
        case .unknownRecipe, .notAnAudioRecipe, .recipeFixed: true
        default: false
        }
    }
}

/// Trains with progress on the terminal and a line an epoch on standard error.
///
/// Ctrl-C ends it after the step in progress with a checkpoint, and then the command with an exit code of its own.
/// - Parameters:
///   - interruption: of several trainings, where this is one of them: it ends none that is all but done.
///   - laterRuns: as long as this one, that follow it, for the time left.
///   - callbacks: told every event, too.
///   - next: the command that goes on after an interruption; nil for that of the run alone.
func train(
    _ run: TrainingRun, threads: Int?, checkpoints: CheckpointRule? = nil, resuming: Bool = false,
    interruption: Interruption = Interruption(), laterRuns: Int = 0, callbacks: [any TrainingCallback] = [],
    next: String? = nil
) throws -> TrainedModel {
    let known = run.judgedTracksLearnedBefore
    if !known.isEmpty {
        note(
            "genre: warning: the model to begin with had learned from \(known.count) of the tracks to judge on; they "
                + "flatter the scores")
    }
    if run.base?.isOfUnknownTracks == true {
        note(
            "genre: warning: the tracks that the model to begin with learned from are not known; any among those to judge "
                + "on would flatter the scores")
    }
    let pool = try ThreadPool(threads: threads)
    let progress = TrainingProgress(run, threads: pool.threads, laterRuns: laterRuns, next: next)
    defer { progress.clear() }
    let outcome = try run.run(
        pool: pool, checkpoints: checkpoints, resuming: resuming, warning: { note("genre: \($0)") },
        callbacks: [progress, interruption] + callbacks)
    switch outcome {
    case .finished(let model, _): return model
    case .interrupted: throw ExitCode(interruption.exitCode)
    }
}

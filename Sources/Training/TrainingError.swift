/// What can go wrong in a training or an evaluation.
public enum TrainingError: Error, CustomStringConvertible {
    /// A hyperparameter is out of range.
    case badConfiguration(String)
    /// The training leads nowhere.
    case diverged(Divergence)
    /// What a net says of a track is no number.
    case senselessVerdict(track: String)
    /// The judging was stopped before its end.
    case judgingStopped
    /// The folder already holds a run.
    case runExists(folder: String)
    /// A file of the run could not be written.
    case cannotWrite(file: String, problem: String)
    /// The data does not suit the model.
    case dataDoesNotFit(String)
    case nothingToJudge(String)
    /// A folder that is to be resumed or compared is no run, or not one that can be.
    case notARun(folder: String, problem: String)
    /// A training is going on in the folder.
    case runInProgress(folder: String)
    /// Every checkpoint was refused.
    case noUsableCheckpoint(files: [String])
    /// A finished run cannot go on: its last checkpoint is gone.
    case noCheckpoint(folder: String)

    public var description: String {
        switch self {
        case .badConfiguration(let problem): problem
        case .diverged(let divergence): "\(divergence)"
        case .senselessVerdict(let track):
            "on the track '\(track)' the model's output is no number: its weights are damaged, or its training diverged; "
                + "copy it again or train anew"
        case .judgingStopped: "the judging was stopped"
        case .runExists(let folder):
            "\(folder) already holds a run: name another folder with -o, replace it with --force, or go on with --resume"
        case .cannotWrite(let file, let problem): "cannot write \(file): \(problem)"
        case .dataDoesNotFit(let problem): problem
        case .nothingToJudge(let problem): problem
        case .notARun(let folder, let problem): "\(folder): \(problem)"
        case .runInProgress(let folder): "a training is going on in \(folder): let it end, or stop it first"
        case .noUsableCheckpoint(let files):
            "no checkpoint can be used (\(files.joined(separator: ", "))): put a good one there, take them away to go on "
                + "from epoch 1, or begin the run anew with --force"
        case .noCheckpoint(let folder):
            "\(folder): the run is finished, but its checkpoints are gone, so that it cannot go on: train anew, in "
                + "another folder or with --force"
        }
    }
}

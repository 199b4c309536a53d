/// What can go wrong in a report.
public enum ReportError: Error, CustomStringConvertible {
    /// librsvg refused a figure.
    case cannotDraw(figure: String, problem: String)
    case cannotWrite(file: String, problem: String)
    /// The folder is no finished run, or a file in it is damaged.
    case notARun(folder: String, problem: String)
    /// A JSON file that is not one.
    case badJSON(file: String)
    /// The folder holds a finished run that was told something else.
    case otherRun(folder: String)
    /// The data given for a report is not the run's.
    case dataDoesNotFit(problem: String)

    public var description: String {
        switch self {
        case .cannotDraw(let figure, let problem): "cannot draw the figure '\(figure)': \(problem)"
        case .cannotWrite(let file, let problem): "cannot write \(file): \(problem)"
        case .notARun(let folder, let problem): "\(folder) is not a finished run: \(problem)"
        case .badJSON(let file): "\(file) is not valid JSON"
        case .otherRun(let folder):
            "\(folder) holds a run of another configuration or of more epochs: name another folder with -o, or move it away"
        case .dataDoesNotFit(let problem): problem
        }
    }
}

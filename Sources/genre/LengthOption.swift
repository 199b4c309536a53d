import ArgumentParser
import Audio

/// How long a file may last.
struct LengthOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hours that a file may last; longer ones are refused. By default 12; 6 where features are made.",
            valueName: "hours"), completion: .default)
    var longest: Double?

    /// Sets the limit, which serves the whole process.
    func validate() throws {
        guard let longest else { return }
        guard longest > 0, longest <= 1000 else {
            throw ValidationError("--longest must be a number of hours above 0 and at most 1000.")
        }
        AudioLimits.longest = longest * 3600
    }
}

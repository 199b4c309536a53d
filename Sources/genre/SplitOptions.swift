import ArgumentParser
import Datasets
import Report

/// How the tracks are divided.
struct SplitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How tracks are divided, by rule: \(SplitRule.known.map(\.rule).joined(separator: ", ")).",
            valueName: "rule"), completion: Completions.split)
    var split: String?
    @Option(
        help: ArgumentHelp(
            """
            Who made a track, for splits by artist: 'known' (tags, tables, GTZAN's index), 'folder' \
            (genre/artist/…/file), or a table of track,artist. By default known.
            """, valueName: "source"), completion: Completions.words(["known", "folder"], orFiles: ["csv", "tsv"]))
    var artists: String?
    @Flag(help: "Let lists put copies of one recording on two sides; the rule's name will say so.") var allowCopies =
        false
}

extension SplitOptions {
    func validate() throws {
        if let split, SplitRule(split) == nil {
            throw ValidationError(
                "There is no split rule '\(split)'"
                    + (Suggestion.nearest(to: split, among: Completions.splitRules).map { "; did you mean '\($0)'?" }
                        ?? ".")
                    + " The rules are \(SplitRule.known.map(\.rule).joined(separator: ", ")), K from 2 to 1000")
        }
    }

    /// Names of those that were given.
    var given: [String] {
        namesGiven([("--split", split), ("--artists", artists), ("--allow-copies", allowCopies)])
    }

    func request(seed: UInt64) -> SplitRequest {
        let source: ArtistSource =
            switch artists {
            case nil, "known": .known
            case "folder": .folder
            case .some(let path): .table(path: path)
            }
        return SplitRequest(rule: split.flatMap(SplitRule.init), artists: source, allowsCopies: allowCopies, seed: seed)
    }
}

/// A line a rule, for help and complaints.
let splitRuleList = Terminal.list(SplitRule.known.map { ($0.rule, $0.meaning) })

/// What a reader of scores must know of the split, from the words of its rule.
enum SplitCaution {
    /// - Parameter rules: as models' cards have them.
    /// - Returns: nil where all is well.
    static func words(_ rules: [String?]) -> String? {
        let counts = rules.compactMap { rule in
            rule?.firstMatch(of: /; ([0-9]+) recordings? on two sides/).flatMap { Int($0.output.1) }
        }
        guard let count = counts.max(), count > 0 else { return nil }
        return
            "\(counted(count, "recording")) \(count == 1 ? "is" : "are") on both sides of the split: the model was "
            + "trained on part of what it is judged on, so the scores are too high."
    }
}

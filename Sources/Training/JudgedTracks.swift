import Datasets
import ModelFile

/// Which tracks of a set a model is judged on: those of its test side where the set has any, else those that it did not
/// learn from.
public struct JudgedTracks: Sendable {
    /// Indices into the set's tracks.
    public let tracks: [Int]
    /// The model's class of each of the set's tracks.
    public let labels: [Int]
    /// What a reader of the scores must know.
    public let warnings: [String]

    /// The segments of these tracks, as indices into the set.
    public func segments(of set: SegmentSet) -> [Int] {
        TrackSplit(training: [], validation: tracks, rule: "judged").segments(.validation, of: set)
    }

    /// - Parameter includingTraining: keep tracks that the model was trained on.
    /// - Throws: ``TrainingError`` where the data has a genre that the model does not know, or nothing is left.
    public init(card: ModelCard, set: SegmentSet, includingTraining: Bool) throws(TrainingError) {
        var classOfGenre: [Int] = []
        for genre in set.genres {
            guard let index = card.genres.firstIndex(of: genre) else {
                throw .dataDoesNotFit(
                    "the model does not know the data's genre '\(genre)'; it knows \(card.genres.joined(separator: ", "))"
                )
            }
            classOfGenre.append(index)
        }
        labels = set.tracks.map { classOfGenre[$0.label] }
        // The same recording may have come by another name: GTZAN's tracks in other folders and formats, and its copies.
        func recordings(_ ids: [String]) -> Set<String> { Set(ids.map(Self.recording)) }
        func members(_ recordings: Set<String>) -> [Int] {
            set.tracks.indices.filter { recordings.contains(Self.recording(set.tracks[$0].id)) }
        }
        let learned = recordings(card.trainingTracks ?? [])
        let known = members(learned)
        // The test side itself, not copies that were on no side: its scores are to come out as in training.
        let testNames = Set((card.testTracks ?? []).map(Self.name))
        let tested = set.tracks.indices.filter { track in
            let id = set.tracks[track].id
            return testNames.contains(Self.name(id)) && !learned.contains(Self.recording(id))
        }
        let all = Array(set.tracks.indices)
        var warnings: [String] = []
        if includingTraining || known.isEmpty && tested.isEmpty {
            tracks = all
            if !known.isEmpty {
                warnings.append(
                    "warning: \(known.count) of \(all.count) tracks were trained on; these scores flatter the model")
            }
        } else if !tested.isEmpty {
            tracks = tested
            warnings.append(
                "judging the \(tested.count) tracks of the model's test side; of the other \(all.count - tested.count)"
                    + " tracks, \(known.count) were trained on")
        } else {
            let others = Set(known)
            tracks = all.filter { !others.contains($0) }
            warnings.append(
                "judging \(tracks.count) held-out tracks; the model was trained on the other \(known.count)")
        }
        if card.trainingTracks == nil || card.imported != nil {
            let learner = card.trainingTracks == nil ? "the model" : "the model that this one began with"
            warnings.append(
                "warning: the tracks that \(learner) learned from are not known; any here would flatter it")
        }
        self.warnings = warnings
        guard !tracks.isEmpty else {
            throw .nothingToJudge("the model was trained on every track of this data; --all judges it on them anyway")
        }
    }

    static func recording(_ id: String) -> String { GTZAN.recording(of: id) ?? id }

    private static func name(_ id: String) -> String { GTZAN.name(of: id) ?? id }
}

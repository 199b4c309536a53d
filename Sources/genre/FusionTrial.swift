import ArgumentParser
import Datasets
import Evaluation
import Foundation
import ModelFile
import Prediction
import Report
import Training

/// What a fusion says of labelled music: each file is heard as `genre predict` hears it.
struct FusionTrial {
    let judged: JudgedSegments
    /// Of each member, in the fusion's order: tracks that it alone classifies correctly.
    private(set) var correctAlone: [Int]
    private(set) var damaged: [String] = []
    private(set) var cancelling: [String] = []
    private(set) var silentSegments = 0

    /// - Parameters:
    ///   - data: folders of genre folders, or a table of audio files.
    ///   - includingTraining: whether tracks that members were trained on are heard, too.
    init(of fusion: FusedModel, on data: [String], jobs: Int, includingTraining: Bool) throws {
        let genres = fusion.genres
        let report = DataReport()
        defer { report.end() }
        guard
            let listing = try DatasetLoader.listing(
                data.map { URL(fileURLWithPath: $0) }, genres: .known(genres), warning: report.warning)
        else { throw ToolError.fusionNeedsSound(data: data.joined(separator: " ")) }
        let set = SegmentSet(
            genres: listing.genres, recipe: fusion.members[0].recipe,
            tracks: listing.files.map { SegmentSet.Track(id: $0.id, label: $0.label, source: $0.url) },
            values: listing.files.map { _ in [] })
        let selection = try JudgedTracks(
            card: Self.sides(of: fusion), set: set, includingTraining: includingTraining)
        for warning in selection.warnings { note("genre: \(warning)") }

        var next = 0
        var probabilities: [Float] = []
        var segmentTracks: [Int] = []
        var verdicts: [Int: Verdict] = [:]
        var correctAlone = [Int](repeating: 0, count: fusion.members.count)
        let inputs = selection.tracks.map {
            AudioInputs.Input(url: listing.files[$0].url, name: listing.files[$0].id)
        }
        let places = Dictionary(uniqueKeysWithValues: fusion.members.enumerated().map { ($1.name, $0) })
        var (damaged, cancelling, silentSegments): ([String], [String], Int) = ([], [], 0)
        try CollectionPredictor(model: .fused(fusion), jobs: jobs).run(inputs, { try $0.predict($1) }) {
            input, result in
            let track = selection.tracks[next]
            next += 1
            report.progress(next, inputs.count)
            switch result {
            case .failure(let error): report.warning("left out: \(error)")
            case .success(let prediction):
                verdicts[track] = prediction.verdict
                for moment in prediction.moments where !moment.isSilent {
                    probabilities += moment.probabilities
                    segmentTracks.append(track)
                }
                for member in prediction.members
                where mostProbable(member.confidences) == selection.labels[track] {
                    correctAlone[places[member.name]!] += 1
                }
                if prediction.sound.remarks.isDamaged { damaged.append(input.name) }
                if prediction.sound.remarks.channelTaken != nil { cancelling.append(input.name) }
                silentSegments += prediction.moments.count - prediction.segments
            }
        }
        guard !verdicts.isEmpty else { throw TrainingError.nothingToJudge("none of its files can be heard") }
        judged = JudgedSegments(
            probabilities: probabilities, classes: genres.count, segmentTracks: segmentTracks,
            trackLabels: selection.labels, verdicts: verdicts)
        self.correctAlone = correctAlone
        (self.damaged, self.cancelling, self.silentSegments) = (damaged, cancelling, silentSegments)
    }

    /// A card that says which tracks any member learned from, and which none did and some were tested on.
    private static func sides(of fusion: FusedModel) -> ModelCard {
        var card = fusion.members[0].model.card
        for member in fusion.members.dropFirst() {
            let other = member.model.card
            card.trainingTracks = card.trainingTracks.flatMap { own in other.trainingTracks.map { own + $0 } }
            if let tested = other.testTracks { card.testTracks = (card.testTracks ?? []) + tested }
            card.imported = card.imported ?? other.imported
        }
        return card
    }
}

extension EvaluateCommand {
    /// Measures a fusion: all of every file, as `genre predict` hears it.
    func evaluate(_ fusion: FusedModel, named name: String, on data: [String], jobs: Int) throws {
        let given = namesGiven([("--segments", segments), ("--seed", seed)])
        guard given.isEmpty else {
            throw ValidationError(
                "A fusion hears each file as 'genre predict' does: leave \(given.joined(separator: ", ")) out.")
        }
        let trial = try FusionTrial(of: fusion, on: data, jobs: jobs, includingTraining: all)
        let scores = trial.judged.scores(genres: fusion.genres)
        let names = fusion.members.map(\.name)
        if json {
            let object = ScoresObject(
                scores, damaged: trial.damaged, cancelling: trial.cancelling, silentSegments: trial.silentSegments)
            return try printJSON(
                FusionScores(
                    scores: object, model: name,
                    members: zip(names, trial.correctAlone).map { name, right in
                        FusionScores.Member(model: name, max: Double(right) / Double(scores.tracks))
                    }))
        }
        show(table(of: scores))
        showText("\n" + certainty(of: scores))
        let width = names.map(\.displayWidth).max() ?? 0
        show("\nthe members alone, on the same tracks")
        for (name, right) in zip(names, trial.correctAlone) {
            let interval = Interval(ofShare: right, of: scores.tracks)
            let bounds = [interval.low, interval.high].map { decimal($0 * 100, places: 1) }.joined(separator: " to ")
            show(
                "  \(StandardStreams.oneLine(name).left(width))  max \(percent(Double(right) / Double(scores.tracks)))"
                    + "  (95% interval \(bounds)%)")
        }
        showText(
            "max: of the fusion's verdicts on tracks. raw and maj: of its moments, one for each segment of \(names[0])."
        )
    }
}

private struct FusionScores: Encodable {
    struct Member: Encodable {
        let model: String
        let max: Double
    }

    let scores: ScoresObject
    let model: String
    let members: [Member]

    private enum CodingKeys: String, CodingKey {
        case model, members
    }

    func encode(to encoder: any Encoder) throws {
        try scores.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(members, forKey: .members)
    }
}

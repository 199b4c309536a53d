import Datasets
import Evaluation
import ModelFile
import NeuralNetwork
import Testing
import Training

@Suite struct JudgedTracksTests {
    private let set = plainSet(tracksPerGenre: 2, segmentsPerTrack: 1)

    private func card(genres: [String] = ["g0", "g1", "g2"], trained: [String]) -> ModelCard {
        ModelCard(
            blueprint: tinyBlueprint, genres: genres, recipe: .schindler, configuration: TrainingConfiguration(),
            split: "test", trainingTracks: trained, heldOutTracks: [], dataHash: "", scores: nil, instructionSet: "",
            toolVersion: "")
    }

    @Test func foreignDataIsJudgedWhole() throws {
        let judged = try JudgedTracks(card: card(trained: ["other/1"]), set: set, includingTraining: false)
        #expect(judged.tracks == Array(0..<6) && judged.warnings.isEmpty)
    }

    @Test func whatWasLearntIsLeftOut() throws {
        let judged = try JudgedTracks(card: card(trained: ["g0/0", "g2/1"]), set: set, includingTraining: false)
        #expect(judged.tracks == [1, 2, 3, 4])
        #expect(judged.segments(of: set) == [1, 2, 3, 4])
        let all = try JudgedTracks(card: card(trained: ["g0/0"]), set: set, includingTraining: true)
        #expect(all.tracks.count == 6 && all.warnings[0].contains("flatter"))
    }

    @Test func testTracksAloneFlatterNoOne() throws {
        var card = card(trained: ["elsewhere/1"])
        card.testTracks = set.tracks.map(\.id)
        let all = try JudgedTracks(card: card, set: set, includingTraining: true)
        #expect(all.tracks.count == 6 && all.warnings.isEmpty)
    }

    @Test func labelsFollowTheModelsGenres() throws {
        let judged = try JudgedTracks(
            card: card(genres: ["g2", "g1", "g0"], trained: []), set: set, includingTraining: false)
        #expect(judged.labels == [2, 2, 1, 1, 0, 0])
    }

    @Test func unknownGenresAndEmptyRestsAreErrors() {
        #expect {
            try JudgedTracks(card: card(genres: ["g0", "g1", "x"], trained: []), set: set, includingTraining: false)
        } throws: { "\($0)".contains("'g2'") }
        let everything = set.tracks.map(\.id)
        #expect { try JudgedTracks(card: card(trained: everything), set: set, includingTraining: false) } throws: {
            "\($0)".contains("--all")
        }
    }
}

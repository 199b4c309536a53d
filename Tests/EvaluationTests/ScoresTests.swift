import Evaluation
import Foundation
import Testing

@Suite struct VerdictTests {
    @Test func sumAndVoteCanDiffer() {
        // Two weak votes for class 1 against one strong for class 0.
        let verdict = Verdict(segments: [0.98, 0.02, 0.45, 0.55, 0.45, 0.55], classes: 2)
        #expect(verdict.bySum == 0)
        #expect(verdict.byVote == 1)
        #expect(verdict.votes == [1, 2])
    }

    @Test func tiedVotesGoToTheLargerSum() {
        let verdict = Verdict(segments: [0.6, 0.4, 0.1, 0.9], classes: 2)
        #expect(verdict.votes == [1, 1])
        #expect(verdict.byVote == 1)
    }

    @Test func fullTiesGoToTheLowerIndex() {
        let verdict = Verdict(segments: [0.25, 0.75, 0.75, 0.25], classes: 2)
        #expect(verdict.byVote == 0)
        #expect(verdict.bySum == 0)
        #expect(verdict.ranking == [0, 1])
    }

    @Test func rankingFallsFromTheMostProbable() {
        #expect(Verdict(segments: [0.2, 0.5, 0.3], classes: 3).ranking == [1, 2, 0])
    }
}

@Suite struct ScoresTests {
    /// Three tracks of class 0, 1, 1 with 2, 2 and 1 segments, interleaved.
    private let scores = JudgedSegments(
        probabilities: [
            0.9, 0.1,  // track 0: right
            0.3, 0.7,  // track 1: right
            0.2, 0.8,  // track 0: wrong
            0.6, 0.4,  // track 1: wrong, and weaker
            0.8, 0.2,  // track 2: wrong
        ],
        classes: 2, segmentTracks: [0, 1, 0, 1, 2], trackLabels: [0, 1, 1]
    ).scores(genres: ["blues", "rock"])

    @Test func measuresAreThoseCountedByHand() {
        #expect(scores.raw == 2.0 / 5)
        #expect(scores.max == 2.0 / 3)
        #expect(scores.maj == 2.0 / 3)
        #expect(scores.confusion == [[1, 1], [2, 1]])
        #expect(scores.trackConfusion == [[1, 0], [1, 1]])
        #expect(scores.tracks == 3 && scores.segments == 5)
        let loss = -[0.9, 0.7, 0.2, 0.4, 0.2].reduce(0) { $0 + log($1) } / 5
        #expect(abs(scores.loss - loss) < 1e-6)
    }

    @Test func perGenreMeasures() throws {
        let blues = scores.perGenre[0]
        #expect(blues.precision == 1.0 / 3 && blues.recall == 0.5 && blues.support == 2)
        #expect(abs(try #require(blues.f1) - 0.4) < 1e-12)
    }

    @Test func nothingToDivideByIsNil() {
        let empty = GenreScores(genre: "jazz", index: 1, confusion: [[3, 0], [0, 0]])
        #expect(empty.precision == nil && empty.recall == nil && empty.f1 == nil)
    }

    @Test func survivesEncoding() throws {
        #expect(try JSONDecoder().decode(Scores.self, from: JSONEncoder().encode(scores)) == scores)
    }
}

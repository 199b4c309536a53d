import Datasets
import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Randomness

@testable import Report
@testable import Training

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("report-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A genre's name that would break markup, were it not escaped.
let hostileName = "<script>\"R&B's\"\u{0}\u{202E}</script>"

/// A run of an untrained net on a few noisy tracks.
struct SampleRun {
    let folder: TemporaryFolder
    let set: SegmentSet
    let model: TrainedModel

    init(genres: [String] = ["blues", "jazz", hostileName], epochs: Int = 3) throws {
        folder = try TemporaryFolder()
        var stream = RandomStream(seed: 0, purpose: "report tests")
        let tracks = genres.indices.flatMap { label in
            (0..<3).map { SegmentSet.Track(id: "\(genres[label])/\($0).wav", label: label) }
        }
        let values = tracks.map { track in
            (0..<4 * 6400).map { _ in Float(stream.uniform(0, 10) + Double(track.label)) }
        }
        let set = SegmentSet(genres: genres, recipe: .schindler, tracks: tracks, values: values)
        self.set = set
        let blueprint = Blueprint("tiny", input: 80 × 80) {
            Convolution(2, kernel: 3 × 4)
            MaxPool(20 × 20)
            LeakyReLU(0.3)
            Dense(genres.count)
        }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: 1)
        let judged = tracks.indices.filter { $0 % 3 > 0 }
        let indices = (0..<set.count).filter { judged.contains(set.track(ofSegment: $0)) }
        let judge = try Judge(parameters: parameters, pool: ThreadPool(threads: 1))
        let scores = try judge.judge(set, segments: indices, labels: tracks.map(\.label)).scores(genres: genres)
        let card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: .schindler,
            configuration: TrainingConfiguration(net: "tiny", epochs: epochs),
            split: "by hand", trainingTracks: tracks.indices.filter { $0 % 3 == 0 }.map { tracks[$0].id },
            heldOutTracks: judged.map { tracks[$0].id }, dataHash: set.contentHash, scores: scores,
            instructionSet: activeInstructionSet, toolVersion: "test")
        model = TrainedModel(card: card, parameters: parameters)
        let run = RunFolder(at: folder.url)
        try run.write(model)
        try Data(
            #"{"configuration":{"net":"tiny","l1":0.0001},"data":["\#(folder.url.path)/<data>"],"skipped":[]}"#.utf8
        )
        .write(to: run.configuration)
        for epoch in 1...epochs { try run.append(Self.record(epoch)) }
    }

    static func record(_ epoch: Int, raw: Double? = nil, learningRate: Double? = nil) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainLoss: 5 / Double(epoch), penalty: 1.5, trainAccuracy: 1 - 0.5 / Double(epoch),
            validationLoss: 3 / Double(epoch), raw: raw ?? 0.8 - 0.5 / Double(epoch), max: 0.5, maj: 0.25,
            learningRate: learningRate, seconds: 1.25
        )
    }

    func report(withData: Bool = true, audit: JSONValue? = nil) throws -> RunReport {
        let run = try FinishedRun(folder.url)
        return RunReport(
            run: run,
            assessment: withData ? try Assessment(of: run.model, on: set, pool: ThreadPool(threads: 1)) : nil,
            audit: audit)
    }
}

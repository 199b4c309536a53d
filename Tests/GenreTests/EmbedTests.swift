import Features
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Storage
import Synthesis
import Testing

/// `genre embed`: the library's vectors, in files that others read.
@Suite(.serialized) struct EmbedTests {
    private let folder: TemporaryFolder
    private let songs: [String]
    private let model: TrainedModel

    init() throws {
        folder = try TemporaryFolder()
        try DemoCorpus.write(to: folder.url.appendingPathComponent("music"), tracksPerGenre: 1, seconds: 3, seed: 1)
        songs = ["blues", "disco", "rock"].map { [folder] in folder.path("music/\($0)/\($0).00000.wav") }
        model = try .tiny()
        try model.write(to: folder.url.appendingPathComponent("model.safetensors"))
    }

    private func embeddings(of files: [String]) throws -> [TrackEmbedding] {
        let predictor = try GenrePredictor(model: model, pool: ThreadPool(threads: 1))
        return try files.map { try predictor.embed(URL(fileURLWithPath: $0)) }
    }

    private func embed(_ files: [String], _ more: String...) throws -> Tool.Outcome {
        try Tool.run(["embed", folder.path("model.safetensors")] + files + more)
    }

    private func array(_ name: String) throws -> (shape: [Int], values: [Float]) {
        let array = try NpyArray(contentsOf: URL(fileURLWithPath: folder.path(name)))
        #expect(array.element == .float32)
        return (array.shape, array.withBytes { Array($0.assumingMemoryBound(to: Float.self)) })
    }

    private struct Table: Decodable {
        struct Row: Decodable {
            let file: String
            let start: Double?
            let embedding: [Float]?
        }
        let model: String
        let per: String
        let size: Int
        let rows: [Row]
    }

    private func table(_ name: String) throws -> Table {
        try JSONDecoder().decode(Table.self, from: Data(contentsOf: URL(fileURLWithPath: folder.path(name))))
    }

    @Test func aVectorATrack() throws {
        let outcome = try embed(songs, "-o", folder.path("vectors.npy"))
        #expect(outcome.status == 0 && outcome.diagnostics.hasPrefix("3 of 3 files heard"), "\(outcome.diagnostics)")
        #expect(outcome.output == "3 vectors of 6 values: \(folder.path("vectors.npy"))\n")
        let (shape, values) = try array("vectors.npy")
        #expect(shape == [3, 6])
        #expect(try values == embeddings(of: songs).flatMap(\.mean))
        let names = try table("vectors.json")
        #expect(names.rows.map(\.file) == songs && names.size == 6 && names.per == "track")
        #expect(names.model == folder.path("model.safetensors"))
        #expect(names.rows.allSatisfy { $0.start == nil && $0.embedding == nil })
    }

    @Test func aVectorASegment() throws {
        let outcome = try embed(songs, "--per", "segment", "-o", folder.path("vectors.npy"), "--threads", "2")
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let expected = try embeddings(of: songs)
        let (shape, values) = try array("vectors.npy")
        #expect(shape == [expected.reduce(0) { $0 + $1.startTimes.count }, 6] && shape[0] == 15)
        #expect(values == expected.flatMap(\.segments))
        let names = try table("vectors.json")
        #expect(names.rows.map(\.start) == expected.flatMap(\.startTimes) && names.per == "segment")
        #expect(
            names.rows.map(\.file) == zip(songs, expected).flatMap { Array(repeating: $0, count: $1.startTimes.count) })
    }

    @Test(arguments: ["track", "segment"]) func jsonHoldsAllInOneFile(per: String) throws {
        let outcome = try embed(songs, "--per", per, "--format", "json", "-o", folder.path("vectors.json"))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let found = try table("vectors.json")
        let expected = try embeddings(of: songs)
        #expect(found.per == per)
        #expect(
            found.rows.flatMap { $0.embedding ?? [] } == expected.flatMap { per == "track" ? $0.mean : $0.segments })
        #expect(try !folder.contents().contains("vectors.npy"))
    }

    @Test func aBadFileIsNamedAndTheGoodOnesAreIntact() throws {
        let bad = try folder.write(Data("no audio at all".utf8), to: "text.mp3")
        let files = [songs[0], bad, folder.path("missing.wav"), songs[1]]
        let outcome = try embed(files, "-o", folder.path("vectors.npy"))
        #expect(outcome.status == 1)
        #expect(outcome.diagnostics.contains("text.mp3") && outcome.diagnostics.contains("missing.wav"))
        let (shape, values) = try array("vectors.npy")
        #expect(shape == [2, 6])
        #expect(try values == embeddings(of: [songs[0], songs[1]]).flatMap(\.mean))
        #expect(try table("vectors.json").rows.map(\.file) == [songs[0], songs[1]])

        let none = try embed([bad], "-o", folder.path("none.npy"))
        #expect(none.status == 1 && none.diagnostics.contains("text.mp3") && none.output.isEmpty)
        #expect(try !folder.contents().contains { $0.hasPrefix("none") })
    }

    @Test func foldersPlaylistsAndListsAreTakenOnAnyNumberOfJobs() throws {
        try folder.write(Data(songs.map { $0 + "\n" }.joined().utf8), to: "list.m3u")
        let list = try folder.write(Data(songs.joined(separator: "\r\n").utf8), to: "list.txt")
        let expected = try embeddings(of: songs).flatMap(\.mean)
        for words in [[folder.path("list.m3u")], ["--from", list], ["--from", list, "--jobs", "1"]] {
            let outcome = try embed(words, "-o", folder.path("vectors.npy"))
            #expect(outcome.status == 0, "\(outcome.diagnostics)")
            #expect(try array("vectors.npy").values == expected)
        }
        #expect(try embed([folder.path("music")], "-o", folder.path("all.npy")).status == 0)
        #expect(try array("all.npy").shape == [10, 6])
    }

    @Test func nothingThatIsReadIsWrittenOver() throws {
        let song = try Data(contentsOf: URL(fileURLWithPath: songs[0]))
        let model = try Data(contentsOf: folder.url.appendingPathComponent("model.safetensors"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.npy"), withDestinationPath: folder.path("model.safetensors"))
        for (output, reason) in [
            (songs[0], "must end in .npy or .json"), (folder.path("model.safetensors"), "must end in .npy or .json"),
            (folder.path("link.npy"), "which is read"),
        ] {
            let outcome = try embed([songs[0]], "-o", output)
            #expect(outcome.status == 2 && outcome.diagnostics.contains(reason), "\(outcome.diagnostics)")
            let asked = try embed([songs[0]], "--format", "json", "-o", output)
            #expect(asked.status == 2 && asked.diagnostics.contains("ends otherwise"), "\(asked.diagnostics)")
        }
        for (words, reason) in [
            (["export", "--format", "safetensors", "-o"], "which is read"),
            (["export", "--format", "onnx", "-o"], "ends otherwise"), (["inspect", "--page"], "must end in .html"),
        ] {
            let outcome = try Tool.run(
                [words[0], folder.path("model.safetensors")] + words.dropFirst() + [folder.path("model.safetensors")])
            #expect(outcome.status == 2 && outcome.diagnostics.contains(reason), "\(outcome.diagnostics)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: songs[0])) == song)
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("model.safetensors")) == model)
    }

    @Test func builtInModelsGoByName() throws {
        let outcome = try Tool.run("embed", "gtzan-compact", songs[0], "-o", folder.path("vectors.npy"))
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        #expect(try array("vectors.npy").shape == [1, 256])
        let unknown = try Tool.run("embed", "nonesuch", songs[0], "-o", folder.path("x.npy"))
        #expect(unknown.status == 1 && unknown.diagnostics.contains("nonesuch"))
        #expect(unknown.diagnostics.contains("gtzan-compact"))
    }

    @Test(arguments: ["npy", "json"]) func aPlaceThatCannotBeWrittenIsNamed(format: String) throws {
        let before = try folder.contents()
        let outcome = try embed([songs[0]], "--format", format, "-o", folder.path("no/such/vectors"))
        #expect(outcome.status == 1 && outcome.diagnostics.contains("no/such/vectors"), "\(outcome.diagnostics)")
        #expect(outcome.output.isEmpty)
        #expect(try folder.contents() == before)
    }

    @Test func wrongUsageIsSaid() throws {
        let before = try folder.contents()
        for more in [
            ["-o", "x.json", "--format", "npy"], ["-o", "x.mp3"], ["-o", "x"], ["-o", "-", "--format", "npy"],
            ["-o", "x.npy", "--per", "song"], ["-o", "x.npy", "--threads", "0"], [],
        ] {
            let outcome = try Tool.run(["embed", "model.safetensors", songs[0]] + more, in: folder.url)
            #expect(outcome.status == 2 && !outcome.diagnostics.isEmpty, "\(more)")
        }
        #expect(try folder.contents() == before)
    }
}

extension TrainedModel {
    /// A small net with weights of its own that no training made, on the recipe `schindler`.
    static func tiny() throws -> TrainedModel {
        let blueprint = Blueprint("tiny", input: 80 × 80) {
            Convolution(4, kernel: 5 × 5)
            MaxPool(10 × 10)
            LeakyReLU(0.3)
            Dense(6)
            LeakyReLU(0.3)
            Dense(3)
        }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: 3)
        let card = ModelCard(
            blueprint: blueprint, genres: ["blues", "jazz", "rock"], recipe: .schindler,
            configuration: TrainingConfiguration(), split: "none", trainingTracks: [], heldOutTracks: [], dataHash: "",
            scores: nil, instructionSet: activeInstructionSet, toolVersion: "test")
        return TrainedModel(card: card, parameters: parameters)
    }
}

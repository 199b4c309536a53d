import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@Suite struct TrainedModelTests {
    private let folder: URL
    private let blueprint = Blueprint("tiny", input: 80 × 80) {
        Convolution(2, kernel: 3 × 4)
        MaxPool(20 × 20)
        LeakyReLU(0.3)
        Dense(2)
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("model-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func model(genres: [String] = ["jazz", "rock"]) throws -> TrainedModel {
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: 1)
        let card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: .schindler, configuration: TrainingConfiguration(seed: 7),
            split: "random", trainingTracks: ["jazz/a", "rock/b"], heldOutTracks: ["jazz/c"], dataHash: "1234",
            scores: JudgedSegments(
                probabilities: [0.9, 0.1], classes: 2, segmentTracks: [0], trackLabels: [0]
            ).scores(genres: genres),
            instructionSet: activeInstructionSet, toolVersion: "test")
        return TrainedModel(card: card, parameters: parameters)
    }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Rewrites a model file with other tensors or metadata.
    private func rewritten(
        _ name: String, metadata change: (inout [String: String]) -> Void = { _ in },
        tensors: (inout [(String, [Int], [Float])]) -> Void = { _ in }
    ) throws -> URL {
        let good = file("good.safetensors")
        try model().write(to: good)
        let source = try SafetensorsFile(good)
        var values = try source.names.map { ($0, try source.shape(of: $0), try source.floats(named: $0)) }
        var metadata = source.metadata
        change(&metadata)
        tensors(&values)
        try Safetensors.write(tensors: values, metadata: metadata, to: file(name))
        return file(name)
    }

    private func expectRefusal(_ url: URL, saying text: String) {
        #expect {
            _ = try TrainedModel(contentsOf: url)
        } throws: { error in
            "\(error)".contains(text) && "\(error)".contains(url.lastPathComponent)
        }
    }

    @Test func everythingSurvivesTheFile() throws {
        let model = try model()
        try model.write(to: file("model.safetensors"))
        let read = try TrainedModel(contentsOf: file("model.safetensors"))
        #expect(read.card.blueprint == blueprint && read.card.genres == ["jazz", "rock"])
        #expect(read.card.recipe == .schindler && read.card.configuration == TrainingConfiguration(seed: 7))
        #expect(read.card.trainingTracks == ["jazz/a", "rock/b"] && read.card.heldOutTracks == ["jazz/c"])
        #expect(read.card.scores == model.card.scores && read.card.dataHash == "1234")
        for specification in model.parameters.plan.parameters {
            #expect(read.parameters.canonical(specification) == model.parameters.canonical(specification))
        }
    }

    @Test func weightsThatHalfPrecisionCannotHoldAreNotWritten() throws {
        let model = try model()
        let first = model.parameters.plan.parameters[0]
        var values = model.parameters.canonical(first)
        for (value, holds) in [(Float(65_519), true), (65_520, false), (-1e5, false)] {
            values[0] = value
            try model.parameters.set(first, to: values)
            guard holds else {
                #expect {
                    try model.write(to: file("large"), halfPrecision: true)
                } throws: {
                    "\($0)".contains(first.name)
                }
                continue
            }
            try model.write(to: file("half"), halfPrecision: true)
            #expect(try TrainedModel(contentsOf: file("half")).parameters.canonical(first)[0] == 65_504)
        }
        #expect(!FileManager.default.fileExists(atPath: file("large").path))
    }

    @Test func equalModelsMakeEqualFiles() throws {
        try model().write(to: file("a"))
        try model().write(to: file("b"))
        #expect(try Data(contentsOf: file("a")) == Data(contentsOf: file("b")))
    }

    @Test func metadataIsPlainForOtherReaders() throws {
        try model().write(to: file("model.safetensors"))
        let metadata = try SafetensorsFile(file("model.safetensors")).metadata
        #expect(metadata["architecture"] == "tiny" && metadata["genres"] == "jazz,rock")
        #expect(metadata["recipe"] == "schindler" && metadata["sample_rate"] == "22050.0" && metadata["seed"] == "7")
    }

    @Test func damageIsNamed() throws {
        expectRefusal(file("missing.safetensors"), saying: "missing")
        try Data().write(to: file("empty.safetensors"))
        expectRefusal(file("empty.safetensors"), saying: "empty")
        expectRefusal(try rewritten("foreign") { $0["format"] = nil }, saying: "genre train")
        expectRefusal(try rewritten("later") { $0["format_version"] = "5" }, saying: "format version 5, which")
        expectRefusal(try rewritten("much-later") { $0["format_version"] = "17" }, saying: "update the tool")
        expectRefusal(try rewritten("version") { $0["format_version"] = "0" }, saying: "lacks a format version")
        for later in ["3.1", "99999999999999999999", "4-beta"] {
            expectRefusal(try rewritten("later") { $0["format_version"] = later }, saying: "update the tool")
        }
        expectRefusal(try rewritten("cardless") { $0["card"] = nil }, saying: "card")
        expectRefusal(try rewritten("nonsense") { $0["card"] = "{}" }, saying: "card")
        expectRefusal(try rewritten("fewer", tensors: { $0.removeLast() }), saying: "damaged")
        expectRefusal(try rewritten("shape", tensors: { $0[1].1.reverse() }), saying: "shape")
        expectRefusal(try rewritten("nan", tensors: { $0[0].2[1] = .nan }), saying: "nan")
    }

    /// A file whose card says something else in one place.
    private func file(saying value: Any, of field: String) throws -> URL {
        try rewritten("claim") { metadata in
            let text = Data(metadata["card"]!.utf8)
            guard var card = try? JSONSerialization.jsonObject(with: text) as? [String: Any] else { return }
            let keys = field.split(separator: ".").map(String.init)
            if keys.count == 1 {
                card[keys[0]] = value
            } else {
                var part = card[keys[0]] as? [String: Any] ?? [:]
                part[keys[1]] = value
                card[keys[0]] = part
            }
            let data = try? JSONSerialization.data(withJSONObject: card)
            metadata["card"] = String(decoding: data ?? Data(), as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("scores.confusion", "[[1]]"), ("scores.confusion", "[[1,0],[0]]"), ("scores.trackConfusion", "[[-1,0],[0,5]]"),
        ("scores.confusion", "[[9223372036854775807,1],[0,0]]"), ("scores.genres", #"["jazz","pop"]"#),
        ("scores.raw", "1.5"), ("scores.maj", "-0.1"), ("scores.segments", "-1"), ("scores.tracks", "4000000000"),
        ("configuration.batch", "0"), ("configuration.batch", "-5"), ("configuration.batch", "4000000000000000000"),
        ("configuration.batch", "200000000"), ("configuration.segments_per_track", "0"), ("epoch", "-1"),
        ("recipe.sampleRate", "1e300"), ("genres", #"["jazz","jazz"]"#), ("genres", #"["jazz",""]"#),
        ("architecture", #""crnn""#),
    ])
    func senselessNumbersInACardAreNamed(field: String, value: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        expectRefusal(try file(saying: value, of: field), saying: "card, \(field) ")
    }

    @Test(arguments: [0, -1, 1e-300, 1e9]) func aTemperatureIsAboveNothing(temperature: Double) throws {
        let calibration: [String: Any] = [
            "temperature": temperature, "tracks": 20, "errorBefore": 0.1, "errorAfter": 0.1,
        ]
        expectRefusal(try file(saying: calibration, of: "calibration"), saying: "card, calibration.temperature ")
    }

    // MARK: - Imported weights, and weights of 16 bits

    private func importedModel() throws -> TrainedModel {
        let parameters = try model().parameters
        let card = ModelCard(
            blueprint: blueprint, genres: ["jazz", "rock"], recipe: .schindler,
            imported: ImportedWeights(file: "weights.safetensors", sha256: "abcd"), toolVersion: "test")
        return TrainedModel(card: card, parameters: parameters)
    }

    @Test func whatOnlyTheMakerOfImportedWeightsKnowsIsLeftOpen() throws {
        try importedModel().write(to: file("imported.safetensors"))
        let metadata = try SafetensorsFile(file("imported.safetensors")).metadata
        #expect(metadata["format_version"] == "2" && metadata["seed"] == nil)
        let card = try TrainedModel(contentsOf: file("imported.safetensors")).card
        #expect(card.imported == ImportedWeights(file: "weights.safetensors", sha256: "abcd"))
        #expect(card.configuration == nil && card.split == nil && card.dataHash == nil && card.instructionSet == nil)
        #expect(card.trainingTracks == nil && card.heldOutTracks == nil && card.testTracks == nil)
        #expect(card.scores == nil && card.validationScores == nil && card.epoch == nil && card.calibration == nil)
        #expect(card.genres == ["jazz", "rock"] && card.recipe == .schindler && card.toolVersion == "test")
        // Cards that say all stay version 1, which older versions of the tool read.
        try model().write(to: file("own.safetensors"))
        #expect(try SafetensorsFile(file("own.safetensors")).metadata["format_version"] == "1")
    }

    /// Silence about a training is for imported weights alone.
    @Test(arguments: ["configuration", "split", "trainingTracks", "heldOutTracks", "dataHash", "instructionSet"])
    func aCardOfOursMustSayHowItWasTrained(key: String) throws {
        let silent = try rewritten("silent") { metadata in
            guard let text = metadata["card"],
                var card = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                card.removeValue(forKey: key) != nil,
                let data = try? JSONSerialization.data(withJSONObject: card)
            else { return }
            metadata["card"] = String(decoding: data, as: UTF8.self)
        }
        expectRefusal(silent, saying: "how it was trained")
    }

    @Test func sixteenBitsAreTheNearestOnes() throws {
        for model in [try model(), try importedModel()] {
            try model.write(to: file("half.safetensors"), halfPrecision: true)
            let tensors = try SafetensorsFile(file("half.safetensors"))
            let read = try TrainedModel(contentsOf: file("half.safetensors"))
            #expect(read.card.imported == model.card.imported && read.card.dataHash == model.card.dataHash)
            for specification in model.parameters.plan.parameters {
                #expect(try tensors.type(of: specification.name) == .float16)
                let values = model.parameters.canonical(specification)
                #expect(read.parameters.canonical(specification) == values.map { Float(Float16($0)) })
            }
        }
    }

    /// A card may claim a net of any size: the claim is held against the tensors before memory is taken.
    @Test func lyingBlueprintsAreRefused() throws {
        for (channels, words) in [(600, "shape"), (60_000, "too large")] {
            let huge = try rewritten("huge") { metadata in
                metadata["card"] = metadata["card"]!.replacingOccurrences(
                    of: "\"channels\":2", with: "\"channels\":\(channels)")
            }
            expectRefusal(huge, saying: words)
        }
        let absurd = try rewritten("absurd") { metadata in
            metadata["card"] = metadata["card"]!.replacingOccurrences(
                of: "\"channels\":2", with: "\"channels\":4611686018427387904")
        }
        expectRefusal(absurd, saying: "out of range")
        let genres = try rewritten("genres") { metadata in
            metadata["card"] = metadata["card"]!.replacingOccurrences(
                of: "\"genres\":[\"jazz\",\"rock\"],\"heldOut", with: "\"genres\":[\"jazz\"],\"heldOut")
        }
        expectRefusal(genres, saying: "1 genres")
    }
}

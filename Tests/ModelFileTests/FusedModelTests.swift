import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@Suite struct FusedModelTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fused-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    private func net(
        _ recipe: FeatureRecipe = .schindler, genres: [String] = ["jazz", "rock"], seed: UInt64 = 1,
        blueprint: Blueprint? = nil
    ) throws -> TrainedModel {
        let blueprint =
            blueprint
            ?? Blueprint("tiny", input: recipe.mels × recipe.segmentFrames) {
                Convolution(2, kernel: 3 × 4)
                MaxPool(20 × 20)
                LeakyReLU(0.3)
                Dense(genres.count)
            }
        let parameters = try ParameterStore(plan: NetworkPlan(blueprint))
        parameters.initialise(seed: seed)
        let card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: recipe, configuration: TrainingConfiguration(seed: 7),
            split: "random", trainingTracks: ["jazz/a"], heldOutTracks: [], dataHash: "1234", scores: nil,
            instructionSet: activeInstructionSet, toolVersion: "test")
        return TrainedModel(card: card, parameters: parameters)
    }

    private func expect(_ problem: String, of members: FusedModel.Member...) {
        #expect { try FusedModel(members, toolVersion: "test") } throws: { "\($0)".contains(problem) }
    }

    @Test func aFileHoldsTheMembersWhole() throws {
        let members = [
            FusedModel.Member(name: "own net", weight: 3, model: try net()),
            FusedModel.Member(name: "other", every: 2, model: try net(.musicnn, seed: 2)),
        ]
        var fusion = try FusedModel(members, toolVersion: "test")
        fusion.calibration = Calibration(
            verdicts: (0..<20).map { _ in Verdict(segments: [0.6, 0.4], classes: 2) },
            labels: [Int](repeating: 0, count: 20))
        try fusion.write(to: file("both.safetensors"))
        guard case .fused(let read) = try GenreModel(contentsOf: file("both.safetensors")) else {
            Issue.record("a fusion")
            return
        }
        #expect(read.members.map(\.name) == ["own net", "other"] && read.members.map(\.weight) == [0.75, 0.25])
        #expect(read.members.map(\.every) == [1, 2] && read.calibration == fusion.calibration)
        #expect(read.members[1].recipe.segmentStride == 2 * FeatureRecipe.musicnn.segmentStride)
        for (found, wanted) in zip(read.members, members) {
            #expect(found.model.parameters.digest == wanted.model.parameters.digest)
            #expect(found.model.card.recipe == wanted.model.card.recipe)
        }
        // One net is what it always was.
        try net().write(to: file("one.safetensors"))
        guard case .single = try GenreModel(contentsOf: file("one.safetensors")) else {
            Issue.record("one net")
            return
        }
        #expect(throws: ModelFileError.self) { try TrainedModel(contentsOf: file("both.safetensors")) }
        #expect {
            try TrainedModel(contentsOf: file("both.safetensors"))
        } throws: {
            "\($0)".contains("a fusion of own net and other")
        }
        // Earlier versions refuse it by its number.
        #expect(try SafetensorsFile(file("both.safetensors")).metadata["format_version"] == "4")
    }

    @Test func whatCannotBeFusedIsRefused() throws {
        let first = FusedModel.Member(name: "x", model: try net())
        expect("of 2 to 16 models, not of 1", of: first)
        expect("the same name", of: first, first)
        expect(
            "'x' has the genres jazz, rock; 'y' has jazz, pop", of: first,
            .init(name: "y", model: try net(genres: ["jazz", "pop"])))
        expect(
            "the same in another order", of: first, .init(name: "y", model: try net(genres: ["rock", "jazz"])))
        expect("weight of 'y' is 0", of: first, .init(name: "y", weight: 0, model: try net()))
        expect("weight of 'y' is nan", of: first, .init(name: "y", weight: .nan, model: try net()))
        expect("every segment is to be heard", of: first, .init(name: "y", every: 0, model: try net()))
        expect("every segment is to be heard", of: first, .init(name: "y", every: 2, model: try net(.gtzanMel)))
        expect("cannot be made from audio", of: first, .init(name: "y", model: try net(.precomputed)))
        var tags = try net()
        tags.card.outputs = .tags
        expect("tells tags", of: first, .init(name: "y", model: tags))
        let across = Blueprint("across", input: 80 × 80) {
            Convolution(2, kernel: 3 × 4)
            MaxPool(20 × 20)
            LSTM(6, layers: 2, over: .batch)
            Dense(2)
        }
        expect("across the segments of a batch", of: first, .init(name: "y", model: try net(blueprint: across)))
    }

    /// Every lie gives an error that names the file.
    @Test func damagedFilesAreNamed() throws {
        let fusion = try FusedModel(
            [.init(name: "x", model: try net()), .init(name: "y", model: try net(seed: 2))], toolVersion: "test")
        try fusion.write(to: file("good.safetensors"))
        let good = try SafetensorsFile(file("good.safetensors"))
        let tensors = try good.names.map { ($0, try good.shape(of: $0), try good.floats(named: $0)) }
        func write(_ change: (inout String) -> Void, without tensor: String? = nil, version: String = "4") throws {
            var metadata = good.metadata
            metadata["format_version"] = version
            change(&metadata["fusion", default: ""])
            try Safetensors.write(
                tensors: tensors.filter { $0.0 != tensor }, metadata: metadata, to: file("bad.safetensors"))
        }
        func expect(_ problem: String) {
            #expect {
                try GenreModel(contentsOf: file("bad.safetensors"))
            } throws: {
                "\($0)".contains(problem) && "\($0)".contains("bad.safetensors")
            }
        }
        try write { $0 = "{}" }
        expect("its card cannot be read")
        try write { $0 = $0.replacingOccurrences(of: "\"weight\":0.5", with: "\"weight\":-1") }
        expect("weight of 'x' is -1")
        try write { $0 = $0.replacingOccurrences(of: "\"every\":1", with: "\"every\":1000000000000") }
        expect("every segment is to be heard")
        try write { $0 = $0.replacingOccurrences(of: "\"name\":\"y\"", with: "\"name\":\"x\"") }
        expect("the same name")
        try write { $0 = $0.replacingOccurrences(of: "[\"jazz\",\"rock\"]", with: "[\"jazz\",\"jazz\"]") }
        expect("a genre twice")
        try write({ _ in }, without: good.names.first { $0.hasPrefix("members.1.") })
        expect("damaged")
        try write({ _ in }, version: "5")
        expect("update the tool")
    }

    /// Two imports at once: one after the other, and whoever reads meanwhile sees a whole model or none.
    @Test func installsAtOnceTakeTurns() throws {
        let installed = InstalledModels(folder: file("shared/models"))
        let models = try (0..<6).map { try net(seed: UInt64($0)) }
        let digests = models.map(\.parameters.digest)
        nonisolated(unsafe) let shared = models  // read only
        let faults = Faults()
        DispatchQueue.concurrentPerform(iterations: 18) { turn in
            do {
                if turn % 3 != 0 {
                    try installed.install(shared[turn % 6], as: "one")
                } else if let place = installed.file(of: "one") {
                    let read = try TrainedModel(contentsOf: place).parameters.digest
                    if !digests.contains(read) { faults.add("half a model") }
                }
            } catch { faults.add("\(error)") }
        }
        #expect(faults.all == [])
        let place = try #require(installed.file(of: "one"))
        #expect(digests.contains(try TrainedModel(contentsOf: place).parameters.digest))
        // Nothing is left beside it.
        let names = try FileManager.default.contentsOfDirectory(atPath: installed.folder.path).sorted()
        #expect(names == [".lock", "one.safetensors"])
    }

    @Test func theStandardModelIsTheNetWhereNothingIsInstalled() throws {
        let nothing = InstalledModels(folder: file("none"))
        let standard = try StandardModel.open(among: nothing)
        guard case .single(let net) = standard.model else {
            Issue.record("one net")
            return
        }
        #expect(standard.name == BuiltInModel.all[0].name)
        #expect(net.card.backbone == nil)
    }

    /// The built-in fusion's head is installed here, as it may be built in: what is tested is its backbone.
    @Test func theStandardModelIsTheFusionWhereItsBackboneIsTheRightOne() throws {
        let installed = InstalledModels(folder: file("models"))
        let fusion = BuiltInFusion.all[0]
        let head = try #require(fusion.memberNames.last)
        let genres = try #require(BuiltInModel.named(fusion.memberNames[0])).open().card.genres

        func backbone(seed: UInt64) throws -> TrainedModel {
            var tags = try net(.musicnn, genres: ["loud", "soft"], seed: seed)
            tags.card.outputs = .tags
            return tags
        }
        try installed.install(backbone(seed: 1), as: "musicnn")
        let trained = try TrainedModel(contentsOf: #require(installed.file(of: "musicnn")))
        var card = try net(.musicnn, genres: genres).card
        card.blueprint = trained.card.blueprint
        card.blueprint.layers += [Sigmoid(), Dense(genres.count)]
        card.architecture = card.blueprint.name
        card.backbone = Backbone(name: "musicnn", weights: trained.parameters.digest)
        let parameters = try ParameterStore(plan: NetworkPlan(card.blueprint))
        parameters.initialise(seed: 5)
        try installed.install(TrainedModel(card: card, parameters: parameters), as: head)

        let standard = try StandardModel.open(among: installed)
        #expect(standard.name == fusion.name && standard.better == nil)
        guard case .fused(let model) = standard.model else {
            Issue.record("a fusion")
            return
        }
        #expect(model.members.map(\.name) == fusion.memberNames)

        try installed.install(backbone(seed: 2), as: "musicnn")
        let other = try StandardModel.open(among: installed)
        #expect(other.name == BuiltInModel.all[0].name && other.better?.missing == nil)
        #expect(other.better?.problem.contains("genre fetch --force musicnn") == true)
        try FileManager.default.removeItem(at: #require(installed.file(of: "musicnn")))
        let missing = try StandardModel.open(among: installed)
        #expect(missing.name == BuiltInModel.all[0].name && missing.better?.missing == "musicnn")
        #expect(throws: ModelFileError.self) { try fusion.open(among: installed) }
    }
}

private final class Faults: @unchecked Sendable {  // behind the lock
    private let lock = NSLock()
    private var texts: [String] = []

    var all: [String] { lock.withLock { texts } }

    func add(_ text: String) { lock.withLock { texts.append(text) } }
}

import Datasets
import Foundation
import ModelFile
import NeuralNetwork
import Testing
import Training

/// A training that stops anywhere and goes on ends with the bits of one that never stopped.
@Suite struct ResumeTests {
    private let set = plainSet(tracksPerGenre: 4)
    private let split: TrackSplit
    private let pool: ThreadPool

    init() throws {
        split = try .random(set, seed: 0)
        pool = try ThreadPool(threads: 2)
    }

    private func configuration(_ change: (inout TrainingConfiguration) -> Void = { _ in }) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(net: "tiny", epochs: 3, batch: 16, learningRate: 0.003, seed: 4)
        change(&configuration)
        return configuration
    }

    private func trainer(_ configuration: TrainingConfiguration, pool: ThreadPool? = nil) throws -> Trainer {
        try Trainer(
            set: set, split: split, blueprint: tinyBlueprint, configuration: configuration, pool: pool ?? self.pool)
    }

    /// Stops after a number of steps.
    private struct StopAfter: TrainingCallback {
        let steps: Int

        func receive(_ event: TrainingEvent, from trainer: Trainer) {
            if case .step = event, trainer.stepsDone >= steps { trainer.stop(.interrupted) }
        }
    }

    private func withoutTimes(_ trainer: Trainer) -> [EpochRecord] {
        trainer.history.map { record in
            var record = record
            record.seconds = 0
            return record
        }
    }

    /// 45 segments in batches of 16 make three steps an epoch: stops within epochs, at their ends, at the very end.
    @Test(arguments: [
        AugmentationConfiguration?.none,
        AugmentationConfiguration(masks: .init(), mixup: 0.4, gain: 3, balancedSampling: true),
    ])
    func afterAnyStep(augmentation: AugmentationConfiguration?) throws {
        let told = configuration { $0.augmentation = augmentation }
        let whole = try trainer(told)
        #expect(try whole.run([]) == .completed)
        for step in 1...9 {
            let first = try trainer(told)
            let end = try first.run([StopAfter(steps: step)])
            #expect(end == .interrupted && first.stepsDone == step)
            let second = try trainer(told, pool: ThreadPool(threads: 3))
            try second.restore(first.checkpoint())
            #expect(try second.run([]) == .completed)
            #expect(second.parameters.stored == whole.parameters.stored, "step \(step)")
            #expect(withoutTimes(second) == withoutTimes(whole) && second.scores == whole.scores)
        }
    }

    private static let optimisers: [OptimiserSettings] = [
        .init(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 1e-3),
        .init(.sgd(momentum: 0.9, nesterov: true), learningRate: 0.01, l2: .all(1e-3)),
        .init(.adamW(), learningRate: 0.003, weightDecay: 0.01, l1: 1e-4),
        .init(.adadelta(), learningRate: 1, l2: L2Penalty([.init("dense1", factor: 0.02)])),
        .init(.sgd(), learningRate: 0.01),
    ]

    /// Momenta, both means of squares, decays: whatever a method keeps is in its checkpoint.
    @Test(arguments: optimisers)
    func afterAnyStepOfEveryOptimiser(settings: OptimiserSettings) throws {
        let told = configuration { $0.optimiserSettings = settings }
        let whole = try trainer(told)
        #expect(try whole.run([]) == .completed)
        #expect(try whole.parameters.stored != trainer(told).parameters.stored, "it learned something")
        for step in 1...8 {
            let first = try trainer(told)
            try first.run([StopAfter(steps: step)])
            let second = try trainer(told)
            try second.restore(first.checkpoint())
            #expect(try second.run([]) == .completed)
            #expect(second.parameters.stored == whole.parameters.stored, "step \(step)")
            #expect(withoutTimes(second) == withoutTimes(whole) && second.scores == whole.scores)
        }
    }

    /// The same by the files of a run's folder.
    @Test(arguments: optimisers)
    func aRunOfEveryOptimiserGoesOn(settings: OptimiserSettings) throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let whole = try run(home.appendingPathComponent("whole")) { $0.optimiserSettings = settings }
        _ = try whole.run(pool: pool)
        let begun = try run(home.appendingPathComponent("begun")) { $0.optimiserSettings = settings }
        _ = try begun.run(pool: pool, callbacks: [StopAfter(steps: 3)])
        let again = try TrainingRun(
            resuming: begun.folder, begun.folder.record(), data: LoadedDataset(inMemory: set), toolVersion: "test")
        #expect(again.configuration.optimiserSettings == settings)
        var first = 0
        let listener = EventListener { if case .step(let step) = $0, first == 0 { first = step.done } }
        _ = try again.run(pool: pool, resuming: true, callbacks: [listener])
        #expect(first == 4, "it goes on and does not begin again")
        #expect(try bytes(begun.folder.model) == bytes(whole.folder.model))
        #expect(try bytes(begun.folder.best) == bytes(whole.folder.best))
    }

    @Test func aCheckpointOfOtherDataOrSizeIsRefused() throws {
        let first = try trainer(configuration())
        try first.run([StopAfter(steps: 4)])
        var checkpoint = try first.checkpoint()
        checkpoint.state.steps += 1
        #expect(throws: TrainingError.self) { try trainer(configuration()).restore(checkpoint) }
        checkpoint = try first.checkpoint()
        checkpoint.parameters.removeLast()
        #expect(throws: NeuralNetworkError.self) { try trainer(configuration()).restore(checkpoint) }
        checkpoint = try first.checkpoint()
        checkpoint.state.batches.position = -1
        #expect(throws: TrainingError.self) { try trainer(configuration()).restore(checkpoint) }
    }

    // MARK: - Runs

    private func run(
        _ folder: URL, _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> TrainingRun {
        let told = configuration {
            $0.net = "shallow"
            $0.epochs = 2
            $0.batch = 32
            $0.learningRate = 1e-3
            change(&$0)
        }
        return try TrainingRun(
            configuration: told, data: LoadedDataset(inMemory: set), split: split, paths: [],
            folder: RunFolder(creating: folder, replacing: false), toolVersion: "test")
    }

    private func bytes(_ file: URL) throws -> Data { try Data(contentsOf: file) }

    private func checkpoints(_ folder: RunFolder) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder.checkpoints, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "safetensors" }.sorted { $0.path < $1.path }
    }

    @Test func badCheckpointsAreRefusedByNameAndTheOneBeforeIsUsed() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let whole = try run(home.appendingPathComponent("whole"))
        guard case .finished = try whole.run(pool: pool) else {
            Issue.record("the run did not end")
            return
        }
        let often = CheckpointRule(minutes: 1e-9)
        let foreign = try run(home.appendingPathComponent("another")) { $0.seed = 9 }
        _ = try foreign.run(pool: pool, checkpoints: often, callbacks: [StopAfter(steps: 3)])

        typealias Spoil = (URL) throws -> Void
        let spoils: [(String, Spoil)] = [
            ("cut", { try bytes($0).prefix(100_000).write(to: $0) }),
            ("empty", { try Data().write(to: $0) }),
            (
                "flipped",
                {
                    var data = try bytes($0)
                    data[data.count - 1_000_001] ^= 4
                    try data.write(to: $0)
                }
            ),
            ("foreign", { try bytes(checkpoints(foreign.folder).last!).write(to: $0) }),
            ("model", { try bytes(whole.folder.model).write(to: $0) }),
            (
                "renamed",
                { file in
                    let older = file.deletingLastPathComponent().appendingPathComponent("step-000000002.safetensors")
                    try bytes(older).write(to: file)
                }
            ),
        ]
        for (name, spoil) in spoils {
            let run = try run(home.appendingPathComponent(name))
            _ = try run.run(pool: pool, checkpoints: often, callbacks: [StopAfter(steps: 3)])
            let files = try checkpoints(run.folder)
            #expect(files.count == 2, "two are kept")
            try spoil(files[1])
            var warnings: [String] = []
            var first = 0
            let listener = EventListener { event in
                if case .step(let step) = event, first == 0 { first = step.done }
            }
            guard
                case .finished = try run.run(
                    pool: pool, resuming: true, warning: { warnings.append($0) }, callbacks: [listener])
            else {
                Issue.record("\(name): the run did not end")
                continue
            }
            #expect(first == 3, "\(name): it goes on from the checkpoint after step 2")
            #expect(warnings.count == 1 && warnings[0].contains(files[1].lastPathComponent), "\(name): \(warnings)")
            #expect(try bytes(run.folder.model) == bytes(whole.folder.model), "\(name)")
            #expect(try bytes(run.folder.best) == bytes(whole.folder.best), "\(name)")
            #expect(try bytes(run.folder.verdicts) == bytes(whole.folder.verdicts), "\(name)")
        }
    }

    @Test func whereAllAreBadTheRunSaysSo() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let run = try run(home)
        _ = try run.run(pool: pool, callbacks: [StopAfter(steps: 1)])
        for file in try checkpoints(run.folder) { try Data("no".utf8).write(to: file) }
        let files = try checkpoints(run.folder)
        // However often it is tried: a person chooses.
        for _ in 0..<2 {
            #expect {
                try run.run(pool: pool, resuming: true)
            } throws: { error in
                !files.isEmpty && files.allSatisfy { "\(error)".contains($0.path) }
            }
        }
    }

    @Test func aRunInProgressIsLeftAlone() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let run = try run(home)
        let intruder = EventListener { event in
            guard case .step(let step) = event, step.done == 1 else { return }
            #expect(throws: TrainingError.self) { try run.run(pool: pool, resuming: true) }
            #expect(throws: TrainingError.self) { try RunFolder(creating: home, replacing: true) }
        }
        _ = try run.run(pool: pool, callbacks: [intruder, StopAfter(steps: 2)])
    }

    @Test func aFinishedRunGoesOnForMoreEpochs() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let whole = try run(home.appendingPathComponent("whole")) { $0.epochs = 3 }
        _ = try whole.run(pool: pool)
        let short = try run(home.appendingPathComponent("short"))
        _ = try short.run(pool: pool)
        #expect(try checkpoints(short.folder).count == 1)
        let record = try short.folder.record().extended(to: 3)
        let before = try bytes(short.folder.model)
        let figure = short.folder.figures.appendingPathComponent("old.svg")
        try FileManager.default.createDirectory(at: short.folder.figures, withIntermediateDirectories: true)
        try Data("<!DOCTYPE html><style>:root { --gk-surface: #fff }</style>".utf8).write(to: short.folder.report)
        try Data("<svg><style>:root { --gk-ink: #000 }</style></svg>".utf8).write(to: figure)
        let foreign = short.folder.figures.appendingPathComponent("mine.svg")
        try Data("<svg/>".utf8).write(to: foreign)
        let longer = try TrainingRun(
            resuming: short.folder, record, data: LoadedDataset(inMemory: set), toolVersion: "test")
        #expect(short.folder.isFinished, "nothing is removed before the run goes on")
        _ = try longer.run(pool: pool, resuming: true)
        #expect(try bytes(longer.folder.model) == bytes(whole.folder.model))
        #expect(try longer.folder.records().count == 3 && longer.folder.record().configuration.epochs == 3)
        #expect(![short.folder.report, figure].contains { FileManager.default.fileExists(atPath: $0.path) })
        #expect(FileManager.default.fileExists(atPath: foreign.path), "what is not the run's stays")
        // Had it been stopped on the way, this would be all that there is.
        let earlier = short.folder.url.appendingPathComponent("model-epoch-2.safetensors")
        #expect(try bytes(earlier) == before)
        _ = try RunFolder(creating: short.folder.url, replacing: true)
        #expect(!FileManager.default.fileExists(atPath: earlier.path))
        #expect(throws: TrainingError.self) { try record.extended(to: 2) }
        let other = LoadedDataset(inMemory: plainSet(tracksPerGenre: 5))
        #expect(throws: TrainingError.self) {
            try TrainingRun(resuming: short.folder, record, data: other, toolVersion: "test")
        }
    }

    @Test func aRunKeepsToItsRuleForCheckpoints() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let begun = try run(home)
        let rule = CheckpointRule(epochs: 7, minutes: 1e-9)
        _ = try begun.run(pool: pool, checkpoints: rule, callbacks: [StopAfter(steps: 1)])
        let record = try begun.folder.record()
        #expect(record.checkpoints == rule)
        let again = try TrainingRun(
            resuming: begun.folder, record, data: LoadedDataset(inMemory: set), toolVersion: "test")
        var seen: [String] = []
        let listener = EventListener { event in
            guard case .step(let step) = event, step.done == 3 else { return }
            seen = (try? checkpoints(begun.folder).map(\.lastPathComponent)) ?? []
        }
        _ = try again.run(pool: pool, resuming: true, callbacks: [listener, StopAfter(steps: 3)])
        #expect(seen == ["step-000000001.safetensors", "step-000000002.safetensors"])
    }

    @Test func aFinishedRunWithoutCheckpointsStaysAsItIs() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let short = try run(home)
        _ = try short.run(pool: pool)
        let model = try bytes(short.folder.model)
        try FileManager.default.removeItem(at: short.folder.checkpoints)
        let longer = try TrainingRun(
            resuming: short.folder, short.folder.record().extended(to: 3), data: LoadedDataset(inMemory: set),
            toolVersion: "test")
        #expect {
            try longer.run(pool: pool, resuming: true)
        } throws: {
            "\($0)".contains("checkpoints are gone")
        }
        #expect(try bytes(short.folder.model) == model && short.folder.record().configuration.epochs == 2)
    }

    @Test func whereTheDataLieNowIsWrittenDown() throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        let begun = try run(home)
        _ = try begun.run(pool: pool, callbacks: [StopAfter(steps: 1)])
        let moved = try TrainingRun(
            resuming: begun.folder, begun.folder.record().moved(to: ["elsewhere"]), data: LoadedDataset(inMemory: set),
            toolVersion: "test")
        _ = try moved.run(pool: pool, resuming: true)
        #expect(try begun.folder.record().data == ["elsewhere"])
    }
}

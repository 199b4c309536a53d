import ArgumentParser
import Datasets
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Prediction
import Report
import Storage
import Synthesis
import Training

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Try everything on a small corpus that the tool composes itself.",
        discussion: """
            Composes ten genre-like styles as audio files, then does what 'genre train' and 'genre predict' do with any \
            music: features, training of the shallow net, evaluation, prediction of files. The corpus is synthetic: the \
            demo proves the road, not the accuracy on real music.

            Examples:
              genre demo
              genre demo -o demo --epochs 10
            """)

    @Option(
        name: [.short, .long], help: "Where to put the corpus and the run; by default a new temporary folder.",
        completion: .directory)
    var output: String?
    @OptionGroup var replacing: ReplacingOption
    @Option(help: "Passes over the training segments.", completion: .default) var epochs = 30
    @Option(help: "Seed of the corpus and of the training.", completion: .default) var seed: UInt64 = 0
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?

    private static let tracksPerGenre = 12
    private static let seconds = 10.0

    /// Whether the corpus replaces nothing: files of others in its folder stay only if none has a name of its own.
    private func checkPlace(of corpus: URL) throws {
        try OutputPlace.checkFolder(corpus)
        try OutputPlace.checkInnerFolder(corpus)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: corpus.path)) ?? []
        guard names.isEmpty || replacing.force else {
            throw StorageError.taken(paths: [corpus.path], kind: "a demo's music")
        }
    }

    func run() throws {
        guard 1...100_000 ~= epochs else { throw ValidationError("--epochs must be 1 to 100000.") }
        let threads = try checked(threads: threads)
        let folder = try output.map { URL(fileURLWithPath: $0) } ?? TemporaryPlace.makeFolder("genre-demo")
        let corpus = folder.appendingPathComponent("music")
        try checkPlace(of: corpus)
        show(
            """
            1. Composing \(Self.tracksPerGenre) tracks of \(Int(Self.seconds)) s in each of ten styles named after GTZAN's genres.
               This music is synthetic: the demo shows every step from sound to verdict,
               not the accuracy on real music.
               \(corpus.path)
            """)
        let runFolder = try RunFolder(creating: folder.appendingPathComponent("run"), replacing: replacing.force)
        try DemoCorpus.write(
            to: corpus, tracksPerGenre: Self.tracksPerGenre, seconds: Self.seconds, seed: seed)

        show(
            "\n2. Log-mel segments, then \(epochs) epochs of the shallow net (Schindler et al. 2016)\n   on 75% of the tracks."
        )
        // Small batches, since so small a corpus gives few steps an epoch.
        let configuration = TrainingConfiguration(epochs: epochs, batch: 16, seed: seed)
        let data = try openData(
            [corpus.path], segments: .random(count: 15), seed: seed, threads: threads, cache: nil)
        let run = try TrainingRun(
            configuration: configuration, data: data, paths: [corpus.path], folder: runFolder, toolVersion: toolVersion)
        _ = try train(run, threads: threads)
        let report = reportAfterTraining(run, threads: threads)
        let model = try TrainedModel(contentsOf: runFolder.model)

        show("\n3. The held-out 25% of the tracks:\n" + table(of: model.card.scores!))

        show("\n4. A file of each style that was held out, by name, and its most probable genres:")
        let predictor = try GenrePredictor(model: model, pool: ThreadPool(threads: threads))
        let heldOut = Set(model.card.heldOutTracks ?? [])
        for genre in data.set.genres.indices {
            let track = data.set.tracks.first { $0.label == genre && heldOut.contains($0.id) }
            guard let file = track?.source else { continue }
            let top = try predictor.predict(file).top(3).filter { $0.confidence >= 0.05 }
                .map { "\($0.genre) \(percent($0.confidence))" }
            show("   \(file.lastPathComponent.left(20)) \(top.joined(separator: "   "))")
        }
        show(
            """

            Kept for you to look at: \(folder.path)\(report.map { "\n  its report: \(fileLink($0))" } ?? "")
            Next, on your own music (one folder a genre):
              genre train MUSIC -o my-run
              genre predict --model my-run song.mp3
            """)
    }
}

import ArgumentParser
import Evaluation
import Foundation
import ModelFile
import Report
import Storage

struct FuseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuse",
        abstract: "Make one model of several: the geometric mean of what they say of a track.",
        discussion: """
            The members must have the same genres in the same order; each keeps its own recipe. A file is decoded once for \
            all of them. The verdict on a track is the weighted geometric mean of the members' confidences, divided by its \
            sum. The new file holds the members whole; a head on an installed model names that as before.

            --every 1,2 hears one of two segments of the second member: musicnn's long segments are alike, and five of a \
            track of 30 s give nearly the verdict of ten in half the time. --calibrate fits the fusion's confidences to \
            labelled music (20 tracks or more) that no member learned from.

            Fusions predict, evaluate and can be inspected. Embeddings, tags, exports, figures and trainings are of single \
            nets.

            Examples:
              genre fuse my-run other-run -o both.safetensors
              genre fuse gtzan-compact head-run -o both.safetensors --weights 1,2 --every 1,2
              genre evaluate both.safetensors MUSIC
            """)

    @Argument(
        help: "Models: model files, run folders, or built-in models (\(builtInModelNames)).",
        completion: Completions.model)
    var models: [String]
    @Option(name: [.short, .long], help: "The file to write.", completion: .file(extensions: ["safetensors"]))
    var output: String
    @Option(
        help: "Of each model, with commas between, in their order; by default all are equal.", completion: .default)
    var weights: String?
    @Option(
        help: "Of each model, with commas between: hear one of so many segments; by default 1, every one.",
        completion: .default)
    var every: String?
    @Option(
        help: "Fit the confidences on labelled music: a folder of genre folders, or a table.",
        completion: Completions.data)
    var calibrate: String?
    @Option(help: "With --calibrate: files at once; by default one per core.", completion: .default) var threads: Int?
    @OptionGroup var replacing: ReplacingOption

    func validate() throws {
        guard models.count >= 2 else { throw ValidationError("Name at least two models to fuse.") }
        try refuseNetworkAddresses(models)
        _ = try numbers(weights, "--weights") { Double($0).flatMap { $0.isFinite && $0 > 0 ? $0 : nil } }
        _ = try numbers(every, "--every") { Int($0).flatMap { $0 > 0 ? $0 : nil } }
        _ = try checked(threads: threads)
    }

    func run() throws {
        let place = URL(fileURLWithPath: output)
        try refuse([place], amongst: models.compactMap { try modelFile($0)?.path })
        try OutputPlace.check(place, .fusedModel, replacing: replacing.force)
        let weights = try numbers(weights, "--weights", as: Double.init)
        let steps = try numbers(every, "--every") { Int($0) }
        let names = try Self.memberNames(models)
        let members = try models.indices.map { index in
            FusedModel.Member(
                name: names[index], weight: weights?[index] ?? 1, every: steps?[index] ?? 1,
                model: try openModel(models[index]))
        }
        var fusion = try FusedModel(members, toolVersion: toolVersion)
        if let calibrate {
            let jobs = threads ?? ProcessInfo.processInfo.activeProcessorCount
            let tracks = try FusionTrial(of: fusion, on: [calibrate], jobs: jobs, includingTraining: false).judged
                .tracks
            guard let fitted = Calibration(verdicts: tracks.map(\.verdict), labels: tracks.map(\.label)) else {
                throw ToolError.tooFewToCalibrate(data: calibrate, tracks: tracks.count)
            }
            fusion.calibration = fitted
        }
        try fusion.write(to: place)
        show("\(counted(members.count, "model")) fused (\(names.joined(separator: ", "))): \(output)")
        noteNext([
            ("look into it", "genre inspect \(shellWord(output))"),
            ("evaluate it", "genre evaluate \(shellWord(output)) MUSIC"),
            ("classify music", "genre predict --model \(shellWord(output)) song.mp3"),
        ])
    }

    /// A number for each model; nil where none are given.
    private func numbers<Number>(_ text: String?, _ option: String, as number: (String) -> Number?) throws -> [Number]?
    {
        guard let text else { return nil }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count == models.count else {
            throw ValidationError(
                "\(option) must have a number for each of the \(models.count) models, with commas between, not '\(text)'."
            )
        }
        return try parts.map { part in
            guard let value = number(part) else {
                throw ValidationError("\(option) must have numbers above 0, with commas between, not '\(part)'.")
            }
            return value
        }
    }

    /// What the members are called in cards and verdicts: a built-in or installed model by its name, a run by its folder's,
    /// a file by its own. The second of equal names gets a number.
    private static func memberNames(_ models: [String]) throws -> [String] {
        var names: [String] = []
        for model in models {
            var name = model
            if let file = try modelFile(model), FileManager.default.fileExists(atPath: model) {
                let isOfRun = ["model", "best"].contains(file.deletingPathExtension().lastPathComponent)
                name =
                    isOfRun
                    ? file.deletingLastPathComponent().standardizedFileURL.lastPathComponent
                    : file.deletingPathExtension().lastPathComponent
            }
            var (unique, number) = (name, 1)
            while names.contains(unique) {
                number += 1
                unique = "\(name)-\(number)"
            }
            names.append(unique)
        }
        return names
    }
}

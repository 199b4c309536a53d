import Architectures
import ArgumentParser
import Foundation
import ModelFile
import NeuralNetwork
import Report

struct NetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nets", abstract: "List the nets that can be trained, or show the layers of one.",
        discussion: """
            A net by its name, or as a JSON file: what --blueprint prints can be changed and trained by \
            'genre train --net my-net.json'.

            Of Cheng et al. 2020, whom the paper cites, no layers are known; crnn stands in for their net.

            Examples:
              genre nets
              genre nets bbnn
              genre nets shallow --blueprint > my-net.json
            """)

    @Argument(help: "A net, or a JSON file of one; by default all nets are listed.") var net: String?
    @Option(help: "Number of genres.", completion: .default) var genres = 10
    @Option(help: "Mel bands of a segment; by default those that the net was made for.", completion: .default)
    var mels: Int?
    @Option(help: "Frames of a segment; by default those that the net was made for.", completion: .default)
    var frames: Int?
    @Flag(help: "Print the net as JSON, which --net of 'genre train' reads.") var blueprint = false
    @Flag(help: "Print the list, or the net's sizes, as JSON.") var json = false

    func run() throws {
        guard 2...10_000 ~= genres else { throw ValidationError("--genres must be 2 to 10000.") }
        guard let net else {
            guard !blueprint else { throw ValidationError("--blueprint needs a net.") }
            return try list()
        }
        let (written, architecture) = try read(net)
        if blueprint {
            return show(try genre.json(of: written))
        }
        let entry = try Entry(written, architecture)
        if json { return try printJSON(entry) }
        let plan = try NetworkPlan(written)
        var lines = [
            "\(written.name): \(grouped(entry.parameters)) parameters, \(short(entry.multiplyAdds)) multiply-adds a segment"
        ]
        if let architecture { lines += [architecture.summary, "source: \(architecture.source)"] }
        lines.append("input: \(written.input) (mel bands x frames)")
        if let training = architecture?.training {
            lines.append("training: \(words(training))")
            if let remark = training.remark { lines.append("  (\(remark))") }
        }
        for beginning in architecture?.beginnings ?? [] {
            lines.append("begins with a trained \(beginning.net): --tower \(beginning.tower)=MODEL")
        }
        lines.append("")
        lines += layerLines(of: plan)
        if let caution = written.caution { lines += ["", "caution: \(caution)"] }
        showText(lines.joined(separator: "\n"))
    }

    private func read(_ net: String) throws -> (Blueprint, Architecture?) {
        if net.hasSuffix(".json") { return (try readBlueprint(net), nil) }
        let architecture = try genre.architecture(named: net)
        let input = (mels ?? architecture.input.mels) × (frames ?? architecture.input.frames)
        return (architecture.blueprint(genres: genres, input: input), architecture)
    }

    private func list() throws {
        let entries = Architecture.all.map { architecture in
            let input = (mels ?? architecture.input.mels) × (frames ?? architecture.input.frames)
            return try? Entry(architecture.blueprint(genres: genres, input: input), architecture)
        }
        if json { return try printJSON(entries.compactMap { $0 }) }
        var lines = ["\("net".left(24))\("segment".left(9))\("parameters".right(11))\("mult-adds".right(10))"]
        for (architecture, entry) in zip(Architecture.all, entries) {
            guard let entry else {
                lines.append(architecture.name.left(24) + "does not fit such segments")
                continue
            }
            lines.append(
                architecture.name.left(24) + entry.segment.left(9) + grouped(entry.parameters).right(11)
                    + short(entry.multiplyAdds).right(10))
            lines += Terminal.wrapped("  \(architecture.summary) (\(architecture.source))", columns: 80)
                .split(separator: "\n").map(String.init)
            lines += Terminal.wrapped("  \(architecture.recipe); \(words(architecture.training))", columns: 80)
                .split(separator: "\n").map(String.init)
        }
        showText(lines.joined(separator: "\n"))
    }

    private func short(_ count: Int) -> String {
        count >= 1_000_000_000
            ? decimal(Double(count) / 1e9, places: 2) + " G" : decimal(Double(count) / 1e6, places: 1) + " M"
    }
}

/// Training settings on a line, in the words of the command line: "sgd 0.01, batch 10, plateau:20:0.5, 2000 epochs".
private func words(_ training: TrainingSettings) -> String {
    let optimiser = training.optimiser
    var words = "\(optimiser.name.rawValue) \(scientific(optimiser.learningRate))"
    if case .sgd(let momentum, let nesterov) = optimiser.method, momentum > 0 {
        words += ", \(nesterov ? "nesterov" : "momentum") \(scientific(momentum))"
    }
    if optimiser.weightDecay > 0 { words += ", decay \(scientific(optimiser.weightDecay))" }
    if optimiser.l1 > 0 { words += ", l1 \(scientific(optimiser.l1))" }
    if !optimiser.l2.isNone { words += ", l2 \(optimiser.l2)" }
    words += ", batch \(training.batch)"
    if let shape = training.schedule?.shape { words += ", \(shape)" }
    words += ", \(training.epochs) epochs"
    if let patience = training.patience { words += ", patience \(patience)" }
    if let augmentation = AugmentationConfiguration(training.augmentation) {
        words += ", \(genre.words(for: augmentation))"
    }
    return words
}

/// A net's layers as a table: names, shapes before and after, what runs together.
func layerLines(of plan: NetworkPlan) -> [String] {
    let rows = plan.rows
    func width(_ column: KeyPath<LayerRow, String>) -> Int { rows.map { $0[keyPath: column].count }.max() ?? 0 }
    let (name, input, output) = (width(\.name), width(\.input), width(\.output))
    return rows.map { row in
        "  \(row.name.left(name)) \(row.input.left(input)) -> "
            + (row.words.isEmpty ? row.output : "\(row.output.left(output)) \(row.words)")
    }
}

private struct Entry: Encodable {
    /// As the fields of a run's config.json.
    struct Training: Encodable {
        let optimizer: String
        let learningRate: Double
        let momentum: Double?
        let nesterov: Bool?
        let rho: Double?
        let weightDecay: Double?
        let l1: Double
        let l2: L2Penalty?
        let batch: Int
        let epochs: Int
        let schedule: LearningRateSchedule.Shape?
        let patience: Int?
        let watched: WatchedMeasure
        let augmentation: AugmentationConfiguration?
        let remark: String?

        enum CodingKeys: String, CodingKey {
            case optimizer, momentum, nesterov, rho, l1, l2, batch, epochs, schedule, patience, watched, augmentation,
                remark
            case learningRate = "learning_rate"
            case weightDecay = "weight_decay"
        }

        init(_ settings: TrainingSettings) {
            let told = TrainingConfiguration(net: "", settings: settings)
            optimizer = settings.optimiser.name.rawValue
            learningRate = told.learningRate
            (momentum, nesterov, rho, weightDecay) = (told.momentum, told.nesterov, told.rho, told.weightDecay)
            (l1, l2, batch, epochs) = (told.l1, told.l2, told.batch, told.epochs)
            (schedule, patience, watched) = (told.schedule?.shape, told.patience, settings.watched)
            augmentation = told.augmentation
            remark = settings.remark
        }
    }

    let net: String
    let summary: String?
    let source: String?
    let recipe: String?
    let segment: String
    let parameters: Int
    let multiplyAdds: Int
    let training: Training?
    /// Trained nets that its towers begin with, by the towers' names.
    let towers: [String: String]?

    enum CodingKeys: String, CodingKey {
        case net, summary, source, recipe, segment, parameters, training, towers
        case multiplyAdds = "multiply_adds"
    }

    init(_ blueprint: Blueprint, _ architecture: Architecture?) throws {
        let plan = try NetworkPlan(blueprint)
        net = blueprint.name
        summary = architecture?.summary
        source = architecture?.source
        recipe = architecture?.recipe
        training = (architecture?.training).map(Training.init)
        let beginnings = architecture?.beginnings ?? []
        towers = beginnings.isEmpty ? nil : .init(uniqueKeysWithValues: beginnings.map { ($0.tower, $0.net) })
        segment = "\(blueprint.input)"
        parameters = plan.parameterCount
        multiplyAdds = plan.multiplyAdds
    }
}

/// A net as text that ``readBlueprint(_:)`` reads.
func json(of blueprint: Blueprint) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(blueprint), as: UTF8.self)
}

/// A net of one's own.
///
/// - Throws: an error that names the file, the layer's place and what is wrong there.
func readBlueprint(_ path: String) throws -> Blueprint {
    func problem(_ text: String) -> ToolError { .badNet(path: path, problem: text) }
    let largest = 16 << 20
    guard let file = FileHandle(forReadingAtPath: path) else { throw problem("it cannot be opened") }
    guard let data = try? file.read(upToCount: largest + 1), !data.isEmpty else { throw problem("it is empty") }
    guard data.count <= largest else { throw problem("it has more than 16 MB: no net is that long") }
    do {
        let blueprint = try JSONDecoder().decode(Blueprint.self, from: data)
        let name = blueprint.name
        guard !name.isEmpty, name.utf8.count <= 100, !name.contains("/"), !name.hasPrefix("."),
            name.unicodeScalars.allSatisfy({ $0.value >= 32 })
        else { throw problem("'name' must be a name that a folder can have") }
        guard
            Architecture.named(name) == nil
                || Architecture.named(name)?.blueprint(
                    genres: 10, input: blueprint.input
                ).classes(2) == blueprint.classes(2)
        else { throw problem("'\(name)' is the name of another net: give this one a name of its own") }
        _ = try NetworkPlan(blueprint)
        return blueprint
    } catch let error as DecodingError {
        throw problem(Blueprint.words(for: error))
    } catch let error as NeuralNetworkError {
        throw problem("\(error)")
    }
}

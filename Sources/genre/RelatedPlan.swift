import Architectures
import ArgumentParser
import Datasets
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Report
import Training

/// `genre reproduce --plan related`: every net once by its authors' settings, and one table of them.
extension ReproduceCommand {
    func runRelated(_ figures: FigureFiles.Options, threads: Int?) throws {
        let data = RelatedData(paths: self.data, recipe: recipe) { recipe in
            let drawn = try drawSplits(recipe: recipe, segments: .all, seed: 0, threads: threads)
            return .init(data: drawn.data, splits: drawn.splits, warnings: drawn.warnings)
        }
        let (nets, left) = try fitting(data)
        for (net, reason) in left { note("genre: \(net) is left out: \(reason)") }
        guard let first = nets.first else { throw ValidationError("No net fits the data.") }
        let study = RelatedStudy(
            folder: URL(fileURLWithPath: output ?? (quick ? "related-quick" : "related")), nets: nets,
            greatestEpochs: try relatedEpochs(), folds: try data.drawn(for: first).splits.count, isSmokeRun: quick)
        let open = try study.members.filter { try study.finishedRun(of: $0) == nil }
        if dryRun { return try showRelated(study, open, data, threads: threads) }
        let page = study.folder.appendingPathComponent("report.html")
        let place = figuresFolder(beside: page)
        try RelatedReport.check(page: page, figures: place, replacing: replacing.force)
        note("\(study.members.count - open.count) of \(counted(study.members.count, "training")) have ended")
        try train(open, of: study, data, threads: threads) {
            _ = try RelatedReport(study).write(page: page, figures: place, figures, replacing: replacing.force)
        }
        let report = try RelatedReport(study)
        let files = try report.write(page: page, figures: place, figures, replacing: replacing.force)
        try showResults(text: report.text(), json: report.json(), table: report.table, files)
    }

    private func relatedEpochs() throws -> Int {
        let epochs = epochs ?? (quick ? 2 : RelatedStudy.usualEpochs)
        guard 1...100_000 ~= epochs else { throw ValidationError("--epochs must be 1 to 100000.") }
        return epochs
    }

    /// The nets that are asked for and fit the data, and why the others do not.
    private func fitting(_ data: RelatedData) throws -> (nets: [Architecture], left: [(net: String, reason: String)]) {
        var asked = try net.isEmpty ? Architecture.all : net.map(architecture(named:))
        guard Set(asked.map(\.name)).count == asked.count else { throw ValidationError("--net names a net twice.") }
        asked = RelatedStudy.withBeginnings(asked)
        var result: [Architecture] = []
        var left: [(String, String)] = []
        for net in asked {
            do {
                _ = try data.recipe(for: net)
                result.append(net)
            } catch let error as NeuralNetworkError {
                left.append((net.name, "\(error)"))
            }
        }
        return (result, left)
    }

    /// Trains all of them, and calls `finished` after each but the last. The others do not wait for one net that its
    /// settings do not suit.
    private func train(
        _ members: [RelatedStudy.Member], of study: RelatedStudy, _ data: RelatedData, threads: Int?,
        finished: () throws -> Void
    ) throws {
        var isWarned = false
        let trainings = PlannedTrainings<RelatedStudy.Member>(
            threads: threads, goesOnAfterDivergence: true,
            words: { $0.net + ($0.fold.map { ", fold \($0 + 1) of \(study.folds)" } ?? "") }
        ) { member in
            let drawn = try data.drawn(for: study.architecture(of: member))
            if !isWarned {
                isWarned = true
                for warning in drawn.warnings { note("genre: \(warning)") }
            }
            if let begun = try study.begunRun(of: member) {
                let run = try TrainingRun(
                    resuming: begun.folder, begun.record, data: drawn.data, toolVersion: toolVersion)
                return (run, true)
            }
            guard let towers = try towers(of: member, study) else { return nil }
            var configuration = study.configuration(of: member)
            configuration.augmentation = configuration.augmentation?.fitted(to: drawn.data.set)
            let run = try TrainingRun(
                configuration: configuration, data: drawn.data, split: drawn.splits[member.fold ?? 0],
                paths: self.data, folder: RunFolder(creating: member.folder, replacing: replacing.force),
                towers: towers, toolVersion: toolVersion
            ).recorded(in: RunFolder(at: member.folder), recipe: drawn.data.set.recipe.name, dataSeed: 0)
            return (run, false)
        }
        try trainings.train(members, finished: finished)
    }

    /// The models that a net's towers begin with, of the study's own trainings on the same data; nil where one is missing.
    private func towers(
        of member: RelatedStudy.Member, _ study: RelatedStudy
    ) throws -> [(tower: String, model: TrainedModel, path: String)]? {
        var result: [(tower: String, model: TrainedModel, path: String)] = []
        for (tower, trained) in study.beginnings(of: member) {
            guard let run = try study.finishedRun(of: trained) else {
                note("genre: \(member.net) is left out: it begins with \(trained.net), whose training has not ended")
                return nil
            }
            result.append((tower, run.model, RunFolder(at: trained.folder).model.path))
        }
        return result
    }

    /// A line a training that is to be done; nothing is trained.
    private func showRelated(
        _ study: RelatedStudy, _ open: [RelatedStudy.Member], _ data: RelatedData, threads: Int?
    ) throws {
        struct Member: Encodable {
            let net: String
            let fold: Int?
            let folder: String
            let epochs: Int
            let recipe: String
        }
        let members = try open.map { member in
            Member(
                net: member.net, fold: member.fold.map { $0 + 1 }, folder: member.folder.path,
                epochs: study.configuration(of: member).epochs,
                recipe: try data.recipe(for: study.architecture(of: member)) ?? data.usual().data.set.recipe.name)
        }
        if json { return try printJSON(members) }
        show("\(study.members.count - open.count) of \(counted(study.members.count, "training")) have ended")
        for member in members {
            let fold = member.fold.map { " fold \($0)" } ?? ""
            show("\((member.net + fold).left(32)) \(counted(member.epochs, "epoch")) at most, \(member.recipe)")
        }
    }
}

/// The data of a study: one recipe's at a time, cut so that a net fits.
private final class RelatedData {
    struct Drawn {
        let data: LoadedDataset
        let splits: [TrackSplit]
        let warnings: [String]
    }

    private let recipe: String?
    /// Whether nets may choose a recipe: the data is sound.
    private let isSound: Bool
    private let draw: (String?) throws -> Drawn
    private var last: (recipe: String?, value: Drawn)?
    /// Segments of a whole track in place of the usual ones, as times their length.
    private static let longer = 4

    init(paths: [String], recipe: String?, draw: @escaping (String?) throws -> Drawn) {
        self.recipe = recipe
        self.draw = draw
        if case .audio? = DatasetLoader.featureOrigin(of: paths.map { URL(fileURLWithPath: $0) }) {
            isSound = true
        } else {
            isSound = false
        }
    }

    func drawn(for net: Architecture) throws -> Drawn { try opened(recipe(for: net)) }

    /// As they are where no recipe is named.
    func usual() throws -> Drawn { try opened(recipe) }

    /// What the net takes, by the sizes alone: nothing is made of sound to find that out; nil for ready-made segments as
    /// they are.
    ///
    /// - Throws: `NeuralNetworkError` where the net fits neither the segments nor longer ones.
    func recipe(for net: Architecture) throws -> String? {
        let wanted = recipe ?? (isSound ? net.recipe : nil)
        guard let base = wanted.flatMap(FeatureRecipe.named), base.makesSegmentsFromAudio else {
            let set = try usual().data.set
            try check(net, set.mels × set.frames)
            return wanted
        }
        do {
            try check(net, base.mels × base.segmentFrames)
            return wanted
        } catch let error as NeuralNetworkError {
            guard let cut = base.cut(frames: base.segmentFrames * Self.longer),
                (try? check(net, cut.mels × cut.segmentFrames)) != nil
            else { throw error }
            return cut.name
        }
    }

    /// The number of genres changes nothing.
    private func check(_ net: Architecture, _ input: Extent) throws {
        _ = try NetworkPlan(net.blueprint(genres: 2, input: input))
    }

    private func opened(_ recipe: String?) throws -> Drawn {
        if let last, last.recipe == recipe { return last.value }
        last = nil  // the old data goes before the new comes
        let value = try draw(recipe)
        last = (recipe, value)
        return value
    }
}

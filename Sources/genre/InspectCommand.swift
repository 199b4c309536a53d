import ArgumentParser
import Audio
import Datasets
import Foundation
import ModelFile
import NeuralNetwork
import Report
import Storage

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what is in a model, a data set or an audio file.",
        discussion: """
            Of a model: layers, training and scores. Of an audio file: format, length, level and tags. Of folders of music (any layout), a segment store or coursework \
            pickles: counts, lengths, formats, files that cannot be used, silence, clipping, copies and excerpts of one \
            another, artists, balance, and GTZAN's known faults where its tracks are there.

            Examples:
              genre inspect my-run
              genre inspect gtzan-compact --page card.html
              genre inspect my-music --json > audit.json
              genre inspect song.mp3
            """)

    @Argument(
        help: ArgumentHelp(
            """
            A model (a model file, a run folder, or a built-in model: \(builtInModelNames)), data (folders of music, a \
            table, a segment store, pickles), or audio files.
            """, valueName: "path"), completion: .file())
    var paths: [String] = []
    @Option(help: "A model.", completion: Completions.model) var model: String?
    @Option(
        help: "For data: number of threads; by default one per core. The result does not depend on it.",
        completion: .default)
    var threads: Int?
    @Option(
        help: "Of a model: write its card with figures as a page, too, one HTML file.",
        completion: .file(extensions: ["html"]))
    var page: String?
    @Flag(help: "Of a model: print its net as JSON, which --net of 'genre train' reads.") var blueprint = false
    @OptionGroup var replacing: ReplacingOption
    @OptionGroup var length: LengthOption
    @Flag(help: "Print the model's card, or the audit, as a JSON object.") var json = false

    func validate() throws {
        guard !paths.isEmpty || model != nil else {
            throw ValidationError("Name a model, data or audio files.")
        }
        guard paths.isEmpty || model == nil else {
            throw ValidationError(
                "--model names a model: leave \(paths.map { "'\($0)'" }.joined(separator: ", ")) out.")
        }
        try refuseNetworkAddresses(paths)
        guard !blueprint || (!json && page == nil) else {
            throw ValidationError("--blueprint prints JSON of its own: leave --json and --page out.")
        }
    }

    func run() throws {
        let threads = try checked(threads: threads) ?? UsableCores.count
        if let model { return try show(model: model) }
        if paths.count == 1, isModel(paths[0]) { return try show(model: paths[0]) }
        guard !blueprint else {
            throw ValidationError("--blueprint needs one model; 'genre nets NET' has it of a net.")
        }
        let kinds = paths.map(FileKind.init)
        if kinds.allSatisfy({ $0 == .audio }) {
            guard page == nil else { throw ValidationError("--page is for models.") }
            for path in paths { try show(audio: path) }
            return
        }
        if paths.count == 1 {
            switch kinds[0] {
            case .missing:
                throw ToolError.nothingNamed(name: paths[0], known: BuiltInModel.all.map(\.name))
            case .other where AudioFileNames.extensions.contains((paths[0] as NSString).pathExtension.lowercased()):
                return try show(audio: paths[0])  // says what is wrong with it
            case .empty, .playlist, .other, .emptyFolder:
                throw ToolError.nothingToInspect(path: paths[0], kind: kinds[0].words)
            case .series, .run: return try show(model: paths[0])
            case .model, .audio, .data, .pickles, .store, .music, .folder: break
            }
        }
        guard page == nil else { throw ValidationError("--page is for models.") }
        try audit(paths.map { URL(fileURLWithPath: $0) }, threads: threads)
    }

    private func show(model name: String) throws {
        let file = try modelFile(name)
        let place = try page.map(pagePlace)
        if let place {
            try refuse([place], amongst: file.map { [$0.path] } ?? [])
            try OutputPlace.check(place, .page(.card), replacing: replacing.force)
        }
        let named = try NamedModel(name)
        let model: TrainedModel
        switch named.model {
        case .single(let net): model = net
        case .fused(let fusion):
            guard place == nil, !blueprint else {
                throw ValidationError(
                    "\(place == nil ? "--blueprint" : "--page") is of one net, and '\(name)' is a fusion: name one of its members."
                )
            }
            return try show(fusion, as: named.name, argument: name)
        }
        let notes = file == nil ? BuiltInModel.all.first { $0.name == name }?.notes : nil
        if let place {
            let report = ModelReport(
                model: model, name: file.map(ModelReport.name(of:)) ?? name, argument: name, notes: notes)
            try report.write(page: place)
        }
        if blueprint { return genre.show(try genre.json(of: model.card.blueprint)) }
        if json { return try printJSON(model.card) }
        let provenance = provenanceLines(of: model.card, at: try modelFile(name)).map { "\n" + $0 }.joined()
        showText(
            text(of: model) + (provenance.isEmpty ? "" : "\n" + provenance)
                + (notes.map { "\n\n" + Terminal.reflowed($0.trimmingCharacters(in: .newlines)) } ?? ""))
        noteNext([
            model.card.tellsTags
                ? ("tag music", "genre tags --model \(shellWord(name)) song.mp3")
                : ("classify music", "genre predict --model \(shellWord(name)) song.mp3")
        ])
    }

    private func show(_ fusion: FusedModel, as name: String, argument: String) throws {
        if json { return try printJSON(FusionCard(fusion, name: name)) }
        showText(FusionText.card(of: fusion, name: name, origin: origin))
        noteNext([("classify music", "genre predict --model \(shellWord(argument)) song.mp3")])
    }

    private func show(audio path: String) throws {
        let inspection = try AudioInspection(path)
        if json { try printJSON(inspection) } else { showText(inspection.text) }
    }

    private func audit(_ data: [URL], threads: Int) throws {
        let report = DataReport()
        defer { report.end() }
        let audit = try Auditor.audit(
            data, threads: threads, progress: report.progress, warning: report.warning)
        report.end()
        if json { return try printJSON(audit) }
        showText(AuditText(audit, names: paths).text)
        guard audit.genres.filter({ !$0.name.isEmpty }).count > 1 else { return }
        noteNext([("train on it", "genre train \(paths.map(shellWord).joined(separator: " ")) -o my-run")])
    }

    private func text(of model: TrainedModel) -> String {
        let card = model.card
        let plan = model.parameters.plan
        var lines = [
            "\(card.architecture): \(counted(plan.parameterCount, "parameter")), \(card.genres.count) \(card.tellsTags ? "tags" : "genres") "
                + "(\(card.genres.map(StandardStreams.oneLine).joined(separator: ", ")))",
            "recipe: \(card.recipe.name), "
                + (card.recipe.makesSegmentsFromAudio ? "\(Int(card.recipe.sampleRate)) Hz" : "not made from audio")
                + ", segments of "
                + "\(plan.blueprint.input.mels) mel bands x \(plan.blueprint.input.frames) frames",
            "",
            "layers (channels x mel bands x frames)",
        ]
        lines += layerLines(of: plan)
        if let caution = card.blueprint.caution { lines += ["", "caution: \(caution)"] }
        if let backbone = card.backbone {
            lines += ["", "built on the installed model '\(backbone.name)', weights of digest \(backbone.weights)"]
        }
        lines += [""] + origin(of: card)
        if let scores = card.scores {
            lines += ["", "on the \(card.scoredSide) tracks:\n" + table(of: scores), "", trackTable(of: scores)]
        }
        if let scores = card.validationScores { lines += ["", "on the held-out tracks: " + line(of: scores)] }
        if let calibration = card.calibration {
            lines += [
                "",
                "confidences: temperature \(decimal(calibration.temperature, places: 2))"
                    + (calibration.segmentTemperature.map { " (\(decimal($0, places: 2)) of a single segment)" } ?? "")
                    + " fitted on "
                    + "\(calibration.tracks) "
                    + (card.backbone == nil ? "held-out tracks" : "training tracks, by folds inside them")
                    + "; calibration error there "
                    + "\(percent(calibration.errorAfter)), \(percent(calibration.errorBefore)) without",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// How the weights came to be, as far as the card says.
    private func origin(of card: ModelCard) -> [String] {
        var lines: [String] = []
        if let imported = card.imported {
            lines += [
                "weights imported from \(imported.file), SHA-256 \(imported.sha256)"
            ]
            lines += [imported.work, imported.changes, imported.licence.map { "licence:\n" + $0 }].compactMap { $0 }
            if imported.work == nil { lines.append("how they were trained, and on which tracks, is not known") }
        }
        if let c = card.configuration, let head = c.head, head.unfreezes != true {
            lines.append(head.words + ", seed \(c.seed)")
        } else if let c = card.configuration {
            if let head = c.head { lines.append("begun with \(head.words)") }
            let optimiser = c.optimiserSettings
            lines.append(
                "trained for \(card.epoch ?? c.epochs) epochs, batch \(c.batch), "
                    + (optimiser.name == .adam ? "" : "\(optimiser.name.title), ")
                    + "learning rate \(scientific(c.learningRate)), L1 \(scientific(c.l1))"
                    + (optimiser.l2.isNone ? "" : ", L2 \(optimiser.l2)")
                    + (optimiser.weightDecay > 0 ? ", weight decay \(scientific(optimiser.weightDecay))" : "")
                    + ", seed \(c.seed)")
        }
        if let split = card.split, let training = card.trainingTracks, let heldOut = card.heldOutTracks {
            lines.append(
                "split: \(split): \(training.count) tracks to train, \(heldOut.count) held out"
                    + (card.testTracks.map { ", \($0.count) to test" } ?? ""))
        }
        if let hash = card.dataHash { lines.append("data hash \(hash)") }
        lines.append(
            "made by version \(card.toolVersion)" + (card.instructionSet.map { " on \($0) kernels" } ?? ""))
        if let augmentation = card.configuration?.augmentation {
            lines.append("augmentation: \(words(for: augmentation))")
            if let masks = augmentation.masks {
                lines.append("masks are filled with \(masks.value.map { "\($0)" } ?? "the segment's mean")")
            }
        }
        if let schedule = card.configuration?.schedule {
            lines.append("learning rate: \(schedule.shape), warm-up of \(schedule.warmupEpochs) epochs")
        }
        if let averaged = card.configuration?.averagedEpochs {
            lines.append("weights: the mean of those at the ends of the last \(counted(averaged, "epoch"))")
        }
        if let patience = card.configuration?.patience {
            lines.append(
                "to stop after \(patience) epochs without a better \((card.configuration?.watched ?? .raw).rawValue)")
        } else if let watched = card.configuration?.watched {
            lines.append("watched measure: \(watched.rawValue)")
        }
        for (tower, digest) in (card.configuration?.towers ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("its tower '\(tower)' began with layers of the net of digest \(digest)")
        }
        if let base = card.configuration?.base { lines.append("began with the weights of digest \(base)") }
        if let frozen = card.configuration?.frozen { lines.append("frozen: \(frozen.joined(separator: ", "))") }
        return lines
    }
}

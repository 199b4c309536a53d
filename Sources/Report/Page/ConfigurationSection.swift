import ModelFile
import NeuralNetwork

/// What a run was told, on what, and where it ran: tables in an order for readers; what config.json says beyond them is
/// there to be unfolded.
struct ConfigurationSection {
    let run: FinishedRun

    var section: Page.Section {
        Page.Section(
            id: "configuration", heading: "Configuration",
            body: columns([
                "<h3>Training</h3>\n" + Settings(run.settings).html, "<h3>Run</h3>\n" + runSettings.html,
                "<h3>Features</h3>\n" + Settings(run.card.recipe).html,
            ]) + leftOut + rest)
    }

    private var runSettings: Settings {
        let card = run.card
        func text(_ name: String) -> String? { run.configuration[name]?.text }
        var settings = Settings()
        settings.add("data", run.dataPaths.isEmpty ? nil : run.dataPaths.joined(separator: ", "))
        settings.add("genres", card.genres.joined(separator: ", "))
        settings.add("split", card.split)
        settings.add("training tracks", card.trainingTracks.map { grouped($0.count) })
        settings.add("validation tracks", card.heldOutTracks.map { grouped($0.count) })
        settings.add("test tracks", card.testTracks.map { grouped($0.count) })
        settings.add("segments drawn by seed", text("data_seed"))
        if let base = run.configuration["base"], let path = base["path"]?.text {
            settings.add(
                "began with", path + (base["head_renewed"] == .bool(true) ? ", its last layer initialized anew" : ""))
        }
        if case .object(let towers) = run.configuration["towers"] ?? .null {
            for (tower, model) in towers.sorted(by: { $0.key < $1.key }) {
                settings.add("tower \(tower) began with", model["path"]?.text)
            }
        }
        settings.add(
            "kernels",
            [
                card.instructionSet,
                text("threads").map { $0 == "1" ? "1 thread" : "\($0) threads" },
            ]
            .compactMap { $0 }.joined(separator: ", "))
        settings.add("processor", run.record("processor"))
        settings.add("system", run.record("system"))
        settings.add("date", run.record("date"))
        settings.add("command", run.record("command"))
        settings.add("build", run.build)
        settings.add("GenreKit", "version \(card.toolVersion)")
        settings.add("digest of the data", card.dataHash.flatMap { $0.isEmpty ? nil : $0 })
        return settings
    }

    /// Files that could not be used.
    private var leftOut: String {
        guard case .array(let files) = run.configuration["skipped"] ?? .null, !files.isEmpty else { return "" }
        let lines = files.map { file in
            "<li>\(escaped(file["file"]?.text ?? "?")): \(escaped(file["reason"]?.text ?? "no reason told"))</li>\n"
        }
        return "<details><summary>\(counted(files.count, "file")) left out</summary>\n<ul class=\"findings\">\n"
            + lines.prefix(500).joined() + "</ul>\n</details>\n"
    }

    /// Fields of config.json that the tables, or the net's figure, tell.
    private static let told: Set = [
        "configuration", "blueprint", "data", "recipe", "data_seed", "genres", "split", "training_tracks",
        "held_out_tracks", "test_tracks", "skipped", "allows_damaged", "data_hash", "base", "towers", "threads",
        "instruction_set", "tool_version",
    ]

    private var rest: String {
        guard case .object(let fields) = run.configuration else { return "" }
        var others = fields.filter { !Self.told.contains($0.key) && !FinishedRun.recordFields.contains($0.key) }
        // Of the training, what a later version may know.
        if case .object(let told) = fields["configuration"] ?? .null, let known = try? JSONValue(Self.full) {
            let unknown = told.filter { known[$0.key] == nil }
            if !unknown.isEmpty { others["configuration"] = .object(unknown) }
        }
        guard !others.isEmpty else { return "" }
        return "<details><summary>More of config.json</summary>\n\(Tables.json(.object(others)))</details>\n"
    }

    /// With a value in every field.
    private static let full = TrainingConfiguration(
        segmentsPerTrack: 1, averagedEpochs: 1, augmentation: AugmentationConfiguration(),
        schedule: LearningRateSchedule(), patience: 1, watched: .raw, frozen: [], base: "",
        optimiser: .sgd, momentum: 0.9, nesterov: true, rho: 0.9, weightDecay: 0.1, l2: .all(0.1),
        towers: [:])
}

import ModelFile
import Training

/// What several trainings were told, where it is not the same for all.
public struct SettingsDifferences: Sendable {
    public struct Row: Sendable, Hashable {
        public let name: String
        /// One a training.
        public let values: [String]
    }

    public let rows: [Row]

    /// - Parameter told: nil where a training's settings are not known.
    public init(_ told: [TrainingConfiguration?]) {
        let settings = told.map { $0.map(Self.values) }
        var names: [String] = []
        for name in settings.compactMap({ $0?.map(\.name) }).joined() where !names.contains(name) {
            names.append(name)
        }
        rows = names.compactMap { name in
            let values = settings.map { settings in
                guard let settings else { return "unknown" }
                return settings.first { $0.name == name }?.value ?? "none"
            }
            return Set(values).count > 1 ? Row(name: name, values: values) : nil
        }
    }

    public init(_ comparison: RunComparison) { self.init(comparison.entries.map(\.configuration)) }

    /// All that a reader is to know of a training besides its net and its length, which stand beside its scores.
    private static func values(_ told: TrainingConfiguration) -> [(name: String, value: String)] {
        var settings = Settings()
        settings.add("began with", told.base.map { "the model of digest \($0.prefix(12))" })
        for (tower, digest) in (told.towers ?? [:]).sorted(by: { $0.key < $1.key }) {
            settings.add("tower \(tower) began with", "the model of digest \(digest.prefix(12))")
        }
        return Settings(told).rows.filter { !["net", "epochs"].contains($0.name) } + settings.rows
    }
}
